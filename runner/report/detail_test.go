package report

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// story emits a run with one finished step, and one that runs a nested document.
func story(r *Recorder) {
	top := Top("top", "")
	r.Emit(top, RunStart{})
	top.Document = 0
	r.Emit(top, DocumentStart{Path: "d.yaml", Name: "D"})
	top.Phase = "build"
	r.Emit(top, PhaseStart{})
	top.Step = "one"
	r.Emit(top, StepStart{Action: "A", Inputs: "[]", MaxAttempts: 1})
	r.Emit(top, StepEnd{Status: Success, Attempts: 1, Outputs: []map[string]any{{"stdout": strings.Repeat("<x>", 5000)}}})
	top.Step = "two"
	r.Emit(top, StepStart{Action: "ExecuteDocument", Inputs: "[]", MaxAttempts: 1, Loop: &LoopInfo{Name: "L", Type: "for"}})
	inner := Position{ExecutionID: "inner", ParentID: "top", Iteration: -1}
	r.Emit(inner, DocumentStart{Path: "i.yaml"})
	inner.Phase = "test"
	r.Emit(inner, PhaseStart{})
	inner.Step = "deep"
	r.Emit(inner, StepStart{Action: "B"})
}

// ending finishes what story began.
func ending(r *Recorder) {
	inner := Position{ExecutionID: "inner", ParentID: "top", Phase: "test", Step: "deep", Iteration: -1}
	r.Emit(inner, StepEnd{Status: Failed, FailureMessage: "no"})
	r.Emit(inner, PhaseEnd{Status: Failed, FailureMessage: "Phase test failed!"})
	r.Emit(inner, DocumentEnd{Path: "i.yaml", Status: Failed, FailureMessage: "Document i.yaml failed!"})
	top := Position{ExecutionID: "top", Phase: "build", Step: "two", Iteration: -1}
	r.Emit(top, StepEnd{Status: IgnoredFailure, Attempts: 1, Iterations: 3})
	r.Emit(top, PhaseEnd{Status: SuccessIgnored})
	r.Emit(top, DocumentEnd{Path: "d.yaml", Status: SuccessIgnored})
	r.Emit(top, RunEnd{Summary: Summary{Status: SuccessIgnored}})
}

func still() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC) }

// TestDetailIsPlainJSON shows that the pieces of the file join to what encoding/json writes for the whole.
func TestDetailIsPlainJSON(t *testing.T) {
	path := filepath.Join(t.TempDir(), "detail.json")
	d, err := NewDetail(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := NewRecorder(&Masker{}, still, d)
	check := func(when string) {
		t.Helper()
		if err := d.Sync(); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var root rootNode
		if err := json.Unmarshal(text, &root); err != nil {
			t.Fatalf("%s: %v\n%s", when, err, text)
		}
		var b strings.Builder
		if err := encodeIndented(&b, root, ""); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(b.String(), string(text)); diff != "" {
			t.Errorf("%s: %s", when, diff)
		}
	}
	story(r)
	check("in the middle")
	ending(r)
	check("at the end")
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestDetailGoesOnBehindRestart shows that a restored tree ends as one that was never interrupted.
func TestDetailGoesOnBehindRestart(t *testing.T) {
	finish := func(saved json.RawMessage, tell func(*Recorder)) (string, json.RawMessage) {
		path := filepath.Join(t.TempDir(), "detail.json")
		d, err := NewDetail(path, saved)
		if err != nil {
			t.Fatal(err)
		}
		tell(NewRecorder(&Masker{}, still, d))
		snapshot, err := d.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text), snapshot
	}
	want, _ := finish(nil, func(r *Recorder) { story(r); ending(r) })
	_, saved := finish(nil, story)
	got, _ := finish(saved, func(r *Recorder) {
		top := Position{ExecutionID: "top", Iteration: -1}
		r.Emit(top, RunStart{Resumed: true})
		r.Emit(top, DocumentStart{Path: "d.yaml"})
		top.Phase, top.Step = "build", "two"
		r.Emit(top, PhaseStart{})
		r.Emit(top, StepStart{Action: "ExecuteDocument"})
		r.Emit(Position{ExecutionID: "inner", ParentID: "top", Phase: "test"}, DocumentStart{Path: "i.yaml"})
		r.Emit(Position{ExecutionID: "inner", ParentID: "top", Phase: "test"}, PhaseStart{})
		r.Emit(Position{ExecutionID: "inner", ParentID: "top", Phase: "test", Step: "deep"}, StepStart{Action: "B"})
		ending(r)
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRestoreRefusesDamage(t *testing.T) {
	for _, text := range []string{"{", `{"documents": 3}`, `[]`} {
		if _, err := NewDetail(filepath.Join(t.TempDir(), "d"), json.RawMessage(text)); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
}

// BenchmarkDetail shows what one of ten thousand steps costs with the file kept up to date.
func BenchmarkDetail(b *testing.B) {
	d, err := NewDetail(filepath.Join(b.TempDir(), "detail.json"), nil)
	if err != nil {
		b.Fatal(err)
	}
	r := NewRecorder(&Masker{}, time.Now, d)
	pos := Top("id", "")
	r.Emit(pos, RunStart{})
	pos.Document = 0
	r.Emit(pos, DocumentStart{Path: "d"})
	pos.Phase = "p"
	r.Emit(pos, PhaseStart{})
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		pos.Step = fmt.Sprint("step", i)
		r.Emit(pos, StepStart{Action: "CreateFile", MaxAttempts: 1, Inputs: `[{"path":"/a/b/c","content":"some text"}]`})
		r.Emit(pos, StepEnd{Status: Success, Attempts: 1})
	}
	b.StopTimer()
	if err := d.Close(); err != nil {
		b.Fatal(err)
	}
}
