package display

import (
	"slices"
	"sync"
	"time"

	"github.com/slipway-oci/slipway/builder/event"
)

// tailLines is how many of the last output lines of a step are kept.
const tailLines = 10

// Failure is a step that failed, with the end of what it printed.
type Failure struct {
	Platform, Component, Phase, Step, Action string
	Stage                                    event.Stage
	Index                                    int // of the component
	Attempt                                  int
	Duration                                 time.Duration
	ExitCode                                 *int
	Message                                  string
	Output                                   []string
}

// Failures is a Sink that remembers the steps that failed. The zero value is ready. It keeps a few lines for each
// step that runs and nothing of those that succeed.
type Failures struct {
	mu      sync.Mutex
	running map[stepKey]*Failure
	failed  []Failure
}

type stepKey struct {
	platform               string
	stage                  event.Stage
	component, phase, step string
}

func keyOf(e event.Event) stepKey {
	return stepKey{e.Platform, e.Stage, e.Component, e.Phase, e.Step}
}

// Send takes note of an event.
func (f *Failures) Send(e event.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch e.Type {
	case event.StepStart:
		if f.running == nil {
			f.running = map[stepKey]*Failure{}
		}
		f.running[keyOf(e)] = &Failure{
			Platform: e.Platform, Stage: e.Stage, Component: e.Component, Phase: e.Phase, Step: e.Step, Action: e.Action,
			Index: e.Index,
		}
	case event.StepAttempt:
		if s := f.running[keyOf(e)]; s != nil {
			s.Attempt, s.Output = e.Attempt, nil
		}
	case event.StepOutput:
		if s := f.running[keyOf(e)]; s != nil {
			s.Output = appendTail(s.Output, Clean(e.Text), tailLines)
		}
	case event.StepEnd:
		if s := f.running[keyOf(e)]; s != nil && e.Status == event.Failed {
			s.Duration, s.ExitCode, s.Message = e.Duration, e.ExitCode, e.Message
			s.Attempt = max(s.Attempt, e.Attempt)
			f.failed = append(f.failed, *s)
		}
		delete(f.running, keyOf(e))
	}
}

// All returns the failed steps in the order in which they failed.
func (f *Failures) All() []Failure {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.failed)
}

// appendTail appends a line and keeps the last n.
func appendTail(lines []string, line string, n int) []string {
	if len(lines) >= n {
		copy(lines, lines[len(lines)-n+1:])
		lines = lines[:n-1]
	}
	return append(lines, line)
}
