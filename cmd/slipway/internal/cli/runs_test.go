package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/report"
	"github.com/slipway-oci/slipway/builder/result"
)

// record makes a run: finished with a status, or left without a result.
func (w *world) record(status result.Status) *report.Run {
	w.t.Helper()
	run, err := report.New(filepath.Join(w.home, "runs"))
	if err != nil {
		w.t.Fatal(err)
	}
	run.Send(event.Event{Time: time.Now(), Type: event.BuildStart, Recipe: "web", Version: "1.0.0/2", RunID: run.ID()})
	run.Send(event.Event{Time: time.Now(), Type: event.StepOutput, Stage: event.StageBuild, Component: "nginx", Phase: "build", Step: "S", Text: "hello"})
	dir, err := run.LogFolder(event.StageBuild, 1, "nginx")
	if err != nil {
		w.t.Fatal(err)
	}
	write(w.t, filepath.Join(dir, "console.log"), "log of nginx \x1b[2J\n")
	if status == "" {
		if err := run.Close(); err != nil {
			w.t.Fatal(err)
		}
		return run
	}
	res := &result.Result{
		Status: status, Stage: "build", Recipe: result.Recipe{Name: "web", Version: "1.0.0", Build: 2},
		Image:      &result.Image{Digest: "sha256:" + strings.Repeat("ab", 32), Reference: "web:1.0.0-2"},
		Components: []result.Component{{Name: "nginx", Version: "1.2.1", Status: "success", LogFolder: run.Relative(dir)}},
		Timings:    result.Timings{Total: result.Seconds(3 * time.Second)},
	}
	if status == result.Failed {
		res.Error = &result.Error{Code: ComponentFailed, Message: "it broke"}
	}
	if err := run.Finish(res); err != nil {
		w.t.Fatal(err)
	}
	return run
}

func TestRunsList(t *testing.T) {
	w := newWorld(t)
	if got := w.ok("runs", "list", "--format", "json"); got != "[]\n" {
		t.Errorf("list without runs = %q", got)
	}
	ids := map[string]report.State{
		w.record(result.Succeeded).ID(): report.Succeeded,
		w.record(result.Failed).ID():    report.Failed,
		w.record("").ID():               report.Interrupted,
	}
	var got []runView
	if err := json.Unmarshal([]byte(w.ok("runs", "list", "--format", "json")), &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != len(ids) {
		t.Fatalf("%d runs, want %d", len(got), len(ids))
	}
	for _, v := range got {
		if v.Status != ids[v.ID] || v.Recipe.Name != "web" || v.Recipe.Version != "1.0.0" {
			t.Errorf("run = %+v, want status %s of web 1.0.0", v, ids[v.ID])
		}
	}
	table := w.ok("runs", "list")
	for _, want := range []string{"STATUS", "succeeded", "failed", "interrupted", "sha256:abababababab"} {
		if !strings.Contains(table, want) {
			t.Errorf("the list has no %q:\n%s", want, table)
		}
	}
	if got := strings.Count(w.ok("runs", "list", "-n", "1"), "\n"); got != 2 {
		t.Errorf("list -n 1 has %d lines, want 2", got)
	}
}

func TestRunsShow(t *testing.T) {
	w := newWorld(t)
	failed := w.record(result.Failed)
	text := w.ok("runs", "show", failed.ID())
	for _, want := range []string{"Failed", "web 1.0.0/2", "nginx 1.2.1", "it broke"} {
		if !strings.Contains(text, want) {
			t.Errorf("show has no %q:\n%s", want, text)
		}
	}
	var res result.Result
	if err := json.Unmarshal([]byte(w.ok("runs", "show", "latest", "--format", "json")), &res); err != nil || res.RunID != failed.ID() {
		t.Errorf("show as JSON = %+v, %v", res, err)
	}
	interrupted := w.record("")
	if got := w.ok("runs", "show", interrupted.ID()); !strings.Contains(got, "interrupted") {
		t.Errorf("show of an interrupted run = %q", got)
	}
	var view runView
	if err := json.Unmarshal([]byte(w.ok("runs", "show", interrupted.ID(), "--format", "json")), &view); err != nil || view.Status != report.Interrupted {
		t.Errorf("show as JSON = %+v, %v", view, err)
	}
}

func TestRunsLogs(t *testing.T) {
	w := newWorld(t)
	run := w.record(result.Failed)
	if got, want := w.ok("runs", "logs"), "==> ApplyBuildComponents/01-nginx <==\nlog of nginx \x1b[2J\n"; got != want {
		t.Errorf("logs = %q, want %q: what is piped stays as it is", got, want)
	}
	if got := w.ok("runs", "logs", run.ID(), "-c", "Nginx"); !strings.Contains(got, "log of nginx") {
		t.Errorf("logs of a component = %q", got)
	}
	if got := w.ok("runs", "logs", "--events"); !strings.Contains(got, "[build nginx build/S] | hello") {
		t.Errorf("events = %q", got)
	}
	code, stdout, stderr := w.run("runs", "logs", "-c", "other")
	if code != WrongInput || stdout != "" || !strings.Contains(stderr, "--events") {
		t.Errorf("logs of a component that is not there = %d, %q, %q", code, stdout, stderr)
	}
}

func TestLogsAreCleanOnATerminal(t *testing.T) {
	w := newWorld(t)
	run := w.record(result.Failed)
	r, err := report.Open(filepath.Join(w.home, "runs"), run.ID())
	if err != nil {
		t.Fatal(err)
	}
	logs, err := r.Logs()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := writeLog(logs[0], &b, true); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsRune(b.String(), '\x1b') || !strings.Contains(b.String(), "log of nginx") {
		t.Errorf("log = %q", b.String())
	}
}

func TestRunsPrune(t *testing.T) {
	w := newWorld(t)
	for range 3 {
		w.record(result.Succeeded)
	}
	going, err := report.New(filepath.Join(w.home, "runs"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = going.Close() })
	count := func() int {
		entries, err := os.ReadDir(filepath.Join(w.home, "runs"))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, e := range entries {
			if !strings.HasPrefix(e.Name(), ".") {
				n++
			}
		}
		return n
	}
	if got := w.ok("runs", "prune", "--older-than", "1h"); got != "" || count() != 4 {
		t.Errorf("young runs are pruned: %q", got)
	}
	if w.ok("runs", "prune", "--keep", "0", "--dry-run"); count() != 4 {
		t.Error("a dry run deletes")
	}
	w.ok("runs", "prune", "--keep", "0")
	if got := w.ok("runs", "list"); count() != 1 || !strings.Contains(got, going.ID()) {
		t.Errorf("what is left: %s, want only the run that is going on", got)
	}
}
