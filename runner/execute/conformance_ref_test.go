package execute_test

import (
	"testing"

	"github.com/slipway-oci/slipway/runner/report"
)

const declared = `schemaVersion: 1.0
parameters:
- Name: {type: string, default: value}
- Other: {type: string, default: '{{ Name }}'}
- Flag: {type: string, default: 'true'}
constants:
- Open: {type: string, value: '{{'}
phases:
- name: build
  steps:
`

// created is a document that writes text, a YAML scalar, to the file out, so that no shell reads it.
func created(text string) string {
	return declared + "  - name: a\n    action: CreateFile\n    inputs:\n    - path: out\n      content: " + text + "\n"
}

var references = conformance{
	"REF-01": func(t *testing.T) {
		wantCreated(t, `'{{Name}} {{ Name}} {{Name }} {{ Name }} {{	Name	}}'`, "value value value value value")
	},
	"REF-02": func(t *testing.T) { wantCreated(t, `'a{{ Name }}b{{ Flag }}c{{ Name }}'`, "avaluebtruecvalue") },
	"REF-03": func(t *testing.T) {
		wantCreated(t, "echo {{ Name }}", "echo value")
		wantCreated(t, "|\n        one {{ Name }}\n        two", "one value\ntwo\n")
	},
	"REF-06": func(t *testing.T) { wantCreated(t, `'{{ .Names }} {{ a | b }}'`, "{{ .Names }} {{ a | b }}") },
	"REF-07": func(t *testing.T) { wantCreated(t, `'{{{ Name }}} ${{{Name}}}'`, "{value} ${value}") },
	"REF-08": func(t *testing.T) { wantCreated(t, `'{{ Other }}'`, "{{ Name }}") },
	"REF-09": func(t *testing.T) { wantCreated(t, `'{{ Open }} Name }}'`, "{{ Name }}") },
	"REF-10": func(t *testing.T) {
		o := newBench(t).run(build(`{name: a, action: CreateFile, loop: {forEach: [x]}, inputs: [{path: out, content: 'C:\x\{{ loop.value }}'}]}`))
		o.want(report.Success, "a=success")
		if got, want := o.file("out"), `C:\x\x`; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	},
	"REF-11": func(t *testing.T) {
		chained(t, `{name: s, action: CreateFile, inputs: [{path: one, content: a}, {path: two, content: b}]}`, "{{ build.s.inputs[1].path }}", "two")
	},
	"REF-12": func(t *testing.T) {
		s := `{name: s, action: ExecuteBinary, inputs: {path: echo, arguments: [x, y]}}`
		chained(t, s, "{{ build.s.inputs.path }} {{ build.s.inputs[0].path }}", "echo echo")
	},
	"REF-13": func(t *testing.T) { chained(t, sh("s", `printf 'a\nb\r\n\n'`), "{{ build.s.outputs.stdout }}", "a\nb") },
	"REF-14": func(t *testing.T) {
		chained(t, `{name: s, action: ExecuteBash, inputs: {commands: [": one", ": two"]}}`, "{{ build.s.inputs.commands[1] }}", ": two")
	},
	"REF-18": func(t *testing.T) {
		o := newBench(t).run(build(
			`{name: a, action: CreateFile, inputs: [{path: out, content: '{{ build.z.inputs.path }}'}]}`,
			`{name: z, action: CreateFile, inputs: [{path: later, content: ''}]}`,
		))
		o.want(report.Success, "a=success z=success")
		if got := o.file("out"); got != "later" {
			t.Errorf("%q", got)
		}
	},
	"REF-20": func(t *testing.T) {
		chained(t, `{name: s, action: CreateFile, inputs: [{path: f, content: x}]}`, "[{{ build.s.inputs.overwrite }}][{{ build.s.inputs.owner }}]", "[true][]")
	},
	"REF-21": func(t *testing.T) {
		b := newBench(t)
		b.params = map[string]string{"Flag": "true"}
		text := declared + "  - {name: a, action: CreateFile, inputs: [{path: f, content: x, overwrite: '{{ Flag }}'}]}\n"
		b.run(text).want(report.Success, "a=success")
		b.params = map[string]string{"Flag": "maybe"}
		b.run(text).want(report.Failed, "a=failed").wantMessage("a", "maybe")
	},
	"REF-22": func(t *testing.T) {
		o := newBench(t).run(build(
			sh("s", "true", "if: {stringIsEmpty: x},"), sh("a", "echo {{ build.s.outputs.stdout }}", "maxAttempts: 3,"),
		))
		o.want(report.Failed, "s=skipped a=failed").wantMessage("a", "was skipped")
		if n := count[report.StepAttempt](o, "a"); n != 0 || o.ends()["a"].Attempts != 0 {
			t.Errorf("%d attempts", n)
		}
	},
	"REF-23": func(t *testing.T) {
		b := newBench(t)
		o := b.run(build(
			sh("s", "echo x >> n; echo try $(wc -l < n); exit 1", carryOn, "maxAttempts: 2,"), sh("a", "echo {{ build.s.outputs.stdout }}"),
		))
		o.want(report.Failed, "s=failed a=success").wantStdout("a", "try 2")
	},
	"REF-30": func(t *testing.T) {
		b := newBench(t)
		b.files["inner"] = build(sh("i", "true"))
		nested := "{name: n, action: ExecuteDocument, loop: {forEach: [x, y]}, inputs: {document: inner}}"
		o := b.run(build(nested, sh("a", "echo {{ build.n.outputs[1].status }}"), sh("z", "echo {{ build.n.outputs[2].status }}", "maxAttempts: 3,")))
		o.want(report.Failed, "n=success a=success z=failed").wantStdout("a", "success")
		o.wantMessage("z", "outputs[2]")
		if n := count[report.StepAttempt](o, "z"); n != 0 {
			t.Errorf("%d attempts", n)
		}
	},
}

// wantCreated checks what becomes of text, a YAML scalar, in an input.
func wantCreated(t *testing.T, text, want string) {
	t.Helper()
	o := newBench(t).run(created(text)).want(report.Success, "a=success")
	if got := o.file("out"); got != want {
		t.Errorf("%s is %q, want %q", text, got, want)
	}
}

// chained checks what a reference to step s yields.
func chained(t *testing.T, step, ref, want string) {
	t.Helper()
	o := newBench(t).run(build(step, `{name: a, action: CreateFile, inputs: [{path: out, content: '`+ref+`'}]}`))
	o.want(report.Success, "s=success a=success")
	if got := o.file("out"); got != want {
		t.Errorf("%s is %q, want %q", ref, got, want)
	}
}
