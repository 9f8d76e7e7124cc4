package builder

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/kept"
	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/builder/stage"
	"github.com/slipway-oci/slipway/builder/stage/build"
	"github.com/slipway-oci/slipway/builder/workflow"
)

// record is a result in the making.
type record struct {
	*result.Result
	events event.Sink
	flow   workflow.Record
	keeper *kept.Keeper // nil keeps nothing

	recollections []*build.Recollection // of the platforms that were built
}

func newRecord(p *plan.Plan, o Options) *record {
	if o.Events == nil {
		o.Events = event.Discard
	}
	if o.Started.IsZero() {
		o.Started = time.Now()
	}
	r := &record{events: o.Events, Result: &result.Result{
		RunID: o.RunID, StartTime: o.Started, Stage: string(event.StageResolve),
		Recipe:  result.Recipe{Name: p.Recipe.Name, Version: p.Recipe.Version, Build: p.Recipe.Build, File: p.Recipe.File},
		Parent:  result.Parent{Reference: p.Parent.Name, Digest: p.Parent.Digest},
		Targets: []result.Target{}, Components: []result.Component{}, Tests: []result.Component{},
		Timings: result.Timings{Resolve: result.Seconds(o.Resolved)}, Warnings: p.Warnings,
	}}
	if o.KeepFailed {
		r.keeper = kept.NewKeeper(o.RunID)
	}
	if !p.Push {
		return r
	}
	for _, t := range p.Targets {
		r.Targets = append(r.Targets, result.Target{Reference: t.String(), Status: "skipped"})
	}
	return r
}

// begin puts the image that is to be built on its way; a run that only tests makes none.
func (r *record) begin() {
	r.flow.Changed = func(s workflow.Status) {
		r.events.Send(event.Event{Time: time.Now(), Type: event.ImageState, State: string(s)})
	}
	r.enter(workflow.Pending)
	r.flow.Begin(workflow.Build)
	r.flow.Ended(context.Background(), workflow.Build, workflow.ResolveInputs, nil) // that is the plan
}

// stage runs work as a stage and notes where the build is and how long it took.
func (r *record) stage(ctx context.Context, name event.Stage, took *result.Seconds, work func() error) error {
	r.Stage = string(name)
	duration, err := stage.Timed(ctx, r.events, name, work)
	*took = result.Seconds(duration)
	return err
}

func (r *record) warn(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !slices.Contains(r.Warnings, text) {
		r.Warnings = append(slices.Clip(r.Warnings), text)
	}
}

func (r *record) skip(name event.Stage, reason string) { stage.Skip(r.events, name, reason) }

// missingReports notes what is declared as a report and was written by nobody, and what could not be kept. It warns of
// the former only when all that could write it had its turn.
func (r *record) missingReports(ctx context.Context, p *plan.Plan) {
	const missing = "no component and no test wrote it"
	for _, declared := range p.Reports {
		ofThis := func(have result.Report) bool { return have.Declared == declared.Path }
		if !slices.ContainsFunc(r.Reports, ofThis) && !slices.ContainsFunc(r.Tests, func(c result.Component) bool { return c.Cached }) {
			r.Reports = append(r.Reports, result.Report{Type: declared.Type, Declared: declared.Path, Problem: missing})
		}
	}
	early := ctx.Err() != nil || r.Stage == string(event.StageBuild) || r.Stage == string(event.StageCommit)
	for _, report := range r.Reports {
		if report.Problem != "" && (!early || report.Problem != missing) {
			r.warn("report %s: %s", cmp.Or(report.Path, report.Declared), report.Problem)
		}
	}
}

// finish completes the record with the outcome.
func (r *record) finish(ctx context.Context, err error) *result.Result {
	r.EndTime = time.Now()
	r.Kept = r.keeper.Kept()
	r.Timings.Total = result.Seconds(r.EndTime.Sub(r.StartTime))
	switch {
	case err == nil:
		r.Status = result.Succeeded
	case ctx.Err() != nil:
		r.Status, r.Error = result.Cancelled, &result.Error{Code: 130, Message: err.Error()}
	default:
		r.Status, r.Error = result.Failed, explain(err)
	}
	if r.Kind != result.KindTest {
		r.ended(err)
	}
	return r.Result
}

func explain(err error) *result.Error {
	e := &result.Error{Code: stage.CodeMachine, Message: err.Error()}
	if failed, ok := errors.AsType[*stage.Error](err); ok {
		e.Code, e.Hint = failed.Code, failed.Hint()
		e.Component, e.Phase, e.Step = failed.Component, failed.Phase, failed.Step
		return e
	}
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		e.Hint = hinted.Hint()
	}
	if e.Message == "" {
		e.Message = fmt.Sprintf("%T", err)
	}
	return e
}
