package execute

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/document"
	"github.com/slipway-oci/slipway/runner/report"
)

// keep takes over what an execution of the action left.
func (r *stepRun) keep(result action.Result, err error) {
	r.exitCode = result.ExitCode
	outputs, masked := r.maskOutputs(result.Outputs)
	r.cut, r.masked = r.cut || result.Cut, r.masked || masked
	if r.step.Loop == nil {
		r.outputs = outputs
		return
	}
	if err == nil {
		r.collected.cut, r.collected.masked = r.cut, r.masked
		r.collected.add(outputs, r.step.Action == nestingAction)
		r.cut = r.collected.cut
	}
}

// maskOutputs returns the outputs without secrets, and whether there were any.
func (r *stepRun) maskOutputs(outputs []map[string]any) (clean []map[string]any, masked bool) {
	masker := r.Recorder.Masker()
	for _, o := range outputs {
		m, _ := masker.Value(o).(map[string]any)
		if !masked && !sameTexts(o, m) {
			masked = true
		}
		clean = append(clean, m)
	}
	return clean, masked
}

var errTimeout = errors.New("timed out")

// failure words the error of an iteration for the user.
func (r *stepRun) failure(ctx context.Context, i int, err error) error {
	cause := context.Cause(ctx)
	switch {
	case errors.Is(cause, errTimeout) && r.step.Loop != nil:
		return fmt.Errorf("%s: loop %q timed out after %d seconds, in iteration %d", r.step.Action, r.loopName(), r.timeout, i)
	case errors.Is(cause, errTimeout):
		return fmt.Errorf("%s: timed out after %d seconds", r.step.Action, r.timeout)
	case ctx.Err() != nil:
		return errors.New(interrupted)
	}
	if r.step.DisableLogging {
		err = errors.New(r.concealedMessage())
	} else if text := r.hide(err.Error()); text != err.Error() {
		err = errors.New(text)
	}
	if r.step.Loop != nil {
		return fmt.Errorf("loop %q: iteration %d: %w", r.loopName(), i, err)
	}
	return err
}

// concealedMessage is the failure message of a step that logs nothing: messages may quote inputs and output.
func (r *stepRun) concealedMessage() string {
	if r.exitCode != nil {
		return fmt.Sprintf("%s: exit code %d (logging is disabled for this step)", r.step.Action, *r.exitCode)
	}
	return fmt.Sprintf("%s: failed (logging is disabled for this step)", r.step.Action)
}

// shown is text, or what stands for it when the step logs nothing.
func (r *stepRun) shown(text string) string {
	if r.step.DisableLogging {
		return report.Concealed
	}
	return r.hide(text)
}

// hide replaces the values in text that came from steps which log nothing.
func (r *stepRun) hide(text string) string {
	for _, value := range r.hidden {
		text = strings.ReplaceAll(text, value, report.Concealed)
	}
	return text
}

// finish applies onFailure, records the step and says how to go on.
func (r *stepRun) finish(ctx context.Context, status report.Status) verdict {
	v := verdict{status: status}
	if status == report.Failed {
		switch {
		case ctx.Err() != nil:
			v.stop = true
		case r.step.OnFailure == document.Ignore:
			v.status = report.IgnoredFailure
		case r.step.OnFailure != document.Continue:
			v.stop = true
		}
	} else {
		r.message = ""
	}
	if r.step.Loop != nil {
		r.outputs = r.collected.joined()
	}
	if key := stepKey(r.phase.Name, r.step.Name); r.wanted[key] {
		r.at.Outputs[key] = Recorded{Skipped: status == report.Skipped, Outputs: r.outputs, Cut: r.cut, Masked: r.masked}
	}
	r.at.Counts.Count(v.status)
	var all report.Failures
	all.Add(r.at.PhaseDone)
	all.Add(v.status)
	r.at.PhaseDone = all.Status()
	r.emit(r.pos, report.StepEnd{
		Status: v.status, Duration: r.Recorder.Now().Sub(r.begin), Attempts: r.attempts, ExitCode: r.exitCode,
		FailureMessage: r.message, Outputs: r.outputs, Concealed: r.step.DisableLogging && len(r.outputs) > 0,
		Iterations: r.items.count, Completed: r.collected.completed,
	})
	r.at.Attempt, r.at.Iteration, r.at.Items, r.at.Collected = 0, 0, nil, nil
	return v
}
