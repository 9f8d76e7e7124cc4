package timing

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSpansAreInTheOrderOfTheirStarts(t *testing.T) {
	zero := time.Unix(1000, 0)
	r := New(zero)
	r.Add("second", zero.Add(2*time.Second), zero.Add(5*time.Second))
	r.Add("first", zero.Add(time.Second), zero.Add(4*time.Second))
	want := []Span{{"first", time.Second, 3 * time.Second}, {"second", 2 * time.Second, 3 * time.Second}}
	if diff := cmp.Diff(want, r.Spans()); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
}

func TestNilRecorderDoesNothing(t *testing.T) {
	var r *Recorder
	r.Begin("part")()
	if got := r.Spans(); got != nil {
		t.Errorf("Spans() = %v, want none", got)
	}
}

func TestProcessStartIsBeforeNow(t *testing.T) {
	if start := ProcessStart(); start.After(time.Now()) || time.Since(start) > time.Hour {
		t.Errorf("ProcessStart() = %v", start)
	}
}
