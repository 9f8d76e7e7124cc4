// Package event defines what happens during a build, as values. It draws nothing and stores nothing: display,
// reports and the run folder are readers of the same stream.
package event

import "time"

// Type says what happened.
type Type string

// The types of events. Every start has exactly one end, also after failure and interruption.
const (
	BuildStart     Type = "build.start"     // Recipe, Version, RunID
	BuildEnd       Type = "build.end"       // Status, Duration, Message
	StageStart     Type = "stage.start"     // Stage
	StageEnd       Type = "stage.end"       // Stage, Status, Duration, Message
	ComponentStart Type = "component.start" // Stage, Component, Index, Count
	ComponentEnd   Type = "component.end"   // Status, Cached, Duration, Message
	PhaseStart     Type = "phase.start"     // Phase
	PhaseEnd       Type = "phase.end"       // Phase, Status, Duration
	StepStart      Type = "step.start"      // Phase, Step, Action
	StepAttempt    Type = "step.attempt"    // Attempt, Of, Message (why the attempt before failed)
	StepOutput     Type = "step.output"     // Stream, Text
	StepLog        Type = "step.log"        // Level, Message
	StepEnd        Type = "step.end"        // Status, Duration, Attempt, ExitCode, Message
	Progress       Type = "progress"        // Name, Current, Total in bytes (Total 0: unknown), Done
	ImageState     Type = "image.state"     // State
	Log            Type = "log"             // Level, Message: something worth knowing that is not a step
)

// Stage names a part of the build, in the order in which they run.
type Stage string

// The stages.
const (
	StageResolve Stage = "resolve"
	StageBuild   Stage = "build"
	StageCommit  Stage = "commit"
	StageTest    Stage = "test"
	StagePublish Stage = "publish"
)

// Status is the outcome of a build, stage, component, phase or step.
type Status string

// The outcomes; those of phases and steps are the words of component-document logs.
const (
	Success        Status = "success"
	Failed         Status = "failed"
	Skipped        Status = "skipped"
	Cancelled      Status = "cancelled"
	IgnoredFailure Status = "ignoredFailure"
	SuccessIgnored Status = "successWithIgnoredFailure"
)

// Event is one thing that happened. Only the fields that its type names are set; the rest are zero.
type Event struct {
	Time      time.Time     `json:"time"`
	Type      Type          `json:"type"`
	Platform  string        `json:"platform,omitempty"`
	Stage     Stage         `json:"stage,omitempty"`
	Component string        `json:"component,omitempty"` // name as in the recipe
	Index     int           `json:"index,omitempty"`     // position in the recipe, from 1
	Count     int           `json:"count,omitempty"`     // components in this stage
	Phase     string        `json:"phase,omitempty"`
	Step      string        `json:"step,omitempty"`
	Action    string        `json:"action,omitempty"`
	Attempt   int           `json:"attempt,omitempty"`
	Of        int           `json:"of,omitempty"`
	Stream    string        `json:"stream,omitempty"` // "stdout" or "stderr"
	Text      string        `json:"text,omitempty"`   // one line without its end
	Level     string        `json:"level,omitempty"`  // "info", "warn" or "error"
	Message   string        `json:"message,omitempty"`
	Status    Status        `json:"status,omitempty"`
	Cached    bool          `json:"cached,omitempty"`
	ExitCode  *int          `json:"exitCode,omitempty"`
	Duration  time.Duration `json:"durationNs,omitempty"`
	Name      string        `json:"name,omitempty"` // of a progress: "layer sha256:…", "parent debian:12"
	Current   int64         `json:"current,omitempty"`
	Total     int64         `json:"total,omitempty"`
	Done      bool          `json:"done,omitempty"`
	Recipe    string        `json:"recipe,omitempty"`
	Version   string        `json:"version,omitempty"`
	RunID     string        `json:"runId,omitempty"`
	State     string        `json:"state,omitempty"` // of the image: PENDING, CREATING, ... (package workflow)
}

// Sink receives events in order. Send must not block for long and must be safe for concurrent use; a sink that
// fails keeps its error for itself, since losing a line of progress must not fail a build.
type Sink interface{ Send(Event) }

// Func makes a Sink of a function.
type Func func(Event)

// Send calls f.
func (f Func) Send(e Event) { f(e) }

// Discard is a Sink that drops everything.
var Discard Sink = Func(func(Event) {})

// Tee sends every event to all sinks in order.
func Tee(sinks ...Sink) Sink {
	return Func(func(e Event) {
		for _, s := range sinks {
			s.Send(e)
		}
	})
}
