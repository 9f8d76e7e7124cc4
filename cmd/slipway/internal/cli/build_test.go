package cli

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/report"
	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/builder/stage"
)

// outcome is what the build command leaves behind.
type outcome struct {
	stdout, stderr string
	code           int
}

// showOutcome shows the end of a build in which one step failed, with the given flags.
func showOutcome(ctx context.Context, t *testing.T, flags []string, res *result.Result, err error) outcome {
	t.Helper()
	var out, story strings.Builder
	a := &app{System: System{Stdout: &out, Stderr: &story, Getenv: func(string) string { return "" }}}
	var o buildOptions
	fs := pflag.NewFlagSet("build", pflag.ContinueOnError)
	o.showOptions.AddFlags(fs)
	o.files.AddFlags(fs)
	if err := fs.Parse(flags); err != nil {
		t.Fatal(err)
	}
	s := a.startShow(&o.showOptions)
	step := event.Event{Time: time.Unix(0, 0), Stage: event.StageBuild, Component: "nginx", Index: 1, Phase: "build", Step: "Install", Action: "ExecuteBash"}
	for _, change := range []func(*event.Event){
		func(e *event.Event) { e.Type = event.StepStart },
		func(e *event.Event) { e.Type, e.Text = event.StepOutput, "the last line" },
		func(e *event.Event) { e.Type, e.Status = event.StepEnd, event.Failed },
	} {
		e := step
		change(&e)
		s.Send(e)
	}
	if res != nil {
		err = errors.Join(err, o.files.write(res))
	}
	err = s.end(ctx, res, err)
	return outcome{out.String(), story.String(), exitCode(ctx, err)}
}

func built() *result.Result {
	return &result.Result{
		RunID: "20310409-071502-4f2a", Status: result.Succeeded, Stage: "publish", Recipe: result.Recipe{Name: "web", Version: "1.0.0", Build: 1},
		Image:   &result.Image{Digest: "sha256:" + strings.Repeat("ab", 32), ConfigDigest: "sha256:" + strings.Repeat("cd", 32), Reference: "web:1.0.0-1"},
		Targets: []result.Target{{Reference: "localhost:5000/web:1", Status: "pushed"}, {Reference: "localhost:5000/web:2", Status: "failed"}},
	}
}

func failed() (*result.Result, error) {
	r := built()
	r.Status, r.Stage, r.Image, r.Targets = result.Failed, "build", nil, nil
	err := &stage.Error{Code: stage.CodeComponent, Component: "nginx", Phase: "build", Step: "Install", Message: "exit code 3", Mend: "look at it"}
	r.Error = &result.Error{Code: 1, Message: err.Error()}
	return r, err
}

func TestBuildSucceeded(t *testing.T) {
	got := showOutcome(t.Context(), t, nil, built(), nil)
	if got.code != Success || got.stdout != built().Image.Digest+"\n" {
		t.Errorf("exit code %d, stdout %q: scripts read the digest alone", got.code, got.stdout)
	}
	if !strings.Contains(got.stderr, "localhost:5000/web:1") || !strings.Contains(got.stderr, "| the last line") {
		t.Errorf("stderr = %q", got.stderr)
	}
}

func TestBuildSucceededQuietly(t *testing.T) {
	if got := showOutcome(t.Context(), t, []string{"--progress", "quiet"}, built(), nil); got.stderr != "" || got.stdout == "" {
		t.Errorf("stdout %q, stderr %q", got.stdout, got.stderr)
	}
}

func TestBuildFailed(t *testing.T) {
	res, err := failed()
	got := showOutcome(t.Context(), t, []string{"--progress", "quiet"}, res, err)
	if got.code != ComponentFailed || got.stdout != "" {
		t.Errorf("exit code %d, stdout %q", got.code, got.stdout)
	}
	for _, want := range []string{"Error: component \"nginx\"", "| the last line", "Hint:  look at it", "Next:  slipway runs logs 20310409-071502-4f2a"} {
		if !strings.Contains(got.stderr, want) {
			t.Errorf("stderr has no %q:\n%s", want, got.stderr)
		}
	}
}

func TestBuildFailedAsJSON(t *testing.T) {
	res, err := failed()
	got := showOutcome(t.Context(), t, []string{"--format", "json", "--progress", "json"}, res, err)
	var read result.Result
	if err := json.Unmarshal([]byte(got.stdout), &read); err != nil || read.Error == nil || read.Error.Code != 1 {
		t.Errorf("stdout = %s (%v)", got.stdout, err)
	}
	for line := range strings.Lines(got.stderr) {
		if !json.Valid([]byte(line)) {
			t.Errorf("stderr has a line that is no JSON: %q", line)
		}
	}
	if !strings.Contains(got.stderr, "exit code 3") {
		t.Errorf("stderr does not tell the error: %s", got.stderr)
	}
}

func TestBuildWithoutAResult(t *testing.T) {
	got := showOutcome(t.Context(), t, []string{"--format", "json"}, nil, errors.New("no recipe"))
	if got.code != WrongInput || got.stdout != "" || !strings.Contains(got.stderr, "Error: no recipe") {
		t.Errorf("outcome = %+v", got)
	}
}

func TestBuildInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(Interrupt{syscall.SIGINT})
	res, _ := failed()
	res.Status = result.Cancelled
	got := showOutcome(ctx, t, nil, res, context.Canceled)
	if got.code != Interrupted || !strings.Contains(got.stderr, "Cancelled web") || !strings.Contains(got.stderr, "Error: interrupted") {
		t.Errorf("outcome = %+v", got)
	}
}

func TestBuildWritesItsFiles(t *testing.T) {
	dir := t.TempDir()
	run, err := report.New(filepath.Join(dir, "runs"))
	if err != nil {
		t.Fatal(err)
	}
	logs, err := run.LogFolder(event.StageTest, 2, "smoke")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(logs, "console.log"), "log\n")
	res := built()
	if err := run.Finish(res); err != nil {
		t.Fatal(err)
	}
	iid, metadata := filepath.Join(dir, "iid"), filepath.Join(dir, "metadata.json")
	got := showOutcome(t.Context(), t, []string{"--iidfile", iid, "--metadata-file", metadata, "--log-dir", filepath.Join(dir, "logs")}, res, nil)
	if got.code != Success {
		t.Fatalf("outcome = %+v", got)
	}
	if data, _ := os.ReadFile(iid); string(data) != res.Image.Digest {
		t.Errorf("iidfile = %q", data)
	}
	var meta map[string]string
	data, err := os.ReadFile(metadata)
	if err == nil {
		err = json.Unmarshal(data, &meta)
	}
	if err != nil || meta["containerimage.digest"] != res.Image.Digest || meta["image.name"] != "localhost:5000/web:1" {
		t.Errorf("metadata = %s, %v", data, err)
	}
	if data, err := os.ReadFile(filepath.Join(dir, "logs", res.RunID, "ApplyTestComponents", "02-smoke", "console.log")); err != nil || string(data) != "log\n" {
		t.Errorf("copied log = %q, %v", data, err)
	}
}

func TestBuildThatCannotWriteItsFiles(t *testing.T) {
	got := showOutcome(t.Context(), t, []string{"--iidfile", filepath.Join(t.TempDir(), "none", "iid")}, built(), nil)
	if got.code == Success || !strings.Contains(got.stderr, "iid") {
		t.Errorf("outcome = %+v", got)
	}
}

func TestEventsFromBeforeTheRunAreRecorded(t *testing.T) {
	dir := t.TempDir()
	run, err := report.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	a := &app{System: System{Stderr: &strings.Builder{}, Getenv: func(string) string { return "" }}}
	s := a.startShow(&showOptions{})
	s.Send(event.Event{Type: event.StageStart, Stage: event.StageResolve})
	s.record(run)
	s.Send(event.Event{Type: event.BuildStart})
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := report.Open(dir, report.Latest)
	if err != nil {
		t.Fatal(err)
	}
	var got []event.Type
	for e, err := range r.Events() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e.Type)
	}
	if len(got) != 2 || got[0] != event.StageStart || got[1] != event.BuildStart {
		t.Errorf("recorded %v", got)
	}
}
