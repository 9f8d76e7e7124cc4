// Package runlog reads what the runner tells: its event stream (JSON Lines) while it runs, and its
// detailedoutput.json afterwards, also of a run that a cached component did long ago. Formats: component-document
// reference, 8.3 and 9.3.
package runlog

import (
	"bytes"
	"encoding/json"
	"sync"
	"time"

	"github.com/slipway-oci/slipway/builder/event"
)

// maxLine bounds a line of the stream; the runner writes at most 64 KiB.
const maxLine = 1 << 20

// Decoder turns the runner's event stream into build events. It is an io.Writer that takes the stream in any pieces.
// A line that is no event is passed on as output, so nothing that a container prints is lost.
type Decoder struct {
	// Base has the fields that every event gets: stage, component, index.
	Base func(run int) event.Event
	Sink event.Sink
	// RunEnded is called at the end of each run of the stream, may be nil.
	RunEnded func(run int, status string)

	mu   sync.Mutex
	rest []byte
	run  int // runs begun so far, minus one
	seen bool
}

// Write takes a piece of the stream. It never fails.
func (d *Decoder) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rest = append(d.rest, p...)
	for {
		i := bytes.IndexByte(d.rest, '\n')
		if i < 0 {
			break
		}
		d.line(d.rest[:i])
		d.rest = d.rest[i+1:]
	}
	if len(d.rest) > maxLine {
		d.line(d.rest)
		d.rest = nil
	}
	return len(p), nil
}

// Close takes what is left as a last line.
func (d *Decoder) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.rest) > 0 {
		d.line(d.rest)
		d.rest = nil
	}
	return nil
}

// record is one line of the runner's stream, as far as it matters here.
type record struct {
	V           int       `json:"v"`
	Time        time.Time `json:"time"`
	Type        string    `json:"type"`
	ParentID    string    `json:"parentExecutionId"`
	Phase       string    `json:"phase"`
	Step        string    `json:"step"`
	Attempt     int       `json:"attempt"`
	Action      string    `json:"action"`
	Status      string    `json:"status"`
	DurationMs  float64   `json:"durationMs"`
	Failure     string    `json:"failureMessage"`
	Attempts    int       `json:"attempts"`
	ExitCode    *int      `json:"exitCode"`
	Of          int       `json:"of"`
	Reason      string    `json:"reason"`
	Stream      string    `json:"stream"`
	Text        string    `json:"text"`
	Level       string    `json:"level"`
	Message     string    `json:"message"`
	Decision    string    `json:"decision"`
	Iteration   int       `json:"iteration"`
	Value       string    `json:"value"`
	MaxAttempts int       `json:"maxAttempts"`
}

func (d *Decoder) line(line []byte) {
	var r record
	if err := json.Unmarshal(line, &r); err != nil || r.V == 0 || r.Type == "" {
		if len(bytes.TrimSpace(line)) > 0 {
			e := d.base(time.Now())
			e.Type, e.Stream, e.Text = event.StepOutput, "stderr", string(line)
			d.Sink.Send(e)
		}
		return
	}
	nested := r.ParentID != ""
	switch r.Type {
	case "run.start":
		if !nested && d.seen {
			d.run++
		}
		d.seen = true
	case "run.end":
		if !nested && d.RunEnded != nil {
			d.RunEnded(d.run, r.Status)
		}
	default:
		if e, ok := d.event(r, nested); ok {
			d.Sink.Send(e)
		}
	}
}

func (d *Decoder) base(at time.Time) event.Event {
	e := d.Base(d.run)
	e.Time = at
	return e
}

// event translates one record. Phases and steps of nested documents show only their output and messages: the step
// that runs the document stands for them.
func (d *Decoder) event(r record, nested bool) (event.Event, bool) {
	e := d.base(r.Time)
	e.Phase, e.Step = r.Phase, r.Step
	switch r.Type {
	case "phase.start":
		e.Type = event.PhaseStart
	case "phase.end":
		e.Type, e.Status, e.Duration = event.PhaseEnd, event.Status(r.Status), millis(r.DurationMs)
	case "step.start":
		e.Type, e.Action = event.StepStart, r.Action
	case "step.attempt":
		e.Type, e.Attempt, e.Of, e.Message = event.StepAttempt, r.Attempt, r.Of, r.Reason
		return e, r.Attempt > 1 && !nested
	case "step.output":
		e.Type, e.Stream, e.Text = event.StepOutput, r.Stream, r.Text
		return e, true
	case "step.log":
		e.Type, e.Level, e.Message = event.StepLog, r.Level, r.Message
		return e, true
	case "step.end":
		e.Type, e.Status, e.Duration = event.StepEnd, event.Status(r.Status), millis(r.DurationMs)
		e.Attempt, e.ExitCode, e.Message = r.Attempts, r.ExitCode, r.Failure
	case "reboot":
		e.Type, e.Level, e.Message = event.StepLog, "info", "restart requested: all other processes of the container were ended"
		return e, true
	case "log":
		e.Type, e.Level, e.Message = event.Log, r.Level, r.Message
		return e, true
	default:
		return e, false
	}
	return e, !nested
}

func millis(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }
