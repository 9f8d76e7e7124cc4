package execute_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/report"
)

// values runs a loop and returns its values.
func values(t *testing.T, loop string) []string {
	t.Helper()
	o := newBench(t).run(declared + "  - " + sh("a", "printf '%s|' '{{ loop.value }}' >> out", "loop: "+loop+",") + "\n")
	o.want(report.Success, "a=success")
	var list []string
	for _, r := range o.records {
		if e, ok := r.Event.(report.StepIteration); ok {
			list = append(list, e.Value)
		}
	}
	if got := strings.Join(list, "|") + "|"; len(list) > 0 && o.file("out") != got {
		t.Errorf("the step saw %q, the events say %q", o.file("out"), got)
	}
	return list
}

func wantValues(t *testing.T, loop string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, values(t, loop)); diff != "" {
		t.Errorf("%s: %s", loop, diff)
	}
}

var loops = conformance{
	"LOOP-01": func(t *testing.T) {
		wantValues(t, "{for: {start: 1, end: 5, updateBy: 2}}", "1", "3", "5")
		wantValues(t, "{for: {start: 1, end: 6, updateBy: 2}}", "1", "3", "5")
		wantValues(t, "{for: {start: 5, end: 1, updateBy: -2}}", "5", "3", "1")
	},
	"LOOP-02": func(t *testing.T) {
		wantValues(t, "{for: {start: 3, end: 3, updateBy: 7}}", "3")
		wantValues(t, "{for: {start: 3, end: 3, updateBy: -7}}", "3")
	},
	"LOOP-05": func(t *testing.T) { wantValues(t, "{forEach: ['x{{ Name }}', '{{ Flag }}']}", "xvalue", "true") },
	"LOOP-07": func(t *testing.T) {
		wantValues(t, "{forEach: {list: 'a,b'}}", "a", "b")
		for _, d := range []string{".", ",", ";", ":", "-", "_", " "} {
			wantValues(t, fmt.Sprintf("{forEach: {list: 'a%sb', delimiter: '%s'}}", d, d), "a", "b")
		}
		wantValues(t, `{forEach: {list: "a\tb", delimiter: "\t"}}`, "a", "b")
	},
	"LOOP-08": func(t *testing.T) { wantValues(t, `{forEach: {list: "a\nb", delimiter: '\n'}}`, "a", "b") },
	"LOOP-09": func(t *testing.T) { wantValues(t, "{forEach: {list: 'a, b,,c'}}", "a", " b", "", "c") },
	"LOOP-10": func(t *testing.T) {
		o := newBench(t).run(build(
			sh("s", "true"), sh("a", "echo {{ loop.value }}", "loop: {forEach: {list: '{{ build.s.outputs.stdout }}'}},"),
		))
		o.want(report.Success, "s=success a=success")
		if e := o.ends()["a"]; len(e.Outputs) != 0 || e.Iterations != 0 {
			t.Errorf("outputs %v of %d iterations", e.Outputs, e.Iterations)
		}
	},
	"LOOP-11": func(t *testing.T) { wantValues(t, `{forEach: {list: "a\r\nb\r", delimiter: "\n"}}`, "a", "b") },
	"LOOP-12": func(t *testing.T) {
		o := newBench(t).run(build(sh("a", "echo {{ loop.index }}{{ loop.value }}{{ My.index }}{{ My.value }}", "loop: {name: My, forEach: [x, y]},")))
		o.want(report.Success, "a=success").wantStdout("a", "0x0x\n1y1y")
	},
	"LOOP-13": func(t *testing.T) {
		o := newBench(t).run(build(
			sh("a", "echo '{{ loop.value }}'"), sh("b", "echo '{{ Other.value }}'", "loop: {name: My, forEach: [x]},"),
			sh("c", "true", "loop: {name: Other, forEach: [x]},"),
		))
		o.want(report.Success, "a=success b=success c=success").wantStdout("a", "{{ loop.value }}")
		o.wantStdout("b", "{{ Other.value }}")
	},
	"LOOP-15": func(t *testing.T) {
		newBench(t).run(build(sh("s", "echo {{ loop.value }}", "loop: {forEach: [a, b]},"), sh("z", "echo '{{ build.s.outputs.stdout }}'"))).
			want(report.Success, "s=success z=success").wantStdout("z", "a\nb")
	},
	"LOOP-16": func(t *testing.T) {
		o := newBench(t).run(build(sh("a", "echo {{ My.value }}; test {{ My.value }} != y", "loop: {name: My, forEach: [x, y, z]},")))
		o.want(report.Failed, "a=failed").wantStdout("a", "x")
		o.wantMessage("a", `loop "My": iteration 1`)
		if e := o.ends()["a"]; e.Iterations != 3 || e.Completed != 1 || count[report.StepIteration](o, "a") != 2 {
			t.Errorf("%+v", e)
		}
	},
	"LOOP-17": func(t *testing.T) {
		o := newBench(t).run(build(sh("a", "echo {{ loop.index }} >> out; test {{ loop.index }} = 0 || test $(wc -l < out) -gt 2", "maxAttempts: 2, loop: {forEach: [x, y]},")))
		o.want(report.Success, "a=success")
		if got := o.file("out"); got != "0\n1\n0\n1\n" {
			t.Errorf("%q", got)
		}
	},
	"LOOP-18": func(t *testing.T) {
		o := newBench(t).run(build(sh("a", "echo {{ loop.index }} >> out; sleep 1.1", "timeoutSeconds: 2, maxAttempts: 2, loop: {name: My, forEach: [x, y, z]},")))
		o.want(report.Failed, "a=failed").wantMessage("a", `loop "My" timed out after 2 seconds`)
		if got := o.file("out"); got != "0\n1\n0\n1\n" {
			t.Errorf("iterations %q", got)
		}
	},
	"LOOP-19": func(t *testing.T) {
		o := newBench(t).run(build(
			sh("s", "echo x,y"),
			sh("a", "echo {{ loop.value }} >> out; test $(wc -l < out) = 3", "maxAttempts: 2, loop: {forEach: {list: '{{ build.s.outputs.stdout }}'}},"),
		))
		o.want(report.Failed, "s=success a=failed")
		if got := o.file("out"); got != "x\nx\n" {
			t.Errorf("%q", got)
		}
	},
	"LOOP-20": func(t *testing.T) {
		b := newBench(t)
		for _, name := range []string{"1a", "1b", "2a", "2b"} {
			b.write(name, name)
		}
		o := b.run(build(`{name: a, action: ReadFile, loop: {forEach: [1, 2]}, inputs: [{path: '{{ loop.value }}a'}, {path: '{{ loop.value }}b'}]}`))
		o.want(report.Success, "a=success")
		want := []map[string]any{{"content": "1a\n2a"}, {"content": "1b\n2b"}}
		if diff := cmp.Diff(want, o.ends()["a"].Outputs); diff != "" {
			t.Error(diff)
		}
	},
}
