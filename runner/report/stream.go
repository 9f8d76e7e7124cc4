package report

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"
)

// maxEvent is the largest size of one line of the stream, with its newline.
const maxEvent = 64 << 10

// Stream is the sink that writes events as JSON Lines (component-document reference 9.3). The first error of its
// writer ends it.
type Stream struct {
	w      io.Writer
	seq    int64
	buf    []byte
	failed error
	report func(error)

	limit *limit // nil passes all output on
	head  head   // of the latest output

	stamp []byte // last, as text
	last  time.Time
}

// NewStream returns a stream on w. report is called once, with the error that ended the stream.
func NewStream(w io.Writer, report func(error)) *Stream { return &Stream{w: w, report: report} }

// LimitOutput lets at most max bytes of a step's output through, and its last lines. It is called before the first event.
func (s *Stream) LimitOutput(max int) { s.limit = &limit{max: max} }

// Flush writes what is buffered.
func (s *Stream) Flush() {
	if len(s.buf) == 0 || s.failed != nil {
		return
	}
	_, err := s.w.Write(s.buf)
	s.buf = s.buf[:0]
	if cap(s.buf) > 1<<20 {
		s.buf = nil
	}
	if err != nil {
		s.failed = err
		s.report(err)
	}
}

// Record appends the line of one event.
func (s *Stream) Record(r Record) {
	switch {
	case s.failed != nil:
	case s.limit != nil:
		s.limit.record(r, s.record)
	default:
		s.record(r)
	}
}

func (s *Stream) record(r Record) {
	if out, ok := r.Event.(StepOutput); ok {
		s.write(outputLine{r.Time, &r.Position, out.Stream, []byte(out.Text), out.Partial})
		return
	}
	name, body := fields(r.Event)
	if name == "" {
		return
	}
	start := len(s.buf)
	s.begin(r, name)
	if body != nil {
		s.body(body)
	}
	s.end()
	if len(s.buf)-start <= maxEvent {
		return
	}
	s.buf, s.seq = s.buf[:start], s.seq-1
	s.begin(r, name)
	s.body(shorter(r.Event))
	s.end()
}

// output appends a line of a command.
func (s *Stream) output(l outputLine) {
	switch {
	case s.failed != nil:
	case s.limit != nil:
		s.limit.record(l.record(), s.record)
	default:
		s.write(l)
	}
}

// write appends a line of a command; text whose JSON would be too long is continued in further events.
func (s *Stream) write(l outputLine) {
	const room = maxEvent - 2<<10
	s.prepare(l)
	for text := l.text; ; {
		piece := text[:fitting(text, room)]
		text = text[len(piece):]
		s.seq++
		s.buf = append(s.buf, `{"v":1,"seq":`...)
		s.buf = strconv.AppendInt(s.buf, s.seq, 10)
		s.buf = append(s.buf, s.head.text...)
		s.buf = appendText(s.buf, piece)
		s.buf = append(s.buf, `,"partial":`...)
		s.buf = strconv.AppendBool(s.buf, l.partial || len(text) > 0)
		s.end()
		if len(text) == 0 {
			break
		}
	}
	if len(s.buf) > 256<<10 {
		s.Flush()
	}
}

// head is what events of output have between their number and their text: the same for all lines of one write.
type head struct {
	at     time.Time
	pos    Position
	stream string
	text   []byte
}

// prepare makes the head of a line the current one.
func (s *Stream) prepare(l outputLine) {
	if s.head.text != nil && s.head.at.Equal(l.at) && s.head.stream == l.stream && s.head.pos == *l.pos {
		return
	}
	s.head.at, s.head.pos, s.head.stream = l.at, *l.pos, l.stream
	b := s.common(s.head.text[:0], l.at, l.pos, "step.output")
	b = append(append(b, `,"stream":"`...), l.stream...)
	s.head.text = append(b, `","text":`...)
}

// begin appends the common fields.
func (s *Stream) begin(r Record, name string) {
	s.seq++
	b := append(s.buf, `{"v":1,"seq":`...)
	b = strconv.AppendInt(b, s.seq, 10)
	s.buf = s.common(b, r.Time, &r.Position, name)
}

// common appends the common fields behind the number.
func (s *Stream) common(b []byte, at time.Time, p *Position, name string) []byte {
	b = append(b, `,"time":"`...)
	if s.stamp == nil || !at.Equal(s.last) {
		s.stamp, s.last = at.UTC().AppendFormat(s.stamp[:0], "2006-01-02T15:04:05.000000Z"), at
	}
	b = append(b, s.stamp...)
	b = append(b, `","type":"`...)
	b = append(append(b, name...), '"')
	text := func(key, value string) {
		if value != "" {
			b = append(append(append(b, `,"`...), key...), `":`...)
			b = AppendString(b, value)
		}
	}
	number := func(key string, value int) {
		b = append(append(append(b, `,"`...), key...), `":`...)
		b = strconv.AppendInt(b, int64(value), 10)
	}
	text("executionId", p.ExecutionID)
	text("parentExecutionId", p.ParentID)
	if p.Document >= 0 {
		number("document", p.Document)
	}
	text("phase", p.Phase)
	text("step", p.Step)
	if p.Attempt > 0 {
		number("attempt", p.Attempt)
	}
	if p.Iteration >= 0 {
		number("iteration", p.Iteration)
	}
	return b
}

// body appends the fields of a struct behind the common ones.
func (s *Stream) body(fields any) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(fields); err != nil {
		return
	}
	text := bytes.TrimSpace(b.Bytes())
	if len(text) > 2 {
		s.buf = append(append(s.buf, ','), text[1:len(text)-1]...)
	}
}

func (s *Stream) end() { s.buf = append(s.buf, '}', '\n') }

type documentFields struct {
	Path           string  `json:"path"`
	Name           string  `json:"name"`
	Status         Status  `json:"status,omitempty"`
	DurationMS     *int64  `json:"durationMs,omitempty"`
	FailureMessage *string `json:"failureMessage,omitempty"`
}

type phaseFields struct {
	Status     Status `json:"status"`
	DurationMS int64  `json:"durationMs"`
}

type stepStartFields struct {
	Action         string    `json:"action"`
	TimeoutSeconds int       `json:"timeoutSeconds"`
	MaxAttempts    int       `json:"maxAttempts"`
	OnFailure      string    `json:"onFailure"`
	Loop           *LoopInfo `json:"loop"`
}

type stepEndFields struct {
	Status         Status `json:"status"`
	DurationMS     int64  `json:"durationMs"`
	Attempts       int    `json:"attempts"`
	ExitCode       *int   `json:"exitCode"`
	FailureMessage string `json:"failureMessage"`
	Outputs        any    `json:"outputs"`
}

// runEndFields are the summary, whose execution id is a common field, and what only the event has.
type runEndFields struct {
	Status                 Status `json:"status"`
	FailedStepCount        int    `json:"failedStepCount"`
	ExecutedStepCount      int    `json:"executedStepCount"`
	IgnoredFailedStepCount int    `json:"ignoredFailedStepCount"`
	FailureMessage         string `json:"failureMessage"`
	LogURL                 string `json:"logUrl"`
	ExitCode               int    `json:"exitCode"`
	DurationMS             int64  `json:"durationMs"`
}

// fields returns the type name of an event in the stream and the struct of its own fields; no name means that the
// event is not part of the stream.
func fields(e Event) (name string, body any) {
	switch e := e.(type) {
	case RunStart:
		return "run.start", e
	case RunEnd:
		return "run.end", runEndFields{
			e.Status, e.FailedStepCount, e.ExecutedStepCount, e.IgnoredFailedStepCount, e.FailureMessage, e.LogURL,
			e.ExitCode, e.Duration.Milliseconds(),
		}
	case DocumentStart:
		return "document.start", documentFields{Path: e.Path, Name: e.Name}
	case DocumentEnd:
		ms := e.Duration.Milliseconds()
		return "document.end", documentFields{e.Path, e.Name, e.Status, &ms, &e.FailureMessage}
	case PhaseStart:
		return "phase.start", nil
	case PhaseEnd:
		return "phase.end", phaseFields{e.Status, e.Duration.Milliseconds()}
	case StepStart:
		return "step.start", stepStartFields{e.Action, e.TimeoutSeconds, e.MaxAttempts, e.OnFailure, e.Loop}
	case StepCondition:
		return "step.condition", struct {
			Result   bool   `json:"result"`
			Decision string `json:"decision"`
		}(e)
	case StepAttempt:
		return "step.attempt", struct {
			Of     int    `json:"of"`
			Reason string `json:"reason"`
		}(e)
	case StepIteration:
		return "step.iteration", struct {
			Value string `json:"value"`
			Count int    `json:"count"`
		}{cut(e.Value, 4<<10), e.Count}
	case StepLog:
		return "step.log", Log{Level: strings.ToLower(e.Level), Message: cut(e.Message, 8<<10)}
	case StepEnd:
		return "step.end", stepEnd(e)
	case Reboot:
		return "reboot", e
	case Log:
		e.Level, e.Message = strings.ToLower(e.Level), cut(e.Message, 8<<10)
		return "log", e
	case Heartbeat:
		return "heartbeat", nil
	default:
		return "", nil
	}
}

func stepEnd(e StepEnd) stepEndFields {
	f := stepEndFields{e.Status, e.Duration.Milliseconds(), e.Attempts, e.ExitCode, e.FailureMessage, []any{}}
	switch {
	case e.Concealed:
		f.Outputs = Concealed
	case len(e.Outputs) > 0:
		f.Outputs = maskValue(toAny(e.Outputs), func(s string) string { return cut(s, 4<<10) })
	}
	return f
}

func toAny(outputs []map[string]any) []any {
	list := make([]any, len(outputs))
	for i, o := range outputs {
		list[i] = o
	}
	return list
}

// shorter returns the fields of an event whose line would be too long, without the parts that can grow: the steps
// of documents, outputs. Readers find those in the log folder.
func shorter(e Event) any {
	switch e := e.(type) {
	case RunStart:
		docs := e.Documents
		e.Documents = make([]RunDocument, 0, min(len(docs), 64))
		for _, d := range docs[:min(len(docs), 64)] {
			e.Documents = append(e.Documents, RunDocument{Path: cut(d.Path, 256), Name: cut(d.Name, 256), SHA256: d.SHA256, Phases: []RunPhase{}})
		}
		return e
	case StepEnd:
		e.Outputs = nil
		return stepEnd(e)
	case RunEnd:
		e.FailureMessage = cut(e.FailureMessage, 4<<10)
		_, body := fields(e)
		return body
	case DocumentEnd:
		e.Path, e.Name, e.FailureMessage = cut(e.Path, 4<<10), cut(e.Name, 4<<10), cut(e.FailureMessage, 4<<10)
		_, body := fields(e)
		return body
	case DocumentStart:
		return documentFields{Path: cut(e.Path, 4<<10), Name: cut(e.Name, 4<<10)}
	default:
		return struct{}{}
	}
}

// cut shortens text to limit bytes, at the border of a character.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return text[:cutBefore([]byte(text[:limit+1]), limit)]
}
