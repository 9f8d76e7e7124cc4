package runner_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/runner/report"
)

// phase is a further phase with one step of bash for a document of build.
func phase(name, step string) string {
	return fmt.Sprintf("- name: %s\n  steps:\n  - %s\n", name, sh(step, "true"))
}

// order returns the names of the steps that ended, in order.
func (r result) order() string {
	var list []string
	for _, e := range r.stream() {
		if e["type"] == "step.end" {
			list = append(list, fmt.Sprint(e["step"]))
		}
	}
	return strings.Join(list, " ")
}

var documents = conformance{
	"DOC-19": func(t *testing.T) {
		f := newFixture(t)
		f.o.Phases = []string{"build", "validate"}
		r := f.documents("schemaVersion: 1.0\nphases:\n"+phase("validate", "first")+phase("build", "second")).run().want(report.Success, 0)
		if got := r.order(); got != "first second" {
			t.Errorf("steps %q", got)
		}
	},
	"DOC-20": func(t *testing.T) {
		f := newFixture(t)
		f.o.Phases = []string{"validate"}
		r := f.documents(build(sh("a", "true")), build(sh("b", "true"))+phase("validate", "c")).run().want(report.Success, 0)
		if got := r.order(); got != "c" || strings.Contains(r.log("console.log"), "Warn") {
			t.Errorf("steps %q of two documents, one with the phase; console:\n%s", got, r.log("console.log"))
		}
		f.o.ExecutionID = "id-2"
		r = f.documents(build(sh("a", "true")), build(sh("b", "true"))).run().want(report.Success, 0)
		if r.ExecutedStepCount != 0 || !strings.Contains(r.log("console.log"), "Warn no document has any of the phases validate") {
			t.Errorf("%+v; console:\n%s", r.Summary, r.log("console.log"))
		}
	},
	"DOC-21": func(t *testing.T) {
		for phases, want := range map[string]string{"": "a b", "custom": "b", "build": "a"} {
			f := newFixture(t)
			if phases != "" {
				f.o.Phases = []string{phases}
			}
			r := f.documents(build(sh("a", "true"))+phase("custom", "b")).run().want(report.Success, 0)
			if got := r.order(); got != want {
				t.Errorf("phases %q: steps %q, want %q", phases, got, want)
			}
		}
	},
	"DOC-31": func(t *testing.T) {
		f := newFixture(t)
		t.Chdir(f.dir)
		names := []string{"perform_cleanup", "skip_cleanup_ssh_files", "skip_cleanup_toe_files"}
		f.documents(build(sh("a", `cd "$WORKING_DIRECTORY" && touch precious `+strings.Join(names, " ")))).run().want(report.Success, 0)
		for _, name := range append(names, "precious", "logs") {
			if _, err := os.Stat(filepath.Join(f.dir, name)); err != nil {
				t.Error(err)
			}
		}
	},
	"DOC-33": func(t *testing.T) {
		r := newFixture(t).documents(build(
			sh("a", "echo private; echo private >&2", "disableLogging: true,"), sh("b", "test '{{ build.a.outputs.stdout }}' = priv''ate"),
			"{name: quoting, action: ReadFile, onFailure: Continue, inputs: [{path: '/no/{{ build.a.outputs.stdout }}'}]}",
			sh("deciding", "true", "onFailure: Continue, if: {stringEquals: x, value: '{{ build.a.outputs.stdout }}', else: Abort},"),
			"{name: asserting, action: Assert, onFailure: Continue, inputs: {stringEquals: x, value: '{{ build.a.outputs.stdout }}'}}",
			sh("c", "echo private >&2; exit 3", "disableLogging: true,"),
		)).run().want(report.Failed, 1)
		for name, text := range r.everything() {
			if strings.Contains(text, "private") {
				t.Errorf("output in %s: %s", name, around(text, "private"))
			}
		}
		if got := r.steps()["a"]["outputs"]; got != "***" {
			t.Errorf("outputs %v", got)
		}
	},
	"DOC-34": func(t *testing.T) {
		r := newFixture(t).documents(
			"schemaVersion: 1.0\nphases:\n- name: build\n  steps:\n  - name: a\n    action: ExecuteBash\n    inputs:\n      commands:\n"+
				"      - if true; then\n      - echo yes\n      - else\n      - echo no\n      - fi\n",
			strings.ReplaceAll("schemaVersion: 1.0\nphases:\n- name: build\n  steps:\n  - name: b\n    action: ExecuteBash\n    inputs:\n      commands:\n"+
				"      - |\n        if true\n        then echo crlf\n        fi\n        grep -c $'\\r' \"$0\"; true\n", "\n", "\r\n"),
		).run().want(report.Success, 0)
		for step, want := range map[string]string{"a": `[{"stdout":"yes"}]`, "b": `[{"stdout":"crlf\n0"}]`} {
			if got := r.steps()[step]["outputs"]; got != want {
				t.Errorf("outputs of %s: %s, want %s", step, got, want)
			}
		}
	},
}
