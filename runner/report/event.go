package report

import "time"

// Position says where in a run something happens. It is a value: sinks may keep it.
type Position struct {
	ExecutionID string
	ParentID    string // execution that called this one, "" at the top
	Document    int    // index from 0; -1 outside documents
	Phase, Step string
	Attempt     int // from 1; 0 outside attempts
	Iteration   int // from 0; -1 outside iterations
}

// Top returns the position outside every document of an execution.
func Top(executionID, parentID string) Position {
	return Position{ExecutionID: executionID, ParentID: parentID, Document: -1, Iteration: -1}
}

// Event is one thing that happened. The concrete types in this file are all there are; masked returns the event
// with every text passed through mask.
type Event interface {
	masked(mask func(string) string) Event
}

// RunStart begins a run; nested executions have none.
type RunStart struct {
	Version   string        `json:"version"`
	OS        string        `json:"os"`
	Arch      string        `json:"arch"`
	LogFolder string        `json:"logFolder"`
	Resumed   bool          `json:"resumed"`
	Phases    []string      `json:"phases"`
	Documents []RunDocument `json:"documents"`
}

// RunDocument announces a document of the run.
type RunDocument struct {
	Path   string     `json:"path"`
	Name   string     `json:"name"`
	SHA256 string     `json:"sha256"`
	Phases []RunPhase `json:"phases"`
}

// RunPhase announces a selected phase.
type RunPhase struct {
	Name  string    `json:"name"`
	Steps []RunStep `json:"steps,omitempty"`
}

// RunStep announces a step.
type RunStep struct {
	Name   string `json:"name"`
	Action string `json:"action"`
}

// RunEnd is the last event of a run.
type RunEnd struct {
	Summary
	ExitCode int
	Duration time.Duration
}

// DocumentStart begins a document, also a nested one: then the position names the calling execution as parent.
type DocumentStart struct{ Path, Name, Description string }

// DocumentEnd ends a document.
type DocumentEnd struct {
	Path, Name     string
	Status         Status
	Duration       time.Duration
	FailureMessage string
}

// PhaseStart begins a phase.
type PhaseStart struct{}

// PhaseEnd ends a phase.
type PhaseEnd struct {
	Status         Status
	Duration       time.Duration
	FailureMessage string
}

// LoopInfo names a step's loop and its kind, "for" or "forEach".
type LoopInfo struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// StepStart begins a step. Inputs is the JSON of the entries as the detailed output shows them, masked by the sender.
type StepStart struct {
	Action         string
	TimeoutSeconds int
	MaxAttempts    int
	OnFailure      string
	Inputs         string
	Loop           *LoopInfo
}

// StepInputs replaces the inputs of the running step once they are resolved; masked by the sender.
type StepInputs struct{ Inputs string }

// StepCondition tells how a step's condition ended; Decision is Execute, Skip or Abort.
type StepCondition struct {
	Result   bool
	Decision string
}

// StepAttempt begins an attempt; Reason is why the one before failed.
type StepAttempt struct {
	Of     int
	Reason string
}

// StepIteration begins an iteration of a loop; Count is the number of all iterations.
type StepIteration struct {
	Loop  string
	Value string
	Count int
}

// ModuleStart says that the action begins to work, once for each attempt or iteration.
type ModuleStart struct{ Action string }

// ModuleEnd says that the action ended; ExitCode is that of its last command, nil when none ran.
type ModuleEnd struct {
	Action   string
	ExitCode *int
}

// StepOutput is one line that a command printed, without its end. Partial lines go on in the next event.
type StepOutput struct {
	Stream  string // "stdout" or "stderr"
	Text    string
	Partial bool
}

// StepLog is what a module says about its work; Level is "Info", "Warn" or "Error".
type StepLog struct{ Action, Level, Message string }

// StepEnd ends a step. Completed counts the iterations of its loop that succeeded, out of Iterations.
type StepEnd struct {
	Status         Status
	Duration       time.Duration
	Attempts       int
	ExitCode       *int
	FailureMessage string
	Outputs        []map[string]any
	Concealed      bool // logging is disabled: outputs are shown as ***
	Iterations     int
	Completed      int
}

// RebootStart says that a restart was requested and begins now.
type RebootStart struct{}

// Reboot is a restart request that was carried out (or, in exit mode, handed to the caller).
type Reboot struct {
	Trigger string `json:"trigger"` // "exitCode" or "module"
	Resume  string `json:"resume"`  // "sameStep" or "nextStep"
	Count   int    `json:"count"`
	Ended   int    `json:"ended"` // processes ended by a soft reboot
}

// Resumed says that the run goes on behind a restart.
type Resumed struct{}

// Log is a warning or error outside a step; Level is "Info", "Warn" or "Error".
type Log struct {
	Level   string `json:"level"`
	Message string `json:"message"`
	Code    string `json:"code,omitempty"`
}

// Debug is a line for the application log alone.
type Debug struct{ Message string }

// Heartbeat fills silence in the event stream.
type Heartbeat struct{}

// Concealed stands where a text is not shown.
const Concealed = "***"

func (e RunStart) masked(mask func(string) string) Event {
	docs := make([]RunDocument, len(e.Documents))
	for i, d := range e.Documents {
		d.Path, d.Name = mask(d.Path), mask(d.Name)
		docs[i] = d
	}
	e.Documents = docs
	return e
}

func (e RunEnd) masked(mask func(string) string) Event {
	e.FailureMessage = mask(e.FailureMessage)
	return e
}

func (e DocumentStart) masked(mask func(string) string) Event {
	e.Path, e.Name, e.Description = mask(e.Path), mask(e.Name), mask(e.Description)
	return e
}

func (e DocumentEnd) masked(mask func(string) string) Event {
	e.Path, e.Name, e.FailureMessage = mask(e.Path), mask(e.Name), mask(e.FailureMessage)
	return e
}

func (e PhaseStart) masked(func(string) string) Event { return e }

func (e PhaseEnd) masked(mask func(string) string) Event {
	e.FailureMessage = mask(e.FailureMessage)
	return e
}

// Inputs are JSON already: their texts were masked before, as masking now could break their form.
func (e StepStart) masked(func(string) string) Event  { return e }
func (e StepInputs) masked(func(string) string) Event { return e }

func (e StepCondition) masked(func(string) string) Event { return e }

func (e StepAttempt) masked(mask func(string) string) Event {
	e.Reason = mask(e.Reason)
	return e
}

func (e StepIteration) masked(mask func(string) string) Event {
	e.Value = mask(e.Value)
	return e
}

func (e ModuleStart) masked(func(string) string) Event { return e }
func (e ModuleEnd) masked(func(string) string) Event   { return e }

// The lines of commands are masked as streams, before they are cut into lines: see Recorder.Output.
func (e StepOutput) masked(func(string) string) Event { return e }

func (e StepLog) masked(mask func(string) string) Event {
	e.Message = mask(e.Message)
	return e
}

func (e StepEnd) masked(mask func(string) string) Event {
	e.FailureMessage = mask(e.FailureMessage)
	if e.Outputs != nil {
		outputs := make([]map[string]any, len(e.Outputs))
		for i, o := range e.Outputs {
			outputs[i], _ = maskValue(o, mask).(map[string]any)
		}
		e.Outputs = outputs
	}
	return e
}

func (e RebootStart) masked(func(string) string) Event { return e }
func (e Reboot) masked(func(string) string) Event      { return e }
func (e Resumed) masked(func(string) string) Event     { return e }

func (e Log) masked(mask func(string) string) Event {
	e.Message = mask(e.Message)
	return e
}

func (e Debug) masked(mask func(string) string) Event {
	e.Message = mask(e.Message)
	return e
}

func (e Heartbeat) masked(func(string) string) Event { return e }

// maskValue masks every text inside a value of JSON's types; the value itself is left alone.
func maskValue(v any, mask func(string) string) any {
	switch v := v.(type) {
	case string:
		return mask(v)
	case []string:
		list := make([]string, len(v))
		for i, s := range v {
			list[i] = mask(s)
		}
		return list
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = maskValue(item, mask)
		}
		return list
	case map[string]any:
		m := make(map[string]any, len(v))
		for k, item := range v {
			m[k] = maskValue(item, mask)
		}
		return m
	case map[string]string:
		m := make(map[string]string, len(v))
		for k, item := range v {
			m[k] = mask(item)
		}
		return m
	default:
		return v
	}
}
