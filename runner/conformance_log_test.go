package runner_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/report"
)

var logs = conformance{
	"LOG-01": func(t *testing.T) {
		f := newFixture(t)
		f.o.Now = clock("2026-03-04T05:06:07.089+02:00")
		r := f.documents(build(sh("a", "true"))).run().want(report.Success, 0)
		if want := filepath.Join(f.dir, "logs", "TOE_2026-03-04_03-06-07_UTC-0_id-1"); r.LogFolder != want || r.LogURL != want {
			t.Errorf("%s, want %s", r.LogFolder, want)
		}
		if r := f.run().want(report.Failed, 1); !strings.Contains(r.FailureMessage, "exists already") {
			t.Errorf("a second run in the same folder: %s", r.FailureMessage)
		}
	},
	"LOG-02": func(t *testing.T) {
		texts := []string{build(sh("a", "true")) + "# one \n", "\uFEFF" + build(sh("b", "true"))}
		r := newFixture(t).documents(texts...).run().want(report.Success, 0)
		for i, name := range []string{"document.yaml", "document-2.yaml"} {
			if diff := cmp.Diff(texts[i], r.log(name)); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	},
	"LOG-03": func(t *testing.T) {
		for line, text := range map[string]string{
			"true":  "Info TOE has completed execution successfully",
			"false": "Error TOE has completed execution with failure - Execution failed!",
		} {
			r := newFixture(t).documents(build(sh("a", line))).run()
			lines := strings.Split(strings.TrimSpace(r.log("console.log")), "\n")
			if got := lines[len(lines)-1]; !strings.HasSuffix(got, text) {
				t.Errorf("last line %q, want %q", got, text)
			}
		}
	},
	"LOG-04": func(t *testing.T) {
		f := newFixture(t)
		f.o.Now = clock("2026-03-04T05:06:07.089Z")
		f.documents(build(
			"{name: a, action: CreateFile, inputs: [{path: "+f.dir+"/f, content: '<&>', permissions: 0600}]}",
			"{name: b, action: Assert, onFailure: Ignore, if: {stringIsEmpty: ''}, inputs: {stringEquals: x, value: y}}",
		))
		f.o.Documents[0].Location = filepath.Join(f.dir, "in1.yaml")
		r := f.run().want(report.SuccessIgnored, 0)
		got := strings.ReplaceAll(r.log("detailedoutput.json"), f.dir, "DIR")
		want, err := os.ReadFile("testdata/detailedoutput.json")
		if os.Getenv("UPDATE_GOLDEN") != "" {
			want, err = []byte(got), os.WriteFile("testdata/detailedoutput.json", []byte(got), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Error(diff)
		}
	},
	"LOG-06": func(t *testing.T) {
		f := newFixture(t)
		f.o.Now = clock("2026-03-04T05:06:07.089Z")
		r := f.documents(build(sh("a", "exit 1", "onFailure: Continue,"), sh("b", "exit 2", "onFailure: Ignore,"), sh("c", "true"))).run()
		var b strings.Builder
		if err := r.Write(&b); err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf(`{
    "executionId": "id-1",
    "status": "failed",
    "failedStepCount": 1,
    "executedStepCount": 3,
    "ignoredFailedStepCount": 1,
    "failureMessage": "Document %s/in1.yaml failed!",
    "logUrl": "%s"
}
`, f.dir, r.LogFolder)
		if diff := cmp.Diff(want, b.String()); diff != "" {
			t.Error(diff)
		}
	},
	"LOG-07": func(t *testing.T) {
		r := newFixture(t).documents(build(
			sh("big", "yes abcdefghi | head -c 2097152"), sh("bad", `printf 'a\377b'`),
			sh("long", "head -c 200000 /dev/zero | tr '\\0' x"),
		)).run().want(report.Success, 0)
		big, _ := r.steps()["big"]["outputs"].(string)
		if n := len(big); n < 1<<20 || n > 1<<20+200_000 || !strings.HasSuffix(big, `[truncated]"}]`) {
			t.Errorf("outputs of big have %d bytes and end with %q", n, big[len(big)-40:])
		}
		console := r.log("console.log")
		if got := strings.Count(console, "Stdout: abcdefghi"); got != 2097152/10 {
			t.Errorf("%d lines in console.log", got)
		}
		if got := r.steps()["bad"]["outputs"]; got != "[{\"stdout\":\"a\uFFFDb\"}]" {
			t.Errorf("outputs of bad: %s", got)
		}
		for line := range strings.Lines(console) {
			if len(line) > 64<<10+100 {
				t.Errorf("a console line of %d bytes", len(line))
			}
		}
	},
	"LOG-08": func(t *testing.T) {
		r := newFixture(t).documents(build(sh("a", "false"), sh("b", "true")), build(sh("c", "true"))).run().want(report.Failed, 1)
		if got := len(r.steps()); got != 1 {
			t.Errorf("%d steps in the detailed output", got)
		}
		if strings.Contains(r.log("detailedoutput.json"), "in2.yaml") {
			t.Error("the second document is in the detailed output")
		}
	},
	"LOG-09": func(t *testing.T) {
		f := newFixture(t)
		r := f.documents("schemaVersion: 1.0\nparameters:\n- Name: {type: string, default: v}\nphases:\n- name: build\n  steps:\n  - " +
			sh("a", "echo {{ Name }} {{ Name }} {{ build.z.inputs.commands[0] }}") + "\n  - " +
			sh("z", "echo {{ build.a.outputs.stdout }} {{ loop.index }}", "loop: {forEach: [x]},") + "\n").run()
		if r.Status != report.Failed { // z's inputs hold its loop: refused
			t.Fatalf("%+v", r.Summary)
		}
		f.o.ExecutionID = "id-2"
		r = f.documents("schemaVersion: 1.0\nparameters:\n- Name: {type: string, default: v}\nphases:\n- name: build\n  steps:\n  - " +
			sh("a", "echo {{ Name }} {{ Name }}") + "\n  - " + sh("z", "echo {{ build.a.outputs.stdout }} {{ loop.index }}", "loop: {forEach: [x]},") + "\n").run()
		var refs []report.Reference
		if err := json.Unmarshal([]byte(r.log("chaining.json")), &refs); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, ref := range refs {
			got = append(got, fmt.Sprintf("%s %s %s %s", ref.Step, ref.Kind, ref.Resolved, *ref.Value))
		}
		want := []string{"a variable static v", "z outputs runtime v v", "z loop runtime 0"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		f.o.ExecutionID = "id-3"
		f.write("secrets/token", hidden)
		r = f.documents(build(
			sh("a", "echo {{ secrets.token }}; exit 1"), sh("b", "echo {{ build.a.inputs.commands[0] }} {{ build.a.outputs.stdout }}"),
		)).run().want(report.Failed, 1)
		if err := json.Unmarshal([]byte(r.log("chaining.json")), &refs); err != nil {
			t.Fatal(err)
		}
		got = nil
		for _, ref := range refs {
			value := "null"
			if ref.Value != nil {
				value = *ref.Value
			}
			got = append(got, fmt.Sprintf("%s %s %s %s %s", ref.Phase, ref.Step, ref.Kind, ref.Resolved, value))
		}
		// The run ends before b starts.
		want = []string{"build a secret runtime ***", "build b inputs runtime null", "build b outputs runtime null"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	},
}

const hidden = "s3cret-value"

// around is the neighbourhood of word in text.
func around(text, word string) string {
	i := strings.Index(text, word)
	return text[max(0, i-100):min(len(text), i+len(word)+100)]
}

func (r result) wantMasked(texts ...string) {
	r.t.Helper()
	for name, text := range r.everything() {
		for _, secret := range texts {
			if strings.Contains(text, secret) {
				r.t.Errorf("%q is in %s: %s", secret, name, around(text, secret))
			}
		}
	}
}

var secrets = conformance{
	"SEC-01": func(t *testing.T) {
		f := newFixture(t)
		f.write("secrets/token", hidden+"\n")
		r := f.documents(build(
			sh("a", "test '{{ secrets.token }}' = "+strings.Join(strings.SplitAfterN(hidden, "", 4), "''")+"; echo $?; echo {{ secrets.token }}; echo {{ secrets.token }} >&2"),
			sh("b", "echo got {{ build.a.outputs.stdout }}"),
			sh("c", "echo {{ secrets.token }} >&2; exit 1", "onFailure: Continue,"),
			"{name: d, action: ReadFile, inputs: [{path: '/no/{{ secrets.token }}'}]}",
		)).run().want(report.Failed, 1)
		r.wantMasked(hidden)
		if got := r.steps()["a"]["outputs"]; got != `[{"stdout":"0\n***"}]` {
			t.Errorf("outputs of a: %s", got)
		}
		if !strings.Contains(r.events.String(), "masked secret") {
			t.Error("no warning about the masked text that b got")
		}
	},
	"SEC-02": func(t *testing.T) {
		f := newFixture(t)
		r := f.documents(build(
			sh("a", "echo {{ secrets.missing }}", "maxAttempts: 3, onFailure: Continue,"), sh("b", "echo '${{ secrets.missing }}'"),
		)).run().want(report.Failed, 1)
		if got := r.steps()["a"]; got["attempts"] != 0.0 || !strings.Contains(fmt.Sprint(got["failureMessage"]), "missing") {
			t.Errorf("%v", got)
		}
		if got := r.steps()["b"]["outputs"]; got != `[{"stdout":"${{ secrets.missing }}"}]` {
			t.Errorf("outputs of b: %s", got)
		}
	},
	"SEC-03": func(t *testing.T) {
		f := newFixture(t)
		f.write("secrets/key", "line one\nline \"two\"\nabc\n")
		r := f.documents(build(
			sh("a", "cat "+f.dir+"/secrets/key; printf 'x line'; sleep 0.05; printf ' one y'"),
			sh("b", "cat "+f.write("json", `{"k":"line \"two\""}`)),
		)).run().want(report.Success, 0)
		r.wantMasked("line one", "two")
		if got := r.steps()["a"]["outputs"]; got != `[{"stdout":"***\nx *** y"}]` {
			t.Errorf("outputs of a: %s", got)
		}
	},
	"SEC-04": func(t *testing.T) {
		f := newFixture(t)
		f.write("secrets/token", hidden)
		r := f.documents(build(sh("a", "cat "+f.dir+"/secrets/token"))).run().want(report.Success, 0)
		r.wantMasked(hidden)
	},
	"SEC-05": func(t *testing.T) {
		f := newFixture(t)
		for name, text := range map[string]string{"none": "abcd1", "lf": "abcd2\n", "crlf": "abcd3\r\n", "two": "abcd4\n\n"} {
			f.write("secrets/"+name, text)
		}
		r := f.documents(build(sh("a", "v='{{ secrets.none }}{{ secrets.lf }}{{ secrets.crlf }}{{ secrets.two }}'; echo ${#v}"))).run().want(report.Success, 0)
		if got := r.steps()["a"]["outputs"]; got != `[{"stdout":"21"}]` {
			t.Errorf("outputs: %s", got)
		}
	},
}

// rebootEvents returns the events of a run that show where it stopped and went on, with their position.
func rebootEvents(r result) []string {
	var list []string
	for _, e := range r.stream() {
		switch kind := fmt.Sprint(e["type"]); kind {
		case "run.start", "step.start", "step.end", "reboot":
			for _, key := range []string{"step", "attempt", "resumed", "trigger", "resume", "count"} {
				if v, ok := e[key]; ok {
					kind += fmt.Sprintf(" %s=%v", key, v)
				}
			}
			list = append(list, kind)
		}
	}
	return list
}

var streams = conformance{
	"EVT-01": func(t *testing.T) {
		r := newFixture(t).documents(build(sh("a", "echo x"), sh("b", "exit 1", "maxAttempts: 2, onFailure: Continue,")), build(sh("c", "false"), sh("d", "true"))).run()
		open := map[string]int{}
		for i, e := range r.stream() {
			if e["seq"] != float64(i+1) || e["v"] != 1.0 || e["executionId"] != "id-1" {
				t.Errorf("event %d: %v", i, e)
			}
			kind, what, _ := strings.Cut(fmt.Sprint(e["type"]), ".")
			switch what {
			case "start":
				open[kind]++
			case "end":
				open[kind]--
			}
		}
		for kind, n := range open {
			if n != 0 {
				t.Errorf("%s: %d starts more than ends", kind, n)
			}
		}
		if !strings.HasSuffix(r.types(), "run.end") {
			t.Errorf("events: %s", r.types())
		}
	},
	"EVT-04": func(t *testing.T) {
		f := newFixture(t)
		f.write("inner.yaml", build(sh("i", "true")))
		r := f.documents(build(
			sh("skip", "true", "if: {stringIsEmpty: x},"),
			sh("retry", "test -e "+f.dir+"/r || { touch "+f.dir+"/r; exit 5; }", "maxAttempts: 2,"),
			sh("loop", "true", "loop: {name: L, forEach: [p, q]},"),
			"{name: nest, action: ExecuteDocument, inputs: {document: inner.yaml}}",
		)).run().want(report.Success, 0)
		var got []string
		for _, e := range r.stream() {
			line := fmt.Sprint(e["type"])
			for _, key := range []string{"phase", "step", "attempt", "iteration", "decision", "reason", "value", "status"} {
				if v, ok := e[key]; ok {
					line += fmt.Sprintf(" %s=%v", key, v)
				}
			}
			if e["parentExecutionId"] == "id-1" {
				line += " nested"
			}
			got = append(got, line)
		}
		want := []string{
			"run.start", "document.start", "phase.start phase=build",
			"step.start phase=build step=skip",
			"step.condition phase=build step=skip decision=Skip",
			"step.end phase=build step=skip status=skipped",
			"step.start phase=build step=retry",
			"step.attempt phase=build step=retry attempt=1 reason=",
			"step.attempt phase=build step=retry attempt=2 reason=ExecuteBash: exit code 5",
			"step.end phase=build step=retry status=success",
			"step.start phase=build step=loop",
			"step.attempt phase=build step=loop attempt=1 reason=",
			"step.iteration phase=build step=loop attempt=1 iteration=0 value=p",
			"step.iteration phase=build step=loop attempt=1 iteration=1 value=q",
			"step.end phase=build step=loop status=success",
			"step.start phase=build step=nest",
			"step.attempt phase=build step=nest attempt=1 reason=",
			"document.start nested", "phase.start phase=build nested",
			"step.start phase=build step=i nested", "step.attempt phase=build step=i attempt=1 reason= nested", "step.end phase=build step=i status=success nested",
			"phase.end phase=build status=success nested", "document.end status=success nested",
			"step.end phase=build step=nest status=success",
			"phase.end phase=build status=success", "document.end status=success", "run.end status=success",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		var detail []struct {
			Status    string
			Documents []any
		}
		text, err := json.Marshal(r.steps()["nest"]["detailedOutput"])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &detail); err != nil || len(detail) != 1 || detail[0].Status != "success" || len(detail[0].Documents) != 1 {
			t.Errorf("detailedOutput %s, %v", text, err)
		}
		f.o.ExecutionID = "id-2"
		f.documents(build(sh("again", rebootOnce(f.dir)), "{name: module, action: Reboot}", sh("last", "true")))
		got = nil
		for r = f.run(); r.Pending; r = f.run() {
			got = append(got, rebootEvents(r)...)
		}
		got = append(got, rebootEvents(r.want(report.Success, 0))...)
		want = []string{
			"run.start resumed=false", "step.start step=again", "reboot step=again attempt=1 trigger=exitCode resume=sameStep count=1",
			"run.start resumed=true", "step.start step=again", "step.end step=again",
			"step.start step=module", "step.end step=module", "reboot step=module trigger=module resume=nextStep count=2",
			"run.start resumed=true", "step.start step=last", "step.end step=last",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	},
}
