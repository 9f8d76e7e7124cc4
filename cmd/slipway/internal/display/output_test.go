package display

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/golden"
)

func show(mode Mode, style Style, moments []moment) string {
	var b strings.Builder
	d := New(mode, &b, Options{Style: style})
	for _, m := range moments {
		m.e.Time = began.Add(m.at)
		d.Send(m.e)
	}
	_ = d.Close()
	return b.String()
}

func TestPlain(t *testing.T) { golden.Check(t, show(Plain, Style{}, story())) }

func TestPlainInColour(t *testing.T) { golden.Check(t, show(Plain, Style{Colour: true}, story())) }

func TestPlainNamesThePlatform(t *testing.T) {
	got := show(Plain, Style{}, []moment{{ms(1500), event.Event{
		Type: event.StepOutput, Platform: "linux/arm64", Stage: "test", Component: "smoke", Phase: "test", Step: "Ping", Text: "pong",
	}}})
	if want := "    0.00s [linux/arm64 test smoke test/Ping] | pong\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPlainTellsOfALongTransferNowAndThen(t *testing.T) {
	var moments []moment
	for i := range 260 {
		moments = append(moments, moment{ms(i * 100), event.Event{
			Type: event.Progress, Stage: "publish", Name: "layer sha256:" + strings.Repeat("ab", 32), Current: int64(i) * 1_000_000, Total: 500_000_000,
		}})
	}
	got := show(Plain, Style{}, moments)
	want := "   10.00s [publish] layer sha256:abababababab 100.0 MB of 500.0 MB\n" +
		"   20.00s [publish] layer sha256:abababababab 200.0 MB of 500.0 MB\n"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestQuietWritesNothing(t *testing.T) {
	if got := show(Quiet, Style{}, story()); got != "" {
		t.Errorf("quiet wrote %q", got)
	}
}

func TestJSONLinesReadBack(t *testing.T) {
	moments := story()
	lines := strings.Split(strings.TrimSpace(show(JSON, Style{}, moments)), "\n")
	if len(lines) != len(moments) {
		t.Fatalf("%d lines, want %d", len(lines), len(moments))
	}
	for i, l := range lines {
		if strings.ContainsFunc(l, unsafe) {
			t.Errorf("line %d holds control characters: %q", i, l)
		}
		var got event.Event
		if err := json.Unmarshal([]byte(l), &got); err != nil {
			t.Errorf("line %d: %v", i, err)
		}
		if want := strings.ToValidUTF8(moments[i].e.Text, "\ufffd"); got.Type != moments[i].e.Type || got.Text != want {
			t.Errorf("line %d is %s %q, want %s %q", i, got.Type, got.Text, moments[i].e.Type, want)
		}
	}
}

func TestFailuresKeepTheLastOutput(t *testing.T) {
	var f Failures
	e := event.Event{Stage: "build", Component: "c", Index: 1, Phase: "build", Step: "S", Action: "ExecuteBash"}
	send := func(typ event.Type, change func(*event.Event)) {
		e := e
		e.Type = typ
		if change != nil {
			change(&e)
		}
		f.Send(e)
	}
	send(event.StepStart, nil)
	send(event.StepOutput, func(e *event.Event) { e.Text = "of the first attempt" })
	send(event.StepAttempt, func(e *event.Event) { e.Attempt = 2 })
	for i := range 25 {
		send(event.StepOutput, func(e *event.Event) { e.Text = fmt.Sprint("line ", i) })
	}
	send(event.StepEnd, func(e *event.Event) { e.Status, e.ExitCode = event.Failed, new(3) })
	send(event.StepStart, func(e *event.Event) { e.Step = "T" })
	send(event.StepEnd, func(e *event.Event) { e.Step, e.Status = "T", event.Success })
	all := f.All()
	if len(all) != 1 || all[0].Step != "S" || all[0].Attempt != 2 || *all[0].ExitCode != 3 {
		t.Fatalf("failures = %+v, want S with exit code 3 in attempt 2", all)
	}
	if got := all[0].Output; len(got) != tailLines || got[0] != "line 15" || got[tailLines-1] != "line 24" {
		t.Errorf("output = %q, want lines 15 to 24", got)
	}
	if len(f.running) != 0 {
		t.Errorf("%d steps are still remembered", len(f.running))
	}
}

// hinted is an error with a hint.
type hinted struct{ text, hint string }

func (h hinted) Error() string { return h.text }
func (h hinted) Hint() string  { return h.hint }

// coded adds only an exit code.
type coded struct{ error }

func (c coded) Unwrap() error { return c.error }

func problems() error {
	return coded{errors.Join(
		hinted{`recipe.yaml:9:15: component "ngnix/1.x.x" not found`, `did you mean "nginx" (1.0.0, 1.2.1)? List them with: slipway component list`},
		errors.New("recipe.yaml:12:3: unknown key \"parentimage\"\nsecond line\x1b[2J"),
		fmt.Errorf("read: %w", hinted{"denied", "log in with: slipway login"}),
	)}
}

func TestWriteError(t *testing.T) {
	var b strings.Builder
	WriteError(&b, problems(), Style{})
	golden.Check(t, b.String())
}

func TestHintsOfAPrefixedJoin(t *testing.T) {
	err := fmt.Errorf("build: %w", errors.Join(hinted{"a", "do x"}, hinted{"b", "do x"}, hinted{"c", "do y"}))
	if got := fmt.Sprint(Hints(err)); got != "[do x do y]" {
		t.Errorf("Hints = %s", got)
	}
	if got := Flatten(err); len(got) != 1 {
		t.Errorf("Flatten gives %d errors: the prefix is lost", len(got))
	}
}

func TestFlattenKeepsTheHintOfAWrapper(t *testing.T) {
	err := hintedJoin{errors.Join(errors.New("a"), errors.New("b"))}
	if got := Flatten(err); len(got) != 1 || Hints(got[0])[0] != "of all" {
		t.Errorf("Flatten = %v", got)
	}
}

type hintedJoin struct{ error }

func (h hintedJoin) Unwrap() error { return h.error }
func (hintedJoin) Hint() string    { return "of all" }

func record() *result.Result {
	return &result.Result{
		RunID: "20310409-071502-4f2a", Status: result.Succeeded, Stage: "publish", RunFolder: "/data/runs/20310409-071502-4f2a",
		Recipe: result.Recipe{Name: "web-base", Version: "1.4.0", Build: 3},
		Parent: result.Parent{Reference: "docker.io/library/debian:12"},
		Image: &result.Image{
			Digest: "sha256:" + strings.Repeat("ab", 32), Platforms: []string{"linux/amd64", "linux/arm64"}, Size: 45_200_000,
			Reference: "web-base:1.4.0-3",
		},
		Targets: []result.Target{
			{Reference: "localhost:5000/web-base:1.4.0-3", Status: "pushed"},
			{Reference: "localhost:5000/web-base:stable", Status: "present"},
		},
		Components: []result.Component{
			{Name: "nginx", Version: "1.2.1", Cached: true, Status: "success"},
			{Name: "tools", Version: "0.0.0", Status: "success", Duration: result.Seconds(ms(3100)), Phases: []result.Phase{
				{Name: "build", Status: "success", Steps: []result.Step{
					{Name: "Folder", Action: "CreateFolder", Status: "success", Attempts: 1},
					{Name: "Install", Action: "ExecuteBash", Status: "success", Duration: result.Seconds(ms(3000)), Attempts: 2},
				}},
			}},
		},
		Tests:    []result.Component{{Name: "smoke", Status: "success", Duration: result.Seconds(ms(900))}},
		Timings:  result.Timings{Resolve: result.Seconds(ms(400)), Build: result.Seconds(ms(3200)), Commit: result.Seconds(ms(800)), Test: result.Seconds(ms(900)), Publish: result.Seconds(ms(500)), Total: result.Seconds(ms(5800))},
		Warnings: []string{`component "nginx/1.x.x" is deprecated`},
	}
}

func failedRecord() *result.Result {
	r := record()
	r.Status, r.Stage, r.Image, r.Targets, r.Warnings = result.Failed, "build", nil, nil, nil
	r.Components[1].Status, r.Components[1].LogFolder = "failed", "ApplyBuildComponents/02-tools"
	r.Components[1].Phases[0].Steps[1].Status = "failed"
	r.Components[1].Phases[0].Steps[1].ExitCode = new(100)
	r.Components[1].Phases[0].Steps[1].FailureMessage = "exit code 100"
	r.Tests = nil
	r.Timings = result.Timings{Build: result.Seconds(ms(1100)), Total: result.Seconds(ms(2700))}
	return r
}

func TestSummary(t *testing.T) {
	var b strings.Builder
	WriteSummary(&b, record(), Style{})
	WriteSteps(&b, record(), Style{})
	golden.Check(t, b.String())
}

func TestSummaryOfAFailure(t *testing.T) {
	var b strings.Builder
	WriteSummary(&b, failedRecord(), Style{})
	WriteSteps(&b, failedRecord(), Style{})
	golden.Check(t, b.String())
}

func TestWriteFailure(t *testing.T) {
	var f Failures
	for _, m := range story() {
		f.Send(m.e)
	}
	var b strings.Builder
	WriteFailure(&b, Outcome{
		Err:    hinted{`build: component "tools": step "Install": exit code 100`, "see what apt-get says"},
		Result: failedRecord(), Steps: f.All(), Logs: FailedLogs(failedRecord()),
	}, Style{})
	golden.Check(t, b.String())
}

func TestWriteFailureOfAPush(t *testing.T) {
	r := record()
	r.Status = result.Failed
	r.Targets[1] = result.Target{Reference: "registry.example/web-base:stable", Status: "failed", Message: "401 Unauthorized"}
	var b strings.Builder
	WriteFailure(&b, Outcome{Err: errors.New(`publish: registry.example/web-base:stable: 401 Unauthorized`), Result: r}, Style{})
	golden.Check(t, b.String())
}

func TestWriteJSONEscapesControls(t *testing.T) {
	var b strings.Builder
	if err := WriteJSON(&b, map[string]string{"a": "<\u009b2J\x7f\x1b[m>"}); err != nil {
		t.Fatal(err)
	}
	if want := "{\n  \"a\": \"<\\u009b2J\\u007f\\u001b[m>\"\n}\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestDifferenceToTheImageBefore(t *testing.T) {
	for _, tt := range []struct {
		change result.Change
		want   string
	}{
		{result.Change{Reference: "web:1.0.0-1", Size: 1_200_000}, "web:1.0.0-1: +1.2 MB"},
		{result.Change{Reference: "web:1.0.0-1", Size: -999, Components: []result.ComponentChange{
			{Component: "same"}, {Component: "more", Bytes: 1500, Files: 1}, {Component: "less", Bytes: -10, Files: -2}, {Component: "old", Bytes: -5, Gone: true},
		}}, "web:1.0.0-1: -999 B; more +1.5 kB, +1 file; less -10 B, -2 files; old gone"},
	} {
		if got := sinceText(tt.change); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}
