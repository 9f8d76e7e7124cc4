package runlog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/result"
)

const stream = `{"v":1,"seq":1,"time":"2031-04-09T07:15:02.000001Z","type":"run.start","executionId":"e"}
{"v":1,"seq":2,"time":"2031-04-09T07:15:02.1Z","type":"phase.start","phase":"build"}
{"v":1,"seq":3,"time":"2031-04-09T07:15:02.2Z","type":"step.start","phase":"build","step":"Install","action":"ExecuteBash"}
{"v":1,"seq":4,"time":"2031-04-09T07:15:02.2Z","type":"step.attempt","phase":"build","step":"Install","attempt":1,"of":2}
{"v":1,"seq":5,"time":"2031-04-09T07:15:02.3Z","type":"step.output","phase":"build","step":"Install","stream":"stdout","text":"Reading lists"}
{"v":1,"seq":6,"time":"2031-04-09T07:15:02.4Z","type":"step.attempt","phase":"build","step":"Install","attempt":2,"of":2,"reason":"exit code 100"}
not of the runner
{"v":1,"seq":7,"time":"2031-04-09T07:15:03Z","type":"step.end","phase":"build","step":"Install","status":"failed","durationMs":800,"attempts":2,"exitCode":100,"failureMessage":"ExecuteBash: exit code 100"}
{"v":1,"seq":8,"time":"2031-04-09T07:15:03Z","type":"phase.end","phase":"build","status":"failed","durationMs":900}
{"v":1,"seq":9,"time":"2031-04-09T07:15:03Z","type":"run.end","status":"failed"}
`

func TestDecoderTranslatesTheStream(t *testing.T) {
	code := 100
	want := []event.Event{
		{Type: event.PhaseStart, Phase: "build"},
		{Type: event.StepStart, Phase: "build", Step: "Install", Action: "ExecuteBash"},
		{Type: event.StepOutput, Phase: "build", Step: "Install", Stream: "stdout", Text: "Reading lists"},
		{Type: event.StepAttempt, Phase: "build", Step: "Install", Attempt: 2, Of: 2, Message: "exit code 100"},
		{Type: event.StepOutput, Stream: "stderr", Text: "not of the runner"},
		{
			Type: event.StepEnd, Phase: "build", Step: "Install", Status: event.Failed, Duration: 800 * time.Millisecond,
			Attempt: 2, ExitCode: &code, Message: "ExecuteBash: exit code 100",
		},
		{Type: event.PhaseEnd, Phase: "build", Status: event.Failed, Duration: 900 * time.Millisecond},
	}
	for i := range want {
		want[i].Component = "web"
	}
	for _, size := range []int{1, 7, 64, len(stream)} {
		var got []event.Event
		d := Decoder{
			Base: func(int) event.Event { return event.Event{Component: "web"} },
			Sink: event.Func(func(e event.Event) { got = append(got, e) }),
		}
		for rest := stream; rest != ""; {
			n := min(size, len(rest))
			_, _ = d.Write([]byte(rest[:n]))
			rest = rest[n:]
		}
		_ = d.Close()
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(event.Event{}, "Time")); diff != "" {
			t.Errorf("stream in pieces of %d bytes (-want +got):\n%s", size, diff)
		}
	}
}

func TestDecoderCountsRunsAndHidesNestedSteps(t *testing.T) {
	lines := []string{
		`{"v":1,"type":"run.start","time":"2031-04-09T07:15:02Z"}`,
		`{"v":1,"type":"step.start","step":"Call","time":"2031-04-09T07:15:02Z"}`,
		`{"v":1,"type":"run.start","parentExecutionId":"e","time":"2031-04-09T07:15:02Z"}`,
		`{"v":1,"type":"step.start","step":"Inner","parentExecutionId":"e","time":"2031-04-09T07:15:02Z"}`,
		`{"v":1,"type":"step.output","step":"Inner","text":"hello","parentExecutionId":"e","time":"2031-04-09T07:15:02Z"}`,
		`{"v":1,"type":"run.end","parentExecutionId":"e","status":"success","time":"2031-04-09T07:15:02Z"}`,
		`{"v":1,"type":"run.end","status":"success","time":"2031-04-09T07:15:02Z"}`,
		`{"v":1,"type":"run.start","time":"2031-04-09T07:15:02Z"}`,
		`{"v":1,"type":"step.start","step":"Second","time":"2031-04-09T07:15:02Z"}`,
	}
	var got []string
	d := Decoder{
		Base: func(run int) event.Event { return event.Event{Index: run} },
		Sink: event.Func(func(e event.Event) {
			got = append(got, string(e.Type)+" "+e.Step+" "+e.Text+" "+string(rune('0'+e.Index)))
		}),
	}
	_, _ = d.Write([]byte(strings.Join(lines, "\n") + "\n"))
	want := []string{"step.start Call  0", "step.output Inner hello 0", "step.start Second  1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestDecoderBoundsALine(t *testing.T) {
	n := 0
	d := Decoder{Base: func(int) event.Event { return event.Event{} }, Sink: event.Func(func(event.Event) { n++ })}
	_, _ = d.Write(make([]byte, maxLine+2))
	if n != 1 || len(d.rest) != 0 {
		t.Errorf("a line without end: %d events, %d bytes kept", n, len(d.rest))
	}
}

const detail = `{
    "executionId": "e", "status": "failed", "startTime": "2031-04-09T07:15:02.000Z", "endTime": "2031-04-09T07:15:04.500Z",
    "failureMessage": "Document web.yaml failed!",
    "documents": [{"name": "web", "phases": [{"name": "build", "status": "failed",
        "startTime": "2031-04-09T07:15:02.000Z", "endTime": "2031-04-09T07:15:04.000Z", "steps": [
        {"name": "One", "status": "success", "action": "CreateFile", "attempts": 1, "exitCode": null,
         "startTime": "2031-04-09T07:15:02.000Z", "endTime": "2031-04-09T07:15:02.250Z"},
        {"name": "Two", "status": "failed", "action": "ExecuteBash", "attempts": 2, "exitCode": 3, "failureMessage": "exit code 3",
         "startTime": "2031-04-09T07:15:02.250Z", "endTime": "2031-04-09T07:15:04.000Z"}]}]}]
}`

func readDetail(t *testing.T, text string) (*Detail, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, DetailFile), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Read(dir)
}

func TestReadGivesPhasesAndTheFailedStep(t *testing.T) {
	d, err := readDetail(t, detail)
	if err != nil {
		t.Fatal(err)
	}
	code := 3
	want := []result.Phase{{Name: "build", Status: "failed", Steps: []result.Step{
		{Name: "One", Action: "CreateFile", Status: "success", Attempts: 1, Duration: result.Seconds(250 * time.Millisecond)},
		{
			Name: "Two", Action: "ExecuteBash", Status: "failed", Attempts: 2, ExitCode: &code, FailureMessage: "exit code 3",
			Duration: result.Seconds(1750 * time.Millisecond),
		},
	}}}
	if diff := cmp.Diff(want, d.Result()); diff != "" {
		t.Errorf("phases (-want +got):\n%s", diff)
	}
	phase, step, ok := d.FailedStep()
	if phase != "build" || step.Name != "Two" || !ok {
		t.Errorf("FailedStep() = %q, %q, %v", phase, step.Name, ok)
	}
	if d.Duration() != 2500*time.Millisecond {
		t.Errorf("Duration() = %v", d.Duration())
	}
}

func TestReadRefusesACutFile(t *testing.T) {
	if _, err := readDetail(t, detail[:100]); err == nil || !strings.Contains(err.Error(), DetailFile) {
		t.Errorf("Read of a cut file: %v", err)
	}
}

func TestReplayTellsEveryStartAndEnd(t *testing.T) {
	d, err := readDetail(t, detail)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	d.Replay(event.Event{Cached: true}, event.Func(func(e event.Event) {
		if !e.Cached {
			t.Errorf("%s is not marked as cached", e.Type)
		}
		got = append(got, string(e.Type)+" "+e.Step)
	}))
	want := []string{"phase.start ", "step.start One", "step.end One", "step.start Two", "step.end Two", "phase.end "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}
