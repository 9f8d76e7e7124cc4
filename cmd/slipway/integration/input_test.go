//go:build linux

package integration

import (
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/builder/event"
)

func TestWrongInputIsExit2AndSaysWhere(t *testing.T) {
	h := newHome(t)
	const head = "name: web\nsemanticVersion: 1.0.0\n"
	for _, tt := range []struct {
		name, recipe, component string
		args, want              []string
	}{
		{name: "unknown parent", recipe: head + "parentImage: store:nothing:1\n", want: []string{`recipe.yaml:3:14: `, `"store:nothing:1"`}},
		{name: "machine image as parent", recipe: head + "parentImage: ami-0123456789\n", want: []string{`recipe.yaml:3:14: `, "ami-0123456789"}},
		{name: "no recipe syntax", recipe: "name: [web\n", want: []string{"recipe.yaml:1:", "YAML"}},
		{name: "unknown key", recipe: "name: web\nsemantikVersion: 1.0.0\nparentImage: scratch\n", want: []string{`recipe.yaml:2:1: `, `"semantikVersion"`, `did you mean "semanticVersion"`}},
		{name: "no parent", recipe: head, want: []string{"recipe.yaml:", "parentImage"}},
		{name: "missing component file", recipe: head + "parentImage: scratch\ncomponents:\n  - component: ./none.yaml\n", want: []string{"recipe.yaml:5:16: ", "./none.yaml"}},
		{name: "unknown component", recipe: head + "parentImage: scratch\ncomponents:\n  - component: conf/1.x.x\n", component: component("c", build(createFile("/a", "a"))).text, want: []string{"recipe.yaml:5:16: ", `"conf/1.x.x"`}},
		{
			name: "undeclared parameter in the recipe", recipe: head + "parentImage: scratch\ncomponents:\n  - component: ./c.yaml\n    parameters: [{name: Greting, value: x}]\n",
			component: componentWith("c", parameter("Greeting", "hi"), build(createFile("/a", "{{ Greeting }}"))).text, want: []string{"recipe.yaml:6:", `"Greting"`, `"Greeting"`},
		},
		{
			name: "undeclared parameter on the command line", recipe: head + "parentImage: scratch\ncomponents:\n  - component: ./c.yaml\n", args: []string{"--param", "Greting=x"},
			component: componentWith("c", parameter("Greeting", "hi"), build(createFile("/a", "{{ Greeting }}"))).text, want: []string{`"Greting"`, `"Greeting"`},
		},
		{
			name: "parameter without a value", recipe: head + "parentImage: scratch\ncomponents:\n  - component: ./c.yaml\n",
			component: componentWith("c", map[string]any{"parameters": []any{map[string]any{"Must": map[string]any{"type": "string"}}}}, build(createFile("/a", "{{ Must }}"))).text,
			want:      []string{"recipe.yaml:5:", `"Must"`, "c"},
		},
		{
			name: "unknown action", recipe: head + "parentImage: scratch\ncomponents:\n  - component: ./c.yaml\n",
			component: "name: c\nschemaVersion: 1.0\nphases:\n  - name: build\n    steps:\n      - {name: A, action: CreteFile, inputs: [{path: /a}]}\n", want: []string{"c.yaml:6:", `"CreteFile"`, `"CreateFile"`},
		},
		{
			name: "no phase that a build runs", recipe: head + "parentImage: scratch\ncomponents:\n  - component: ./c.yaml\n",
			component: component("c", newPhase("custom", []step{createFile("/a", "a")})).text, want: []string{"c.yaml", "build"},
		},
		{
			name: "template without components", recipe: head + "parentImage: scratch\ncomponents:\n  - component: ./c.yaml\ndockerfileTemplateData: FROM {{{ imagebuilder:parentImage }}}\n",
			component: component("c", build(createFile("/a", "a"))).text, want: []string{"recipe.yaml:", "imagebuilder:components"},
		},
		{name: "unknown flag", recipe: head + "parentImage: scratch\n", args: []string{"--pusch"}, want: []string{"--pusch"}},
		{name: "bad target", recipe: head + "parentImage: scratch\n", args: []string{"--tag", "Not A Reference"}, want: []string{"Not A Reference"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, p := h.of(t), newProject(t, "scratch").write("recipe.yaml", tt.recipe)
			if tt.component != "" {
				p.write("c.yaml", tt.component)
			}
			o := h.run(append([]string{"build", p.dir, "--progress", "plain"}, tt.args...)...).wantCode(2, tt.want...)
			if o.stdout != "" {
				t.Errorf("stdout %q", o.stdout)
			}
			if strings.Contains(o.stderr, "goroutine ") {
				t.Errorf("stack trace on stderr:\n%s", o.stderr)
			}
		})
	}
	h.wantNothingLeft()
}

func TestBuildComponentWithoutBuildPhasesIsAWarning(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("c", test(bash("true")), newPhase("custom", []step{bash("false")})))
	o := h.build(p).wantCode(0)
	warned := strings.Contains(strings.Join(o.result().Warnings, "\n"), "c")
	for _, e := range o.events {
		warned = warned || e.Type == event.Log && e.Level == "warn"
	}
	if !warned {
		t.Error("no warning")
	}
}

func TestUnreachableRegistryOfTheParentIsExit5(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	p := newProject(t, "127.0.0.1:1/library/none:1", component("c", build(createFile("/a", "a"))))
	h.run("build", p.dir).wantCode(5, "recipe.yaml:3:14: ", "127.0.0.1:1", "refused")
	h.wantNothingLeft()
}

func TestMissingRuntimeNamesItsPackage(t *testing.T) {
	h := newHome(t).with("PATH=" + t.TempDir())
	p := newProject(t, "scratch", component("c", build(createFile("/a", "a"))))
	h.run("build", p.dir).wantCode(5, `"runc"`, "install", "apt-get install runc")
	h.wantNothingLeft()
}
