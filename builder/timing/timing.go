// Package timing notes how long the parts of a command took, one by one. Parts may overlap, and one may lie in another.
package timing

import (
	"slices"
	"sync"
	"time"
)

// A Span is one part of a command.
type Span struct {
	Name     string
	Start    time.Duration // after the start of the process
	Duration time.Duration
}

// A Recorder collects spans. Its methods are safe for concurrent use and do nothing on a nil Recorder.
type Recorder struct {
	zero  time.Time
	mu    sync.Mutex
	spans []Span
}

// New returns a recorder whose command began at start.
func New(start time.Time) *Recorder { return &Recorder{zero: start} }

// Begin starts a span, which the returned function ends. A span that is not ended is not recorded.
func (r *Recorder) Begin(name string) (end func()) {
	start := time.Now()
	return func() { r.Add(name, start, time.Now()) }
}

// Add records a span whose ends are known.
func (r *Recorder) Add(name string, start, end time.Time) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spans = append(r.spans, Span{Name: name, Start: start.Sub(r.zero), Duration: end.Sub(start)})
}

// Spans returns what was recorded, in the order of the starts.
func (r *Recorder) Spans() []Span {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	spans := slices.Clone(r.spans)
	slices.SortStableFunc(spans, func(a, b Span) int { return int(a.Start - b.Start) })
	return spans
}
