package report

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/result"
)

var start2031 = time.Date(2031, 4, 9, 7, 15, 2, 0, time.UTC)

func begin(t *testing.T, dir string, at time.Time) *Run {
	t.Helper()
	r, err := newAt(dir, at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func open(t *testing.T, dir, ref string) Record {
	t.Helper()
	r, err := Open(dir, ref)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func events(t *testing.T, r Record) []event.Event {
	t.Helper()
	var got []event.Event
	for e, err := range r.Events() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e)
	}
	return got
}

func TestFinishedRunReadsBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs")
	run := begin(t, dir, start2031)
	code := 7
	sent := []event.Event{
		{Time: start2031, Type: event.BuildStart, Recipe: "web", RunID: run.ID()},
		{Time: start2031, Type: event.StepOutput, Stream: "stdout", Text: "tab\there\x1b[0m"},
		{Time: start2031, Type: event.StepEnd, Status: event.Failed, ExitCode: &code, Duration: time.Second},
	}
	for _, e := range sent {
		run.Send(e)
	}
	run.Send(event.Event{Type: event.Progress, Name: "layer", Current: 1})
	want := &result.Result{Status: result.Failed, Stage: "build"}
	if err := run.Finish(want); err != nil {
		t.Fatal(err)
	}
	if want.RunID != run.ID() || want.RunFolder != run.Dir() {
		t.Errorf("Finish left run id %q and folder %q", want.RunID, want.RunFolder)
	}

	got := open(t, dir, run.ID())
	if got.State != Failed {
		t.Errorf("state = %q, want failed", got.State)
	}
	if !got.Started().Equal(start2031) {
		t.Errorf("started = %v, want %v", got.Started(), start2031)
	}
	if diff := cmp.Diff(sent, events(t, got)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	res, err := got.Result()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, res); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	if left, _ := os.ReadDir(filepath.Join(dir, activeDir)); len(left) != 0 {
		t.Errorf("a finished run leaves %d locks", len(left))
	}
}

func TestSendAfterFinishIsDropped(t *testing.T) {
	dir := t.TempDir()
	run := begin(t, dir, start2031)
	run.Send(event.Event{Type: event.BuildStart})
	if err := run.Finish(&result.Result{Status: result.Succeeded}); err != nil {
		t.Fatal(err)
	}
	run.Send(event.Event{Type: event.BuildEnd})
	if got := events(t, open(t, dir, Latest)); len(got) != 1 {
		t.Errorf("%d events, want 1", len(got))
	}
}

func TestSendFromManyGoroutines(t *testing.T) {
	dir := t.TempDir()
	run := begin(t, dir, start2031)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 500 {
				run.Send(event.Event{Type: event.StepOutput, Text: strings.Repeat("x", 300)})
			}
		})
	}
	wg.Wait()
	if err := run.Finish(&result.Result{Status: result.Succeeded}); err != nil {
		t.Fatal(err)
	}
	if got := len(events(t, open(t, dir, Latest))); got != 4000 {
		t.Errorf("%d events, want 4000", got)
	}
}

func TestFinishReportsLostEvents(t *testing.T) {
	dir := t.TempDir()
	run := begin(t, dir, start2031)
	if err := run.file.Close(); err != nil {
		t.Fatal(err)
	}
	run.Send(event.Event{Type: event.BuildStart})
	run.Send(event.Event{Type: event.BuildEnd})
	err := run.Finish(&result.Result{Status: result.Succeeded})
	if err == nil || !strings.Contains(err.Error(), eventsFile) {
		t.Errorf("Finish = %v, want an error that names %s", err, eventsFile)
	}
	if got := open(t, dir, Latest); got.State != Succeeded {
		t.Errorf("state = %q: the result must be there nevertheless", got.State)
	}
}

func TestRunningAndClosedStates(t *testing.T) {
	dir := t.TempDir()
	run := begin(t, dir, start2031)
	if got := open(t, dir, Latest).State; got != Running {
		t.Errorf("state = %q, want running", got)
	}
	if err := open(t, dir, Latest).Remove(); err == nil {
		t.Error("a running run was removed")
	}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	if got := open(t, dir, Latest).State; got != Interrupted {
		t.Errorf("state = %q, want interrupted", got)
	}
	if err := open(t, dir, Latest).Remove(); err != nil {
		t.Error(err)
	}
}

// TestKilledRunIsInterrupted starts this test program as a run that never ends, and kills it.
func TestKilledRunIsInterrupted(t *testing.T) {
	if dir := os.Getenv("SLIPWAY_TEST_RUN_DIR"); dir != "" {
		run, err := New(dir)
		if err != nil {
			t.Fatal(err)
		}
		run.Send(event.Event{Type: event.BuildStart, Recipe: "web"})
		_, _ = os.Stdout.WriteString("started\n")
		select {}
	}
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestKilledRunIsInterrupted$")
	cmd.Env = append(os.Environ(), "SLIPWAY_TEST_RUN_DIR="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	if got := open(t, dir, Latest).State; got != Running {
		t.Errorf("state in the other process = %q, want running", got)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	got := open(t, dir, Latest)
	if got.State != Interrupted {
		t.Errorf("state = %q, want interrupted", got.State)
	}
	if es := events(t, got); len(es) != 1 || es[0].Recipe != "web" {
		t.Errorf("events of the killed run = %v, want its start", es)
	}
	if err := got.Remove(); err != nil {
		t.Error(err)
	}
	if rs, err := List(dir); err != nil || len(rs) != 0 {
		t.Errorf("List = %v, %v after Remove", rs, err)
	}
}

func TestIDsDoNotCollide(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 40 {
				if r, err := newAt(dir, start2031); err != nil {
					t.Error(err)
				} else if err := r.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	ids, err := list(dir)
	if err != nil || len(ids) != 320 {
		t.Errorf("%d runs (%v), want 320", len(ids), err)
	}
}

func TestStartRefusesATakenID(t *testing.T) {
	dir := t.TempDir()
	run := begin(t, dir, start2031)
	if _, err := start(dir, run.ID()); !errors.Is(err, os.ErrExist) {
		t.Errorf("second start of a running id: %v, want ErrExist", err)
	}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := start(dir, run.ID()); !errors.Is(err, os.ErrExist) {
		t.Errorf("second start of an ended id: %v, want ErrExist", err)
	}
}

func TestListIsNewestFirst(t *testing.T) {
	dir := t.TempDir()
	var want []string
	for _, d := range []time.Duration{0, 48 * time.Hour, time.Minute} {
		run := begin(t, dir, start2031.Add(d))
		want = append(want, run.ID())
	}
	want = []string{want[1], want[2], want[0]}
	if err := os.MkdirAll(filepath.Join(dir, "not-a-run"), 0o755); err != nil {
		t.Fatal(err)
	}
	rs, err := List(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rs {
		got = append(got, r.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("List (-want +got):\n%s", diff)
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(dir, Latest); !errors.Is(err, ErrNotFound) {
		t.Errorf("latest without runs: %v", err)
	}
	a, b := begin(t, dir, start2031), begin(t, dir, start2031.Add(time.Second))
	tests := []struct{ ref, want string }{
		{"", `run "": no such run`},
		{"2032", `run "2032": no such run`},
		{"../" + a.ID(), `run "../` + a.ID() + `": no such run`},
		{"2031", `run "2031": 2 runs begin so`},
	}
	for _, tt := range tests {
		_, err := Open(dir, tt.ref)
		if err == nil || err.Error() != tt.want {
			t.Errorf("Open(%q) = %v, want %s", tt.ref, err, tt.want)
		}
		if h, ok := err.(interface{ Hint() string }); !ok || h.Hint() == "" {
			t.Errorf("Open(%q) gives no hint", tt.ref)
		}
	}
	if got := open(t, dir, b.ID()[:15]); got.ID != b.ID() {
		t.Errorf("Open(prefix) = %s, want %s", got.ID, b.ID())
	}
}

func TestEventsLeaveOutACutLine(t *testing.T) {
	dir := t.TempDir()
	run := begin(t, dir, start2031)
	run.Send(event.Event{Type: event.BuildStart})
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(run.Dir(), eventsFile)
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"type":"step.out`); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if got := events(t, open(t, dir, Latest)); len(got) != 1 {
		t.Errorf("%d events, want 1", len(got))
	}
}

func TestLogFolders(t *testing.T) {
	dir := t.TempDir()
	run := begin(t, dir, start2031)
	tests := []struct {
		stage     event.Stage
		index     int
		component string
		want      string
	}{
		{event.StageBuild, 1, "nginx", "ApplyBuildComponents/01-nginx"},
		{event.StageBuild, 12, "My Web_App", "ApplyBuildComponents/12-my-web-app"},
		{event.StageTest, 2, "../../etc/passwd", "ApplyTestComponents/02--..-etc-passwd"},
		{StageHostTest, 3, "ä/..", "ApplyContainerHostTests/03---"},
		{event.StageTest, 100, "..", "ApplyTestComponents/100-unnamed"},
	}
	for _, tt := range tests {
		got, err := run.LogFolder(tt.stage, tt.index, tt.component)
		if err != nil {
			t.Errorf("LogFolder(%q): %v", tt.component, err)
			continue
		}
		if rel := run.Relative(got); rel != tt.want {
			t.Errorf("LogFolder(%q) = %s, want %s", tt.component, rel, tt.want)
		}
		if info, err := os.Stat(got); err != nil || !info.IsDir() {
			t.Errorf("LogFolder(%q) made no folder: %v", tt.component, err)
		}
	}
	logs, err := open(t, dir, Latest).Logs()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range logs {
		got = append(got, run.Relative(l.Dir))
	}
	want := []string{
		tests[0].want, tests[1].want, tests[2].want, tests[4].want, tests[3].want,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Logs (-want +got):\n%s", diff)
	}
}
