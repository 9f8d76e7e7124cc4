package report

import "fmt"

// totalFactor bounds the output of a whole run by that of a step.
const totalFactor = 16

// maxTail is how many of the last lines of a step are kept for its end.
const maxTail = 20

// limit lets only the beginning and the end of what a step prints into a stream. Who watches a run through a stream
// with a limit of its own (BuildKit's) thus loses no other event to a talkative step. Everything is in the console log.
type limit struct {
	max  int // bytes of output of one step
	step int // passed on of the running step
	all  int // passed on of the run

	dropped int
	tail    []Record
}

// record passes an event on, or keeps it for the end of the step.
func (l *limit) record(r Record, pass func(Record)) {
	switch e := r.Event.(type) {
	case StepStart:
		l.step = 0
	case StepEnd:
		l.finish(r, pass)
	case StepOutput:
		if l.step+len(e.Text) > l.max || l.all+len(e.Text) > totalFactor*l.max {
			l.keep(r)
			return
		}
		l.step, l.all = l.step+len(e.Text)+1, l.all+len(e.Text)+1
	}
	pass(r)
}

// keep holds a line back, as one of the last.
func (l *limit) keep(r Record) {
	l.dropped++
	if len(l.tail) == maxTail {
		l.tail = append(l.tail[:0], l.tail[1:]...)
	}
	l.tail = append(l.tail, r)
}

// finish passes on the last lines before the end of their step.
func (l *limit) finish(end Record, pass func(Record)) {
	if l.dropped == 0 {
		return
	}
	if hidden := l.dropped - len(l.tail); hidden > 0 {
		note := end
		note.Event = StepLog{Level: "Info", Message: fmt.Sprintf("%d lines of output are not shown here; the console log has them", hidden)}
		pass(note)
	}
	for _, r := range l.tail {
		pass(r)
	}
	l.dropped, l.tail = 0, nil
}
