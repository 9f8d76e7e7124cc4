package workflow

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-oci/slipway/builder/result"
)

// The statuses of executions and of their steps. Those of a step that ended in between are never seen.
const (
	StepCompleted = "COMPLETED"
	StepSkipped   = "SKIPPED"
	StepFailed    = "FAILED"
	StepCancelled = "CANCELLED"
)

// maxReason is the longest reason of a state, in characters.
const maxReason = 1024

// Record follows one build. It is not safe for concurrent use.
type Record struct {
	State      result.State
	Executions []result.Workflow

	// Changed is told every status that the image enters; nil for nobody.
	Changed func(Status)
	// ended is the step that did not end well, with its execution.
	ended string
}

// Enter puts the image into a status that may follow the present one. Another status is an error, and changes nothing.
func (r *Record) Enter(s Status) error {
	if from := Status(r.State.Status); !from.May(s) {
		return fmt.Errorf("an image in status %q cannot become %s", from, s)
	}
	r.State.Status = string(s)
	if r.Changed != nil {
		r.Changed(s)
	}
	return nil
}

// Begin begins an execution of a workflow; the one before it has completed.
func (r *Record) Begin(w Workflow) {
	now := time.Now()
	r.Executions = append(r.Executions, result.Workflow{
		ID: "wf-" + uuid.NewString(), Name: w.Name, Type: w.Type, Status: StepCompleted, StartTime: now, EndTime: now,
		Steps: []result.WorkflowStep{},
	})
}

// Skip notes a workflow that does not run at all.
func (r *Record) Skip(w Workflow, why string) {
	r.Begin(w)
	last := r.last()
	last.Status, last.Message = StepSkipped, why
}

func (r *Record) last() *result.Workflow { return &r.Executions[len(r.Executions)-1] }

// Step runs work as a step of the present execution.
func (r *Record) Step(ctx context.Context, w Workflow, name string, work func() error) error {
	err := work()
	r.Ended(ctx, w, name, err)
	return err
}

// Ended notes a step of the present execution that ended. A failure while ctx is cancelled is a cancellation.
func (r *Record) Ended(ctx context.Context, w Workflow, name string, err error) {
	switch {
	case err == nil:
		r.note(w, name, StepCompleted, "")
	case ctx.Err() != nil:
		r.note(w, name, StepCancelled, err.Error())
	default:
		r.note(w, name, StepFailed, err.Error())
	}
}

// SkipStep notes a step that has nothing to do.
func (r *Record) SkipStep(w Workflow, name, why string) { r.note(w, name, StepSkipped, why) }

func (r *Record) note(w Workflow, name, status, message string) {
	e := r.last()
	e.Steps = append(e.Steps, result.WorkflowStep{
		ID: "step-" + uuid.NewString(), Name: name, Action: w.action(name), Status: status, Message: message,
	})
	e.EndTime = time.Now()
	e.Total++
	switch status {
	case StepCompleted:
		e.Succeeded++
	case StepSkipped:
		e.Skipped++
	default:
		e.Failed++
		e.Status, e.Message, r.ended = status, message, name
	}
}

// End puts the image into its last status. where is the component, phase and step of a failure, as far as it has them.
func (r *Record) End(last Status, where, cause string) error {
	if err := r.Enter(last); err != nil {
		return err
	}
	if last == Available {
		return nil
	}
	word := "failed"
	if last == Cancelled {
		word = "cancelled"
	}
	at := ""
	if n := len(r.Executions); n > 0 && r.ended != "" {
		at = r.last().ID + " " + word + " at " + r.ended + ": "
	}
	if where != "" {
		where += ": "
	}
	reason := []rune(at + where + cause)
	if len(reason) > maxReason {
		reason = append(reason[:maxReason-1], '…')
	}
	r.State.Reason = string(reason)
	return nil
}
