//go:build linux

package integration

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/oci/ocitest"
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

func TestBudgetIsExit1AndNothingIsPushed(t *testing.T) {
	h, registry := shared(t), ocitest.Distribution(t)
	for _, tt := range []struct{ name, budget, message string }{
		{"size", "budgets: {component: {size: 4kB}}", `component "c": adds 5.0 kB, its budget is 4.0 kB`},
		{"files", "budgets: {component: {files: 1}}", `component "c": adds 2 files, its budget is 1`},
		{"time", "budgets: {component: {seconds: 0.001}}", `component "c": ran for`},
		{"entry", "    budget: {size: 4kB}", `component "c": adds 5.0 kB, its budget is 4.0 kB`},
		{"image", "budgets: {image: {size: 5kB, files: 1}}", "the image is beyond its budget: the build adds 2 files, its budget is 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := h.of(t)
			p := newProject(t, debian, component("c", build(bash("head -c 5000 /dev/zero > /srv/five", ": > /srv/"+tt.name))))
			p.add(tt.budget).target(registry)
			r := h.build(p).wantCode(1).result()
			if !strings.HasPrefix(r.Error.Message, tt.message) || r.Error.Hint == "" || r.Stage != "commit" {
				t.Errorf("at %s: %+v", r.Stage, r.Error)
			}
			if digest := h.pointers()[p.pointer(1)]; digest != "" {
				t.Errorf("%s is in the image store", p.pointer(1))
			}
			if inRegistry(t, registry+"/"+p.name+":1.0.0-1") {
				t.Error("the image was pushed")
			}
			h.wantNothingLeft()
		})
	}
	t.Run("kept", func(t *testing.T) {
		h := h.of(t)
		p := newProject(t, debian, component("c", build(bash("head -c 5000 /dev/zero > /srv/five"))))
		p.add("    budget: {size: 5kB, files: 1, seconds: 600}", "budgets: {image: {size: 5kB}, component: {files: 1}}")
		layers := h.build(p).wantCode(0).result().Image.Layers
		if added := layers[len(layers)-1].Added; added == nil || added.Component != "c" || added.Bytes != 5000 || added.Files != 1 {
			t.Errorf("the result says the component added %+v", added)
		}
	})
}

func TestDifferenceToTheLastImageThatPassed(t *testing.T) {
	h := shared(t)
	write := func(bytes string, check step, more ...document) *project {
		c := component("c", build(bash("seq 1 9999 | head -c "+bytes+" > /srv/data")), test(check))
		return newProject(t, debian, append([]document{c}, more...)...)
	}
	first := write("5000", bash("true"), component("gone", build(bash("echo > /gone"))))
	if since := h.build(first).wantCode(0).result().Image.Since; since != nil {
		t.Errorf("the first image differs from %+v", since)
	}
	h.build(write("9000", bash("false"))).wantCode(3)
	o := h.build(write("7000", bash("true"), component("new", build(bash("echo > /new"))))).wantCode(0)
	since := o.result().Image.Since
	if since == nil || since.Reference != first.pointer(1) || since.Size == 0 {
		t.Fatalf("the third image differs from %+v, want the first", since)
	}
	want := []result.ComponentChange{{Component: "c", Bytes: 2000}, {Component: "new", Bytes: 1, Files: 1}, {Component: "gone", Bytes: -1, Files: -1, Gone: true}}
	if diff := cmp.Diff(want, since.Components); diff != "" {
		t.Errorf("components (-want +got):\n%s", diff)
	}
	again := h.run("build", write("7001", bash("true"), component("new", build(bash("echo > /new")))).dir, "--progress", "plain").wantCode(0)
	if want := "since      " + first.pointer(3) + ": "; !strings.Contains(again.stderr, want) || !strings.Contains(again.stderr, "c +1 B, +0 files") {
		t.Errorf("the summary does not say %q:\n%s", want, again.stderr)
	}
}

func TestEverythingLeftByAccidentIsWarnedAbout(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("careless", build(bash(
		"head -c 2000 /dev/zero > /var/lib/apt/lists/some_Packages", "head -c 1000 /dev/zero > /var/cache/apt/pkgcache.bin",
		"mkdir -p /etc/ssh", "echo key > /etc/ssh/ssh_host_rsa_key", "echo 0123456789abcdef0123456789abcdef > /etc/machine-id",
		"echo ls > /root/.bash_history", "echo x > /srv/open", "chmod 666 /srv/open",
		"cp /bin/true /usr/local/bin/up", "chmod 4755 /usr/local/bin/up",
		"stat -c %a /usr/bin/passwd | grep ^4", "touch /usr/bin/passwd", // the parent's own
	))))
	want := []string{
		"package cache, 2 files with 3.0 kB, such as ", "ssh host key /etc/ssh/ssh_host_rsa_key, 4 B", "machine id /etc/machine-id, 33 B",
		"shell history /root/.bash_history, 3 B", "world-writable file of root /srv/open, 2 B", "setuid or setgid file /usr/local/bin/up, ",
	}
	for range 2 { // the second time from the cache
		warnings := h.build(p).wantCode(0).result().Warnings
		if len(warnings) != len(want) {
			t.Errorf("%d warnings, want %d:\n%s", len(warnings), len(want), strings.Join(warnings, "\n"))
		}
		for i, text := range want {
			if prefix := `component "careless" leaves in the image: ` + text; i < len(warnings) && !strings.HasPrefix(warnings[i], prefix) {
				t.Errorf("warning %q, want %q", warnings[i], prefix)
			}
		}
	}
}

func TestREC12ComponentsOfAnotherSystemAreRefused(t *testing.T) {
	h := shared(t)
	for _, tt := range []struct {
		name, supported, more, parent string
		code                          int
	}{
		{"prefix", "[Ubuntu 24, Debian 12]", "", debian, 0},
		{"other version", "[Debian 11]", "", debian, 2},
		{"override", "[Debian 11]", "      ImageOsVersionOverride: Debian 11\n", debian, 0},
		{"override of another", "[Debian 12]", "      ImageOsVersionOverride: Debian 11\n", debian, 2},
		{"unknown", "[Ubuntu 24]", "", "scratch", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := h.of(t)
			p := newProject(t, tt.parent)
			p.write("recipe.yaml", `Resources:
  C:
    Type: AWS::ImageBuilder::Component
    Properties:
      {Name: particular, Version: 1.0.0, Platform: Linux, SupportedOsVersions: `+tt.supported+`, Data: '`+
				`{"schemaVersion": 1.0, "phases": [{"name": "build", "steps": [{"name": "S", "action": "CreateFile", "inputs": [{"path": "/f", "content": "x"}]}]}]}'}
  R:
    Type: AWS::ImageBuilder::ContainerRecipe
    Properties:
      Name: `+p.name+`
      Version: 1.0.0
      ParentImage: `+tt.parent+`
      Components: [{ComponentArn: !Ref C}]
`+tt.more)
			o := h.run("build", p.dir, "--progress", "plain").wantCode(tt.code)
			if tt.code != 0 && !strings.Contains(o.stderr, `component "particular"`) {
				t.Errorf("stderr does not name the component:\n%s", o.stderr)
			}
		})
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
