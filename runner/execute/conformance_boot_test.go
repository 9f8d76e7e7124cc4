package execute_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/execute"
	"github.com/slipway-oci/slipway/runner/report"
)

// once is a line that asks for a reboot the first time.
const once = "echo run >> runs; test -e rebooted || { touch rebooted; echo lost; exit 194; }; "

// resumed runs documents in mode exit, again and again until they are done, and returns the last outcome.
func (b *bench) resumed(texts ...string) outcome {
	b.t.Helper()
	b.options.Reboot.Mode = execute.RebootExit
	for range 20 {
		o := b.run(texts...)
		if !errors.Is(o.err, execute.ErrRebootRequested) {
			return o
		}
		text, err := json.Marshal(b.state) // as the state file has it
		if err != nil {
			b.t.Fatal(err)
		}
		b.state = &execute.State{}
		dec := json.NewDecoder(strings.NewReader(string(text)))
		dec.UseNumber()
		if err := dec.Decode(b.state); err != nil {
			b.t.Fatal(err)
		}
		b.reboots++
	}
	b.t.Fatal("no end of reboots")
	return outcome{}
}

// inBothModes checks that a document behaves the same with soft restarts and with a new process behind each.
func inBothModes(t *testing.T, check func(t *testing.T, run func(b *bench, texts ...string) outcome)) {
	t.Helper()
	t.Run("container", func(t *testing.T) {
		check(t, func(b *bench, texts ...string) outcome { return b.run(texts...) })
	})
	t.Run("exit", func(t *testing.T) {
		check(t, func(b *bench, texts ...string) outcome { return b.resumed(texts...) })
	})
}

var reboots = conformance{
	"BOOT-01": func(t *testing.T) {
		inBothModes(t, func(t *testing.T, run func(b *bench, texts ...string) outcome) {
			b := newBench(t)
			o := run(b, build(sh("a", "echo first >> before"), sh("s", once+"echo done", "maxAttempts: 3,"), sh("z", "true")))
			if o.sum.Status != report.Success || o.sum.ExecutedStepCount != 3 || b.reboots != 1 {
				t.Errorf("%+v, %d reboots; %s", o.sum, b.reboots, o.messages())
			}
			o.wantStdout("s", "done")
			if e := o.ends()["s"]; e.Attempts != 1 {
				t.Errorf("%d attempts", e.Attempts)
			}
			if got := o.file("before") + o.file("runs"); got != "first\nrun\nrun\n" {
				t.Errorf("executions: %q", got)
			}
		})
	},
	"BOOT-03": func(t *testing.T) {
		inBothModes(t, func(t *testing.T, run func(b *bench, texts ...string) outcome) {
			b := newBench(t)
			o := run(b, build(sh("a", "echo a >> out"), "{name: r, action: Reboot}", sh("z", "echo z >> out"), "{name: last, action: Reboot}"))
			if o.sum.Status != report.Success || o.sum.ExecutedStepCount != 4 || b.reboots != 2 {
				t.Errorf("%+v, %d reboots; %s", o.sum, b.reboots, o.messages())
			}
			if got := o.file("out"); got != "a\nz\n" {
				t.Errorf("%q", got)
			}
		})
	},
	"BOOT-04": func(t *testing.T) {
		inBothModes(t, func(t *testing.T, run func(b *bench, texts ...string) outcome) {
			b := newBench(t)
			o := run(b, build(sh("s", "echo {{ loop.value }} >> out; test {{ loop.value }} != 2 || test -e rebooted || { touch rebooted; exit 194; }; echo {{ loop.value }}", "loop: {for: {start: 1, end: 3, updateBy: 1}},")))
			if o.sum.Status != report.Success || b.reboots != 1 {
				t.Errorf("%+v, %d reboots; %s", o.sum, b.reboots, o.messages())
			}
			o.wantStdout("s", "1\n2\n3")
			if got := o.file("out"); got != "1\n2\n2\n3\n" {
				t.Errorf("%q", got)
			}
		})
	},
	"BOOT-05": func(t *testing.T) {
		inBothModes(t, func(t *testing.T, run func(b *bench, texts ...string) outcome) {
			b := newBench(t)
			b.files["mid"] = build(sh("m1", "echo m1 >> out"), "{name: m2, action: ExecuteDocument, inputs: {document: low}}", sh("m3", "echo m3 >> out"))
			b.files["low"] = build(sh("l1", "echo l1 | tee -a out"), "{name: r, action: Reboot}", sh("l2", "echo l2 >> out; "+once), sh("l3", "echo {{ build.l1.outputs.stdout }} kept >> out"))
			o := run(b, build(sh("a", "echo a >> out"), "{name: n, action: ExecuteDocument, inputs: {document: mid}}"))
			if o.sum.Status != report.Success || b.reboots != 2 {
				t.Errorf("%+v, %d reboots; %s", o.sum, b.reboots, o.messages())
			}
			if got := o.file("out"); got != "a\nm1\nl1\nl2\nl2\nl1 kept\nm3\n" {
				t.Errorf("%q", got)
			}
			if got := o.ends()["n"].Outputs[0]["executedStepCount"]; got != 3 {
				t.Errorf("executedStepCount of the nested document is %v", got)
			}
		})
	},
	"BOOT-06": func(t *testing.T) {
		inBothModes(t, func(t *testing.T, run func(b *bench, texts ...string) outcome) {
			o := run(newBench(t), build(sh("a", "echo kept"), "{name: r, action: Reboot}", sh("z", "echo {{ build.a.outputs.stdout }}")))
			o.wantStdout("z", "kept")
		})
	},
	// The positions of a soft restart: the stream goes on, and every step starts and ends once.
	"EVT-04": func(t *testing.T) {
		b := newBench(t)
		o := b.run(build(sh("s", once+"echo done", "loop: {forEach: [x]},"), "{name: r, action: Reboot}", sh("z", "true")))
		o.want(report.Success, "s=success r=success z=success")
		var got []string
		for _, rec := range o.records {
			switch e := rec.Event.(type) {
			case report.StepStart:
				got = append(got, "start "+rec.Position.Step)
			case report.StepEnd:
				got = append(got, "end "+rec.Position.Step)
			case report.Reboot:
				got = append(got, fmt.Sprintf("reboot %s %s %s %d", rec.Position.Step, e.Trigger, e.Resume, e.Count))
			}
		}
		want := []string{
			"start s", "reboot s exitCode sameStep 1", "end s", "start r", "end r", "reboot r module nextStep 2", "start z", "end z",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	},
	"BOOT-07": func(t *testing.T) {
		inBothModes(t, func(t *testing.T, run func(b *bench, texts ...string) outcome) {
			b := newBench(t)
			o := run(b, build(sh("s", "exit 194", "maxAttempts: 2,")))
			if o.sum.Status != report.Failed || b.reboots != execute.DefaultRebootLimit {
				t.Errorf("%+v, %d reboots", o.sum, b.reboots)
			}
			o.wantMessage("s", "reboot limit reached")
		})
	},
	"BOOT-11": func(t *testing.T) {
		b := newBench(t)
		b.options.Reboot.Mode = execute.RebootNone
		o := b.run(build(sh("s", "exit 194", carryOn), "{name: r, action: Reboot}"))
		o.want(report.Failed, "s=failed r=failed").wantMessage("s", "reboot is not supported beside a running entrypoint")
		o.wantMessage("r", "reboot is not supported beside a running entrypoint")
	},
}

var powerShell = conformance{
	"BOOT-12": func(t *testing.T) {
		b := newBench(t)
		// A stand-in for pwsh: what counts is the exit code that arrives.
		b.write("bin/pwsh", "#!/bin/bash\nexec bash \"${@: -1}\"\n")
		if err := os.Chmod(filepath.Join(b.dir, "bin", "pwsh"), 0o755); err != nil {
			t.Fatal(err)
		}
		b.options.Env = append(b.options.Env, "PATH="+filepath.Join(b.dir, "bin")+":"+os.Getenv("PATH"))
		b.run(build(`{name: s, action: ExecutePowerShell, inputs: {commands: ["test -e rebooted || { touch rebooted; exit 3010; }"]}}`)).want(report.Success, "s=success")
		if b.reboots != 1 {
			t.Errorf("%d reboots", b.reboots)
		}
	},
}

var nesting = conformance{
	"NEST-04": func(t *testing.T) {
		for _, setting := range []string{"timeoutSeconds: 60", "maxAttempts: 2"} {
			if _, err := newBench(t).input("d", build("{name: n, action: ExecuteDocument, "+setting+", inputs: {document: x}}"), nil, nil); err == nil {
				t.Errorf("%s: no error", setting)
			}
		}
	},
	"NEST-01": func(t *testing.T) {
		b := newBench(t)
		b.files["inner"] = build(sh("i1", "true"), sh("i2", "exit 1", ignore), sh("i3", "true", "if: {stringIsEmpty: x},"))
		o := b.run(build("{name: n, action: ExecuteDocument, inputs: {document: inner}}", sh("z", "echo {{ build.n.outputs.status }}")))
		o.want(report.Success, "n=success z=success").wantStdout("z", "successWithIgnoredFailure")
		out := o.ends()["n"].Outputs[0]
		if out["executedStepCount"] != 2 || out["ignoredFailedStepCount"] != 1 || out["logUrl"] != "" || o.sum.ExecutedStepCount != 2 {
			t.Errorf("%v; %+v", out, o.sum)
		}
		for _, r := range o.records {
			if r.Position.Step == "i1" && (r.Position.ParentID != "top" || r.Position.ExecutionID != out["executionId"]) {
				t.Errorf("position of the nested step: %+v", r.Position)
			}
		}
	},
	"NEST-02": func(t *testing.T) {
		b := newBench(t)
		for i, name := range []string{"d2", "d3", "d4"} {
			b.files[name] = build("{name: n, action: ExecuteDocument, inputs: {document: " + []string{"d3", "d4", "d5"}[i] + "}}")
		}
		b.files["d4"] = build(sh("s", "echo deep >> out"))
		top := build("{name: n, action: ExecuteDocument, inputs: {document: d2}}")
		b.run(top).want(report.Success, "n=success")
		b.files["d4"] = build("{name: n, action: ExecuteDocument, inputs: {document: d5}}")
		b.files["d5"] = build(sh("s", "echo deeper >> out"))
		b.run(top).want(report.Failed, "n=failed")
		if got := b.file("out"); got != "deep\n" {
			t.Errorf("%q", got)
		}
	},
	"NEST-03": func(t *testing.T) {
		b := newBench(t)
		b.files["a"] = build("{name: n, action: ExecuteDocument, inputs: {document: b}}")
		b.files["b"] = build("{name: n, action: ExecuteDocument, inputs: {document: a}}")
		b.run(build("{name: n, action: ExecuteDocument, inputs: {document: a}}")).want(report.Failed, "n=failed")
		found := false
		for _, r := range b.rec.records {
			if e, ok := r.Event.(report.StepEnd); ok && strings.Contains(e.FailureMessage, "calls itself") {
				found = true
			}
		}
		if !found {
			t.Error("no step says that the document calls itself")
		}
	},
	"NEST-05": func(t *testing.T) {
		b := newBench(t)
		b.params = map[string]string{"Name": "outer", "Second": "outer"}
		b.files["inner"] = "schemaVersion: 1.0\nparameters:\n- Name: {type: string, default: d1}\n- Second: {type: string, default: d2}\nphases:\n- name: build\n  steps:\n  - " +
			sh("i", "echo {{ Name }} {{ Second }} >> out") + "\n"
		o := b.run(build("{name: n, action: ExecuteDocument, inputs: {document: inner, parameters: [{name: Name, value: given}, {name: Unknown, value: x}]}}"))
		o.want(report.Success, "n=success")
		if got := o.file("out"); got != "given d2\n" {
			t.Errorf("%q", got)
		}
	},
	"NEST-06": func(t *testing.T) {
		b := newBench(t)
		b.files["bad"] = build(sh("i", "exit 1"), sh("never", "touch never"))
		o := b.run(build("{name: n, action: ExecuteDocument, onFailure: Continue, inputs: {document: bad}}", sh("z", "test ! -e never")))
		o.want(report.Failed, "n=failed z=success").wantMessage("n", "Document bad failed!")
	},
	"NEST-07": func(t *testing.T) {
		b := newBench(t)
		b.files["inner"] = build(sh("i", "true"))
		o := b.run(build("{name: n, action: ExecuteDocument, loop: {forEach: [x, y]}, inputs: {document: inner}}"))
		o.want(report.Success, "n=success")
		if got := len(o.ends()["n"].Outputs); got != 2 {
			t.Errorf("%d summaries", got)
		}
	},
	"NEST-08": func(t *testing.T) {
		b := newBench(t)
		b.files["invalid"] = "schemaVersion: 1.0\n"
		o := b.run(build("{name: n, action: ExecuteDocument, onFailure: Continue, inputs: {document: invalid}}", "{name: m, action: ExecuteDocument, inputs: {document: missing}}"))
		o.want(report.Failed, "n=failed m=failed").wantMessage("m", `no document "missing"`)
	},
}

// TestRestartThatFails shows that a run does not end as a success when its state cannot be saved.
func TestRestartThatFails(t *testing.T) {
	b := newBench(t)
	b.options.SaveState = func(execute.State) error { return errors.New("disk full") }
	o := b.run(build(sh("s", "exit 194", carryOn, "maxAttempts: 3,"), "{name: r, action: Reboot}", sh("z", "true")))
	o.want(report.Failed, "s=failed r=success").wantMessage("s", "disk full")
	if n := count[report.StepAttempt](o, "s"); n != 1 {
		t.Errorf("%d attempts", n)
	}
}

// TestAttemptsStartClean shows that nothing of a failed attempt clings to the outputs of the next.
func TestAttemptsStartClean(t *testing.T) {
	o := newBench(t).run(build(
		sh("s", "test -e again && { echo short; exit; }; touch again; head -c 2000000 /dev/zero | tr '\\\\0' x; exit 1", "maxAttempts: 2,"),
		sh("z", "echo {{ build.s.outputs.stdout }}"),
	))
	o.want(report.Success, "s=success z=success").wantStdout("z", "short")
}

func TestTheTimeoutDoesNotApplyToReboots(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.run(build("{name: r, action: Reboot, timeoutSeconds: 1, inputs: {delaySeconds: 2}}", sh("z", "true")))
	o.want(report.Success, "r=success z=success")
	if b.reboots != 1 {
		t.Errorf("%d reboots", b.reboots)
	}
}
