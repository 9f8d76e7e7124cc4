package display

import (
	"fmt"
	"strings"
	"time"

	"github.com/slipway-oci/slipway/builder/event"
)

// tree is what goes on at a moment: stages, their components, their steps. Events go in with apply; what has ended
// leaves the tree as finished lines, which are shown once and never again.
type tree struct {
	platforms bool // events named a platform, so lines do too
	stages    []*stage
	finished  []line
}

type stage struct {
	platform   string
	name       event.Stage
	start      time.Time
	components []*component
	transfers  []*transfer
	moved      int64 // bytes of finished transfers
	ended      int   // components that ended
}

type component struct {
	name         string
	index, count int
	start        time.Time
	phase        string
	done         []line // steps that ended
	failed       []line // of those, what stays to be seen
	steps        []*step
}

type step struct {
	phase, name, action string
	start               time.Time
	attempt, of         int
	tail                []string
}

type transfer struct {
	name           string
	start          time.Time
	current, total int64
}

// stepTail is how many output lines of a running step are kept for the screen.
const stepTail = 8

// apply brings the tree up to date with e, which happened at now.
func (t *tree) apply(e event.Event, now time.Time) {
	if e.Platform != "" {
		t.platforms = true
	}
	switch e.Type {
	case event.BuildStart:
		t.finish(line{left: []span{{bold, titleOf(e)}}})
	case event.StageStart:
		t.stage(e, now).start = now
	case event.StageEnd:
		t.endStage(e, now)
	case event.ComponentStart:
		s := t.stage(e, now)
		s.components = append(s.components, &component{name: e.Component, index: e.Index, count: e.Count, start: now})
	case event.ComponentEnd:
		t.endComponent(e, now)
	case event.Progress:
		t.stage(e, now).progress(e, now)
	case event.Log:
		t.finish(logLine(e))
	case event.PhaseStart, event.StepStart, event.StepAttempt, event.StepOutput, event.StepLog, event.StepEnd:
		if c := t.stage(e, now).component(e); c != nil {
			c.apply(e, now)
		}
	}
}

func (t *tree) finish(l ...line) { t.finished = append(t.finished, l...) }

// stage finds the stage of an event, and opens it when its start was not seen.
func (t *tree) stage(e event.Event, now time.Time) *stage {
	for _, s := range t.stages {
		if s.platform == e.Platform && s.name == e.Stage {
			return s
		}
	}
	s := &stage{platform: e.Platform, name: e.Stage, start: now}
	t.stages = append(t.stages, s)
	return s
}

func (t *tree) endStage(e event.Event, now time.Time) {
	s := t.stage(e, now)
	for _, c := range s.components { // ends that were not seen
		t.finish(t.place(s, c, symbolOf(event.Cancelled), "", now.Sub(c.start)))
		s.ended++
	}
	t.remove(s)
	if s.ended > 0 && e.Status != event.Cancelled {
		return // its components have been shown
	}
	note := ""
	switch {
	case e.Status == event.Success && s.moved > 0:
		note = Bytes(s.moved)
	case e.Message != "" && e.Status != event.Failed: // why it failed is told at the end of the build
		note = Clean(e.Message)
	}
	took := e.Duration
	if took == 0 {
		took = now.Sub(s.start)
	}
	t.finish(t.place(s, nil, symbolOf(e.Status), note, took))
}

func (t *tree) remove(s *stage) {
	for i := range t.stages {
		if t.stages[i] == s {
			t.stages = append(t.stages[:i], t.stages[i+1:]...)
			return
		}
	}
}

func (t *tree) endComponent(e event.Event, now time.Time) {
	s := t.stage(e, now)
	c := s.component(e)
	if c == nil {
		c = &component{name: e.Component, index: e.Index, count: e.Count, start: now}
	}
	for i := range s.components {
		if s.components[i] == c {
			s.components = append(s.components[:i], s.components[i+1:]...)
			break
		}
	}
	s.ended++
	took := e.Duration
	if took == 0 {
		took = now.Sub(c.start)
	}
	l := t.place(s, c, symbolOf(e.Status), "", took)
	if e.Cached {
		l.right, l.rightColour = "cached", cyan
	}
	t.finish(l)
	t.finish(c.failed...)
}

// place is the line of a stage or of a component in it.
func (t *tree) place(s *stage, c *component, symbol span, note string, took time.Duration) line {
	l := line{left: []span{symbol, {noColour, " "}}, right: Duration(took)}
	if t.platforms {
		l.add(dim, pad(Clean(s.platform), 12)+" ")
	}
	if c == nil {
		l.add(noColour, Clean(string(s.name)))
	} else {
		l.add(dim, pad(Clean(string(s.name)), 8)+" ")
		l.add(noColour, Clean(c.name))
	}
	if note != "" {
		l.add(dim, "  "+note)
	}
	return l
}

// component finds the component of an event: by name and position, else the one that runs.
func (s *stage) component(e event.Event) *component {
	for _, c := range s.components {
		if c.name == e.Component && (e.Index == 0 || c.index == e.Index) {
			return c
		}
	}
	if e.Component == "" && len(s.components) > 0 {
		return s.components[len(s.components)-1]
	}
	return nil
}

func (s *stage) progress(e event.Event, now time.Time) {
	for i, p := range s.transfers {
		if p.name != e.Name {
			continue
		}
		p.current, p.total = e.Current, max(p.total, e.Total)
		if e.Done {
			s.moved += max(e.Current, p.current)
			s.transfers = append(s.transfers[:i], s.transfers[i+1:]...)
		}
		return
	}
	if e.Done {
		s.moved += e.Current
		return
	}
	s.transfers = append(s.transfers, &transfer{name: e.Name, start: now, current: e.Current, total: e.Total})
}

func (c *component) apply(e event.Event, now time.Time) {
	if e.Phase != "" {
		c.phase = e.Phase
	}
	if e.Type == event.StepStart {
		c.steps = append(c.steps, &step{phase: e.Phase, name: e.Step, action: e.Action, start: now})
		return
	}
	for i, s := range c.steps {
		if s.name != e.Step || s.phase != e.Phase && e.Phase != "" {
			continue
		}
		switch e.Type {
		case event.StepAttempt:
			s.attempt, s.of = e.Attempt, e.Of
		case event.StepOutput:
			s.tail = appendTail(s.tail, Clean(e.Text), stepTail)
		case event.StepLog:
			if levelPrefix(e.Level) != "" {
				s.tail = appendTail(s.tail, levelPrefix(e.Level)+Clean(e.Message), stepTail)
			}
		case event.StepEnd:
			c.steps = append(c.steps[:i], c.steps[i+1:]...)
			c.endStep(s, e, now)
		}
		return
	}
}

func (c *component) endStep(s *step, e event.Event, now time.Time) {
	took := e.Duration
	if took == 0 {
		took = now.Sub(s.start)
	}
	l := line{left: []span{{noColour, "  "}, symbolOf(e.Status), {noColour, " " + Clean(stepPath(s.phase, s.name))}}, right: Duration(took)}
	if e.Attempt > 1 {
		l.add(dim, fmt.Sprintf("  attempt %d", e.Attempt))
	}
	if e.Status == event.Failed || e.Status == event.IgnoredFailure {
		if e.Message != "" {
			l.add(statusColour(e.Status), "  "+Clean(e.Message))
		}
		c.failed = append(c.failed, l)
	}
	c.done = append(c.done, l)
}

func logLine(e event.Event) line {
	l := line{wrap: true}
	if strings.EqualFold(e.Level, "error") {
		l.left = []span{symbolOf(event.Failed), {red, " " + Clean(e.Message)}}
	} else if levelPrefix(e.Level) != "" {
		l.left = []span{{yellow, "! " + Clean(e.Message)}}
	} else {
		l.left = []span{{dim, "  " + Clean(e.Message)}}
	}
	return l
}

func symbolOf(s event.Status) span {
	switch s {
	case event.Failed:
		return span{red, "✗"}
	case event.Skipped:
		return span{dim, "–"}
	case event.Cancelled, event.IgnoredFailure:
		return span{yellow, "!"}
	default:
		return span{green, "✓"}
	}
}
