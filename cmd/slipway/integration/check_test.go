//go:build linux

package integration

import (
	"strings"
	"testing"
)

func TestFilesOfTheBuildAreExit5AndNoImage(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("c", build(bash("true"))))
	p.template("FROM {{{ imagebuilder:parentImage }}}", "RUN mkdir -p /run/slipway && echo x > /run/slipway/x", "{{{ imagebuilder:components }}}")
	h.build(p).wantCode(5, "/run/slipway/x")
	if digest := h.pointers()[p.pointer(1)]; digest != "" {
		t.Errorf("%s is in the image store", p.pointer(1))
	}
}

func TestBudgetIsExit1AndNoImage(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("c", build(bash("head -c 5000 /dev/zero > /srv/five"))))
	p.add("budgets: {component: {size: 4kB}}")
	h.build(p).wantCode(1, "adds 5.0 kB, its budget is 4.0 kB")
	if digest := h.pointers()[p.pointer(1)]; digest != "" {
		t.Errorf("%s is in the image store", p.pointer(1))
	}
	p.write("recipe.yaml", strings.Replace(p.recipe, "4kB", "5kB", 1))
	layers := h.build(p).result().Image.Layers
	if added := layers[len(layers)-1].Added; added == nil || added.Component != "c" || added.Bytes != 5000 || added.Files != 1 {
		t.Errorf("the result says the component added %+v", added)
	}
}

func TestLeftoversAreWarnedAboutAlsoFromTheCache(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("c", build(bash("mkdir -p /etc/ssh", "echo key > /etc/ssh/ssh_host_rsa_key"))))
	for range 2 {
		if warnings := strings.Join(h.build(p).result().Warnings, "\n"); !strings.Contains(warnings, "ssh host key /etc/ssh/ssh_host_rsa_key, 4 B") {
			t.Errorf("warnings %q", warnings)
		}
	}
}

func TestCacheFalseRunsTheComponentInEveryBuild(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("c", build(bash("true"))))
	p.write("recipe.yaml", p.recipe+"    cache: false\n")
	h.build(p).wantCode(0)
	if c := h.build(p).result().Components[0]; c.Cached || !strings.Contains(c.Why, "cache: false") {
		t.Errorf("the second build: cached %v, why %q", c.Cached, c.Why)
	}
}

func TestCloudFormationTemplateIsBuilt(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian)
	p.write("recipe.yaml", `Resources:
  Hello:
    Type: AWS::ImageBuilder::Component
    Properties:
      Name: hello
      Version: 1.2.0
      Platform: Linux
      Data: |
        schemaVersion: 1.0
        phases:
          - name: build
            steps: [{name: S, action: ExecuteBash, inputs: {commands: ['echo hello > /hello']}}]
  Recipe:
    Type: AWS::ImageBuilder::ContainerRecipe
    Properties:
      Name: `+p.name+`
      Version: 1.0.0
      ParentImage: `+debian+`
      Components: [{ComponentArn: !GetAtt Hello.Arn}]
`)
	out := h.build(p).wantCode(0)
	layers := layersOf(t, h.image(out.digest()))
	if got := filesOf(t, layers[len(layers)-1])["/hello"]; got != "hello\n" {
		t.Errorf("/hello is %q", got)
	}
	if c := out.result().Components[0]; c.Name != "hello" || c.Version != "1.2.0" {
		t.Errorf("component %s %s", c.Name, c.Version)
	}
}
