package execute

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/document"
	"github.com/slipway-oci/slipway/runner/report"
)

// stepRun is one step while it runs.
type stepRun struct {
	*scope
	phase *document.Phase
	step  *document.Step
	pos   report.Position
	begin time.Time

	module      action.Module
	spec        action.Spec
	timeout     int // seconds, -1 for none
	maxAttempts int
	items       series           // of the loop
	collected   *collection      // outputs of the iterations that succeeded
	outputs     []map[string]any // of the last attempt
	cut         bool
	masked      bool
	exitCode    *int
	attempts    int
	message     string // why the step failed
	reboot      bool   // a restart behind this step was requested

	ctx         context.Context   //nolint:containedctx // of the attempt: lookups of references need it
	lookups     map[string]string // values of references from outside the machine
	hidden      []string          // values from steps that log nothing
	inputsShown bool
}

// errStepOver ends a step at once: attempts do not help, as with inputs that cannot be resolved.
type errStepOver struct{ error }

func (e errStepOver) Unwrap() error { return e.error }

func stepKey(phase, step string) string { return phase + "." + step }

// step runs one step to its end. The error is ErrRebootRequested or nil.
func (d *scope) step(ctx context.Context, phase *document.Phase, step *document.Step) (verdict, error) {
	r := &stepRun{
		scope: d, ctx: ctx, phase: phase, step: step, pos: d.position(d.index), begin: d.Recorder.Now(), collected: &collection{},
	}
	r.pos.Phase, r.pos.Step = phase.Name, step.Name
	r.module, _ = d.Modules.Lookup(step.Action)
	r.spec = d.specOf(step.Action)
	r.timeout, r.maxAttempts = step.Settings(r.spec)
	if slices.Contains(r.spec.Ignored, "timeoutSeconds") {
		r.timeout = -1
	}
	d.at.Step, d.at.Finished = step.Name, false
	resumed := d.resume
	d.resume = nil
	if resumed == nil {
		d.at.Attempt, d.at.Iteration, d.at.Items, d.at.Collected = 0, 0, nil, nil
	} else {
		d.resumeNested = resumed.Nested
		if resumed.Collected != nil {
			r.collected = resumed.Collected
		}
	}
	r.emit(r.pos, r.startEvent())
	status, err := r.run(ctx, resumed)
	if err != nil {
		return verdict{}, err
	}
	v := r.finish(ctx, status)
	if r.reboot && !v.stop {
		return d.restartBehind(ctx, r.pos, v)
	}
	return v, nil
}

// restartBehind carries out the restart that the finished step at pos asked for. When that fails, so does the run.
func (d *scope) restartBehind(ctx context.Context, pos report.Position, v verdict) (verdict, error) {
	d.at.Finished = true
	err := d.restart(ctx, pos, "module", "nextStep")
	if err == nil || d.exiting {
		return v, err
	}
	d.emit(pos, report.Log{Level: "Error", Message: limited(err.Error())})
	d.at.PhaseDone = report.Failed
	return verdict{report.Failed, true}, nil
}

func (r *stepRun) startEvent() report.StepStart {
	e := report.StepStart{
		Action: r.step.Action, TimeoutSeconds: r.timeout, MaxAttempts: r.maxAttempts,
		OnFailure: r.step.OnFailure, Inputs: r.shownInputs(r.staticOnly),
	}
	if r.step.Loop != nil {
		e.Loop = &report.LoopInfo{Name: r.loopName(), Type: "forEach"}
		if r.step.Loop.For != nil {
			e.Loop.Type = "for"
		}
	}
	return e
}

func (r *stepRun) loopName() string {
	if r.step.Loop.Name != "" {
		return r.step.Loop.Name
	}
	return "loop"
}

// run decides the condition and the loop's list and makes the attempts. It returns the status before onFailure.
func (r *stepRun) run(ctx context.Context, resumed *Frame) (report.Status, error) {
	if ctx.Err() != nil {
		r.message = interrupted
		return report.Failed, nil //nolint:nilerr // the message says it
	}
	if done, status := r.decide(ctx); done {
		return status, nil
	}
	if r.module == nil {
		r.message = fmt.Sprintf("unknown action %q", r.step.Action)
		return report.Failed, nil
	}
	if resumed != nil && resumed.Items != nil {
		r.items = listed(resumed.Items)
	} else if err := r.list(); err != nil {
		r.message = limited(fmt.Sprintf("%s: %v", r.step.Action, err))
		return report.Failed, nil
	}
	r.at.Items = r.items.list
	first := 1
	if resumed != nil {
		first = max(1, resumed.Attempt)
	}
	for attempt := first; attempt <= r.maxAttempts; attempt++ {
		iteration := 0
		if attempt == first && resumed != nil {
			iteration = resumed.Iteration
		} else {
			r.collected = &collection{}
		}
		err := r.attempt(ctx, attempt, iteration)
		if r.exiting {
			return "", ErrRebootRequested
		}
		if err == nil {
			return report.Success, nil
		}
		r.message = limited(err.Error())
		var over errStepOver
		if errors.As(err, &over) || ctx.Err() != nil {
			break
		}
	}
	return report.Failed, nil //nolint:nilerr // the message says it
}

// decide evaluates the step's condition. done says that the step does not run, with its status.
func (r *stepRun) decide(ctx context.Context) (done bool, status report.Status) {
	if r.step.If == nil {
		return false, ""
	}
	key := stepKey(r.phase.Name, r.step.Name)
	if _, ok := r.at.Conditions[key]; ok {
		return false, "" // decided before a restart: only a step that runs can be resumed
	}
	result, err := r.condition(ctx, r.step.If)
	decision := r.step.If.Else
	switch {
	case err != nil:
		decision = actionAbort
		r.message = limited(r.hide("condition: " + err.Error()))
	case result.True:
		decision = r.step.If.Then
	}
	r.at.Conditions[key] = decision
	r.emit(r.pos, report.StepCondition{Result: result.True, Decision: decision})
	switch decision {
	case actionSkip:
		return true, report.Skipped
	case actionAbort:
		if r.message == "" {
			r.message = limited(r.hide(fmt.Sprintf("aborted by its condition: %s is %t", result.Detail, result.True)))
		}
		return true, report.Failed
	}
	return false, ""
}

// The outcomes of a condition.
const (
	actionSkip  = "Skip"
	actionAbort = "Abort"
)

// attempt makes one try, from the given iteration on.
func (r *stepRun) attempt(ctx context.Context, attempt, iteration int) error {
	r.at.Attempt = attempt
	r.outputs, r.cut, r.masked = nil, r.collected.cut, r.collected.masked
	if limit := r.timeout; limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, time.Duration(limit)*time.Second, errTimeout)
		defer cancel()
	}
	r.ctx = ctx
	reason, count := r.message, 1
	if r.step.Loop != nil {
		count = r.items.count
	}
	pos := r.pos
	pos.Attempt = attempt
	begun := false
	begin := func() {
		if !begun {
			r.attempts, begun = attempt, true
			r.emit(pos, report.StepAttempt{Of: r.maxAttempts, Reason: reason})
		}
	}
	for i := iteration; i < count; i++ {
		r.at.Iteration, r.at.Collected = i, r.collected
		if err := r.iteration(ctx, pos, i, count, begin); err != nil {
			return err
		}
	}
	begin() // a loop without iterations is an attempt too
	return nil
}

// iteration runs the action once, again and again while it asks for a restart at this very place.
func (r *stepRun) iteration(ctx context.Context, pos report.Position, i, count int, begin func()) error {
	if r.step.Loop != nil {
		pos.Iteration = i
	}
	announced := false
	for {
		entries, err := r.entries(i)
		if err != nil {
			return errStepOver{r.failure(ctx, i, err)}
		}
		begin()
		if r.step.Loop != nil && !announced {
			announced = true
			r.emit(pos, report.StepIteration{Loop: r.loopName(), Value: r.shown(r.items.value(i)), Count: count})
		}
		result, err := r.call(ctx, pos, entries)
		if r.exiting {
			return ErrRebootRequested
		}
		if result.Reboot == action.RebootSameStep {
			err = r.restart(ctx, pos, "exitCode", "sameStep")
			if err == nil {
				continue
			}
			if r.exiting {
				return err
			}
			return errStepOver{r.failure(ctx, i, err)}
		}
		r.keep(result, err)
		if err != nil {
			return r.failure(ctx, i, err)
		}
		if result.Reboot != action.RebootNextStep {
			return nil
		}
		return r.rebootModule(ctx, pos, i, count)
	}
}

// rebootModule handles the Reboot module: behind the last iteration the step ends first.
func (r *stepRun) rebootModule(ctx context.Context, pos report.Position, i, count int) error {
	if err := r.mayRestart(); err != nil {
		return errStepOver{r.failure(ctx, i, err)}
	}
	if i == count-1 {
		r.reboot = true
		return nil
	}
	r.at.Iteration, r.at.Collected = i+1, r.collected
	if err := r.restart(ctx, pos, "module", "nextStep"); err != nil {
		if r.exiting {
			return err
		}
		return errStepOver{r.failure(ctx, i, err)}
	}
	return nil
}
