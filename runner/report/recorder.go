package report

import (
	"bytes"
	"context"
	"io"
	"slices"
	"sync"
	"time"
	"unicode/utf8"
)

// Record is an event with its time and place, masked.
type Record struct {
	Time     time.Time
	Position Position
	Event    Event
}

// Sink receives all records in order, one at a time. Several records may arrive before a Flush; after it they must
// have left the process. A sink keeps its errors for itself.
type Sink interface {
	Record(r Record)
	Flush()
}

// Recorder is the one way from the executor to the sinks. It is safe for concurrent use.
type Recorder struct {
	masker *Masker
	now    func() time.Time

	mu    sync.Mutex
	sinks []Sink
	last  time.Time // of the latest record
}

// NewRecorder returns a recorder that masks with masker and takes the time from now.
func NewRecorder(masker *Masker, now func() time.Time, sinks ...Sink) *Recorder {
	return &Recorder{masker: masker, now: now, sinks: sinks}
}

// Attach adds a sink; it sees what is emitted from then on.
func (r *Recorder) Attach(s Sink) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sinks = append(r.sinks, s)
}

// Detach removes a sink; it sees nothing from then on.
func (r *Recorder) Detach(s Sink) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sinks = slices.DeleteFunc(r.sinks, func(have Sink) bool { return have == s })
}

// Masker returns the masker that everything passes through.
func (r *Recorder) Masker() *Masker { return r.masker }

// Now returns the recorder's time, in UTC.
func (r *Recorder) Now() time.Time { return r.now().UTC() }

// Emit records e. It returns after every sink has it.
func (r *Recorder) Emit(pos Position, e Event) {
	if r.masker.current.Load() != nil {
		e = e.masked(r.masker.Text)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.record(pos, e)
	r.flush()
}

func (r *Recorder) record(pos Position, e Event) { r.recordAt(r.Now(), pos, e) }

func (r *Recorder) recordAt(at time.Time, pos Position, e Event) {
	r.last = at
	rec := Record{Time: at, Position: pos, Event: e}
	for _, s := range r.sinks {
		s.Record(rec)
	}
}

func (r *Recorder) flush() {
	for _, s := range r.sinks {
		s.Flush()
	}
}

// heartbeatAfter is the silence after which a heartbeat is recorded.
const heartbeatAfter = 15 * time.Second

// Beat records a heartbeat at pos whenever nothing else was recorded for a while, until ctx is done.
func (r *Recorder) Beat(ctx context.Context, pos Position) {
	r.mu.Lock()
	r.last = r.Now()
	r.mu.Unlock()
	timer := time.NewTimer(heartbeatAfter)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		r.mu.Lock()
		wait := heartbeatAfter - r.Now().Sub(r.last)
		if wait <= 0 {
			r.record(pos, Heartbeat{})
			r.flush()
			wait = heartbeatAfter
		}
		r.mu.Unlock()
		timer.Reset(wait)
	}
}

// maxLine is the length at which a line of output is continued on the next.
const maxLine = 64 << 10

// Output returns a writer that records what a command prints to stream, line by line. Secrets are masked before
// lines are cut. It keeps at most one line in memory. Close records what is left of a last line without an end.
func (r *Recorder) Output(pos Position, stream string) io.WriteCloser {
	lines := &lineWriter{recorder: r, pos: pos, stream: stream}
	return &outputWriter{mask: r.masker.Writer(lines), lines: lines}
}

type outputWriter struct {
	mu    sync.Mutex
	mask  io.WriteCloser
	lines *lineWriter
}

func (w *outputWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.mask.Write(b)
}

func (w *outputWriter) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.mask.Close()
	w.lines.end()
	return err
}

// lineWriter cuts a stream into events. All lines of one write reach the sinks under one lock and one flush.
type lineWriter struct {
	recorder *Recorder
	pos      Position
	stream   string
	rest     []byte    // the unfinished line
	at       time.Time // of the lines of one write: they came together
}

func (w *lineWriter) Write(b []byte) (int, error) {
	n := len(b)
	w.recorder.mu.Lock()
	defer w.recorder.mu.Unlock()
	w.at = w.recorder.Now()
	for len(b) > 0 {
		end := bytes.IndexByte(b, '\n')
		if end < 0 {
			w.rest = append(w.rest, b...)
			for len(w.rest) > maxLine {
				cut := cutBefore(w.rest, maxLine)
				w.emit(w.rest[:cut], true)
				w.rest = append(w.rest[:0], w.rest[cut:]...)
			}
			break
		}
		line := b[:end]
		if len(w.rest) > 0 {
			w.rest = append(w.rest, line...)
			line = w.rest
		}
		w.emitLine(line)
		w.rest = w.rest[:0]
		b = b[end+1:]
	}
	w.recorder.flush()
	return n, nil
}

// emitLine records one whole line, in pieces when it is long.
func (w *lineWriter) emitLine(line []byte) {
	line = bytes.TrimSuffix(line, []byte("\r"))
	for len(line) > maxLine {
		cut := cutBefore(line, maxLine)
		w.emit(line[:cut], true)
		line = line[cut:]
	}
	w.emit(line, false)
}

func (w *lineWriter) emit(text []byte, partial bool) {
	line := outputLine{at: w.at, pos: &w.pos, stream: w.stream, text: validText(text), partial: partial}
	w.recorder.last = w.at
	for _, s := range w.recorder.sinks {
		if lines, ok := s.(outputSink); ok {
			lines.output(line)
		} else {
			s.Record(line.record())
		}
	}
}

// outputLine is a StepOutput on its way: there may be millions of them, so they are not made into events for sinks
// that can do without. What it points to is valid only during the call.
type outputLine struct {
	at      time.Time
	pos     *Position
	stream  string
	text    []byte
	partial bool
}

func (l outputLine) record() Record {
	return Record{Time: l.at, Position: *l.pos, Event: StepOutput{Stream: l.stream, Text: string(l.text), Partial: l.partial}}
}

// outputSink is an extra ability of a Sink: it takes lines of output as they are.
type outputSink interface{ output(l outputLine) }

func (w *lineWriter) end() {
	w.recorder.mu.Lock()
	defer w.recorder.mu.Unlock()
	if len(w.rest) > 0 {
		w.at = w.recorder.Now()
		w.emitLine(w.rest)
		w.rest = nil
	}
	w.recorder.flush()
}

// cutBefore returns the largest n <= limit at which b can be cut without splitting a character.
func cutBefore(b []byte, limit int) int {
	for n := limit; n > limit-utf8.UTFMax && n > 0; n-- {
		if utf8.RuneStart(b[n]) {
			return n
		}
	}
	return limit
}

// validText is b as UTF-8; bytes that are none become U+FFFD.
func validText(b []byte) []byte {
	if utf8.Valid(b) {
		return b
	}
	return bytes.ToValidUTF8(b, []byte("\uFFFD"))
}
