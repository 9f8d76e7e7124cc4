package report

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// kept is a sink that keeps everything.
type kept struct{ records []Record }

func (k *kept) Record(r Record) { k.records = append(k.records, r) }
func (k *kept) Flush()          {}

func (k *kept) lines() []string {
	var list []string
	for _, r := range k.records {
		if e, ok := r.Event.(StepOutput); ok {
			text := e.Text
			if len(text) > 20 {
				text = fmt.Sprintf("%s...%d", text[:3], len(text))
			}
			if e.Partial {
				text += "+"
			}
			list = append(list, text)
		}
	}
	return list
}

func TestOutputCutsLines(t *testing.T) {
	long := strings.Repeat("x", maxLine)
	tests := []struct {
		name   string
		writes []string
		want   []string
	}{
		{"lines", []string{"a\nb\n"}, []string{"a", "b"}},
		{"no newline at the end", []string{"a\nb"}, []string{"a", "b"}},
		{"across writes", []string{"he", "llo\nwor", "ld\n"}, []string{"hello", "world"}},
		{"empty lines", []string{"\n\na\n"}, []string{"", "", "a"}},
		{"carriage return", []string{"a\r\nb\r", "\nc\r"}, []string{"a", "b", "c"}},
		{"not UTF-8", []string{"a\xffb\n"}, []string{"a\uFFFDb"}},
		{"long", []string{long + long + "y\n"}, []string{"xxx...65536+", "xxx...65536+", "y"}},
		{"long in pieces", []string{long, long, "y\n"}, []string{"xxx...65536+", "xxx...65536+", "y"}},
		{"nothing", nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var k kept
			w := NewRecorder(&Masker{}, time.Now, &k).Output(Top("id", ""), "stdout")
			for _, text := range tt.writes {
				if _, err := io.WriteString(w, text); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, k.lines()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestOutputCutsBetweenCharacters shows that a long line is not cut inside a character.
func TestOutputCutsBetweenCharacters(t *testing.T) {
	var k kept
	w := NewRecorder(&Masker{}, time.Now, &k).Output(Top("id", ""), "stdout")
	text := "a" + strings.Repeat("ä", maxLine)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, r := range k.records {
		got += r.Event.(StepOutput).Text
	}
	if got != text {
		t.Errorf("%d bytes of output became %d, or other ones", len(text), len(got))
	}
}

func TestConformance(t *testing.T) {
	t.Run("EVT-05", heartbeats)
}

func heartbeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		r := NewRecorder(&Masker{}, time.Now, NewStream(&b, func(error) {}))
		pos := Top("id", "")
		done := make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		go func() { defer close(done); r.Beat(ctx, pos) }()
		time.Sleep(10 * time.Second)
		r.Emit(pos, Log{Level: "Info", Message: "x"})
		time.Sleep(40 * time.Second) // a quiet step
		cancel()
		<-done
		if got := strings.Count(b.String(), `"type":"heartbeat"`); got != 2 {
			t.Errorf("%d heartbeats, want 2:\n%s", got, b.String())
		}
	})
}

// refusing is a writer that fails.
type refusing struct{ writes int }

func (w *refusing) Write([]byte) (int, error) { w.writes++; return 0, errors.New("gone") }

func TestStreamEndsAtItsFirstError(t *testing.T) {
	var w refusing
	var reported []error
	r := NewRecorder(&Masker{}, time.Now, NewStream(&w, func(err error) { reported = append(reported, err) }))
	for range 3 {
		r.Emit(Top("id", ""), PhaseStart{})
	}
	if w.writes != 1 || len(reported) != 1 {
		t.Errorf("%d writes, reported %v", w.writes, reported)
	}
}

// TestStreamLinesAreBounded shows that no event is longer than a reader must accept.
func TestStreamLinesAreBounded(t *testing.T) {
	var b bytes.Buffer
	r := NewRecorder(&Masker{}, time.Now, NewStream(&b, func(error) {}))
	pos := Position{ExecutionID: "id", Phase: "p", Step: "s", Iteration: -1}
	start := RunStart{Phases: []string{}, Documents: []RunDocument{{Path: "d", Phases: []RunPhase{{Name: "p"}}}}}
	outputs := []map[string]any{}
	for i := range 5000 {
		start.Documents[0].Phases[0].Steps = append(start.Documents[0].Phases[0].Steps, RunStep{Name: fmt.Sprintf("step %d", i), Action: "ExecuteBash"})
		outputs = append(outputs, map[string]any{"content": strings.Repeat("y", 100)})
	}
	r.Emit(pos, start)
	r.Emit(pos, StepEnd{Status: Success, Outputs: outputs})
	r.Emit(pos, StepLog{Level: "Info", Message: strings.Repeat("\x01", 200_000)})
	w := r.Output(pos, "stdout")
	output := strings.Repeat("\x02", 60_000)
	if _, err := io.WriteString(w, output+"\n"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	seq, text := 0, ""
	for line := range strings.Lines(b.String()) {
		seq++
		var e struct {
			Seq     int
			Text    string
			Partial bool
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		if len(line) > maxEvent || e.Seq != seq {
			t.Errorf("event %d has seq %d and %d bytes", seq, e.Seq, len(line))
		}
		text += e.Text
	}
	if text != output {
		t.Errorf("%d bytes of output became %d, or other ones", len(output), len(text))
	}
}

func TestEventsAreMasked(t *testing.T) {
	var k kept
	r := NewRecorder(masker("secret"), time.Now, &k)
	s := "my secret"
	for _, e := range []Event{
		RunStart{Documents: []RunDocument{{Path: s, Name: s}}},
		RunEnd{Summary: Summary{FailureMessage: s}},
		DocumentStart{s, s, s},
		DocumentEnd{Path: s, Name: s, FailureMessage: s},
		PhaseEnd{FailureMessage: s},
		StepAttempt{Reason: s},
		StepIteration{Value: s},
		StepLog{Message: s},
		Log{Message: s},
		Debug{s},
		StepEnd{FailureMessage: s, Outputs: []map[string]any{{"stdout": s, "files": []string{s}}}},
	} {
		r.Emit(Top("id", ""), e)
	}
	for _, rec := range k.records {
		if text := fmt.Sprintf("%+v", rec.Event); strings.Contains(text, "secret") || !strings.Contains(text, "my ***") {
			t.Errorf("%T: %s", rec.Event, text)
		}
	}
}

func BenchmarkOutput(b *testing.B) {
	line := strings.Repeat("the quick brown fox jumps over the lazy dog and goes on and on, until the line has some length.\n", 330)
	r := NewRecorder(&Masker{}, time.Now, NewConsole(io.Discard), NewStream(io.Discard, func(error) {}))
	w := r.Output(Position{ExecutionID: "id", Phase: "build", Step: "step", Attempt: 1, Iteration: -1}, "stdout")
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		_, _ = io.WriteString(w, line)
	}
}
