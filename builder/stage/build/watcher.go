package build

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/builder/runlog"
	"github.com/slipway-oci/slipway/builder/stage"
	"github.com/slipway-oci/slipway/builder/why"
)

// watcher turns the engine's progress into events, and what is in the log folders into results. The engine calls its
// Progress methods one at a time, and none of them after Build has returned.
type watcher struct {
	services   stage.Services
	in         Input
	platform   string
	components []plan.Component
	decoders   []*runlog.Decoder // nil until the component runs
	details    []*runlog.Detail  // nil until the log folder is read
	order      *inOrder
	work       map[string]string // names of the template's work by id
	outputs    instructions
	stray      string // the last line of a component's container that was not the runner's
	reasons    *reasons
	// interrupted says that the build was ended from outside.
	interrupted bool
}

func newWatcher(s stage.Services, in Input, components []plan.Component) *watcher {
	return &watcher{
		services: s, in: in, platform: stage.PlatformName(in.Plan, in.Platform), components: components,
		decoders: make([]*runlog.Decoder, len(components)), details: make([]*runlog.Detail, len(components)),
		order: newInOrder(s.Events, len(components)), work: map[string]string{}, outputs: instructions{masker: s.Masker(), open: map[string]io.WriteCloser{}},
		reasons: newReasons(s, in, components),
	}
}

func (w *watcher) base(i int) event.Event {
	return event.Event{
		Time: time.Now(), Platform: w.platform, Stage: event.StageBuild,
		Component: w.components[i].Name, Index: w.components[i].Index, Count: len(w.in.Plan.Components),
	}
}

// ComponentStarted begins the story of component i.
func (w *watcher) ComponentStarted(i int, at time.Time) {
	// The builder tells the end of an execution later than its successor's start.
	for before := range i {
		w.endLive(before)
	}
	start := w.base(i)
	start.Type, start.Time, start.Message = event.ComponentStart, at, w.reasons.explain(i)
	w.order.send(i, start)
	w.decoders[i] = &runlog.Decoder{
		Base: func(int) event.Event { return w.base(i) },
		Sink: event.Func(func(e event.Event) { w.pass(i, e) }),
	}
}

// pass sends an event on and keeps what the container's runtime has said when the runner did not start.
func (w *watcher) pass(i int, e event.Event) {
	if e.Type == event.StepOutput && e.Phase == "" && strings.TrimSpace(e.Text) != "" {
		w.stray = e.Text
	}
	w.order.send(i, e)
}

// ComponentOutput passes the runner's events on.
func (w *watcher) ComponentOutput(i int, data []byte) {
	if w.decoders[i] != nil {
		_, _ = w.decoders[i].Write(data)
	}
}

// endLive ends a component that ran and is known to have succeeded, since a later one has begun.
func (w *watcher) endLive(i int) {
	if w.decoders[i] == nil {
		return
	}
	_ = w.decoders[i].Close()
	end := w.base(i)
	end.Type, end.Status = event.ComponentEnd, event.Success
	w.order.end(i, end)
}

// ComponentCached tells the story of a component that was taken from the cache.
func (w *watcher) ComponentCached(i int) {
	detail, err := w.detail(i)
	if err != nil {
		return // the results say so
	}
	start := w.base(i)
	start.Type, start.Cached = event.ComponentStart, true
	w.order.send(i, start)
	base := w.base(i)
	base.Cached = true
	detail.Replay(base, event.Func(func(e event.Event) { w.order.send(i, e) }))
	end := w.base(i)
	end.Type, end.Status, end.Cached = event.ComponentEnd, event.Status(detail.Status), true
	w.order.end(i, end)
}

// Work shows what the builder does besides components: downloads as progress, instructions with their output.
func (w *watcher) Work(work engine.Work) {
	if work.Name != "" {
		w.work[work.ID] = work.Name
	}
	name := w.work[work.ID]
	if work.Started != nil && !work.Cached {
		w.reasons.ranBefore(name)
	}
	e := event.Event{Time: time.Now(), Platform: w.platform, Stage: event.StageBuild, Name: name}
	switch {
	case len(work.Output) > 0:
		w.outputs.write(work.ID, work.Output, func(text string) {
			e.Type, e.Stream, e.Text = event.StepOutput, "stdout", text
			w.services.Events.Send(e)
		})
	case work.Total > 0 || work.Current > 0:
		e.Type, e.Current, e.Total, e.Done = event.Progress, work.Current, work.Total, work.Ended != nil
		w.services.Events.Send(e)
	case work.Ended != nil:
		w.outputs.end(work.ID)
	}
}

func (w *watcher) close() {
	w.outputs.close()
	for _, d := range w.decoders {
		if d != nil {
			_ = d.Close()
		}
	}
}

// detail reads the record in the log folder of component i, once.
func (w *watcher) detail(i int) (*runlog.Detail, error) {
	if w.details[i] != nil {
		return w.details[i], nil
	}
	folder, err := w.folder(i)
	if err != nil {
		return nil, err
	}
	w.details[i], err = runlog.Read(folder)
	return w.details[i], err
}

func (w *watcher) folder(i int) (string, error) {
	c := w.components[i]
	return w.services.Logs.LogFolder(event.StageBuild, c.Index, stage.LogName(w.in.Plan, w.in.Platform, c))
}

// results gives the outcome of every component that ran or was taken from the cache, from its log folder. It sends
// the events of those whose end nobody has seen.
func (w *watcher) results(built *engine.Build) []result.Component {
	var list []result.Component
	if built == nil {
		return nil
	}
	for i, c := range w.components {
		state := built.Components[i]
		if !state.HasLogs && w.decoders[i] == nil {
			w.reasons.ended(i, why.NotRun)
			continue
		}
		if state.Cached && !w.order.ended(i) {
			w.ComponentCached(i)
		}
		r := w.result(i, c, state)
		w.reasons.ended(i, w.outcome(r))
		end := w.base(i)
		end.Type, end.Status, end.Cached = event.ComponentEnd, event.Status(r.Status), r.Cached
		end.Duration, end.Message = time.Duration(r.Duration), r.FailureMessage
		w.order.end(i, end)
		list = append(list, r)
	}
	return list
}

// outcome is how a component ended, for the next build to tell why it runs again.
func (w *watcher) outcome(r result.Component) why.Outcome {
	switch {
	case r.Status == string(event.Success) || r.Status == string(event.SuccessIgnored):
		return why.Done
	case w.interrupted:
		return why.Interrupted
	default:
		return why.Failed
	}
}

func (w *watcher) result(i int, c plan.Component, state engine.ComponentState) result.Component {
	r := result.Component{
		Platform: w.platform, Name: c.Name, Version: c.Version, Digest: c.Digest, File: c.File, Cached: state.Cached, Phases: []result.Phase{},
		Status: string(event.Failed),
	}
	if !state.Cached {
		r.Why, r.Duration = w.reasons.explain(i), result.Seconds(ran(state))
	}
	folder, err := w.folder(i)
	if err != nil {
		return r
	}
	detail, err := w.detail(i)
	if err != nil {
		r.FailureMessage = "it left no log"
		if w.interrupted {
			r.Status, r.FailureMessage = string(event.Cancelled), ""
		}
		return r
	}
	r.LogFolder = w.services.Logs.Relative(folder)
	r.Status, r.FailureMessage, r.Phases = detail.Status, detail.FailureMessage, detail.Result()
	return r
}

// missingSecret is what BuildKit says of a secret that an instruction requires.
var missingSecret = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`: secret ([^ ]+): not found$`) })

// ran is how long a component ran; one whose end is not known ends now.
func ran(state engine.ComponentState) time.Duration {
	switch {
	case state.Started.IsZero():
		return 0
	case state.Ended.IsZero():
		return time.Since(state.Started)
	default:
		return state.Ended.Sub(state.Started)
	}
}

// failure explains err, which the engine gave.
func (w *watcher) failure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var component *engine.ComponentError
	var instruction *engine.InstructionError
	switch {
	case errors.As(err, &component):
		return w.componentFailure(component)
	case engine.IsDiskFull(err):
		return stage.Machine("build stage", err)
	case errors.As(err, &instruction):
		e := &stage.Error{
			Code: stage.CodeComponent, Message: instruction.Error(), Err: err,
			Mend: "correct the Dockerfile template and build again; the output of the instruction is above",
		}
		if secret := missingSecret().FindStringSubmatch(e.Message); secret != nil {
			e.Code, e.Mend = stage.CodeInput, fmt.Sprintf("the instruction requires it: --secret id=%[1]s,src=FILE or --secret id=%[1]s,env=VARIABLE", secret[1])
		}
		return e
	default:
		return stage.Machine("build stage", err)
	}
}

// notRun explains a component that left no log: its runner did not start, or was killed from outside.
func (w *watcher) notRun(c plan.Component, failed *engine.ComponentError) error {
	e := &stage.Error{Code: stage.CodeMachine, Component: c.Name, Message: "the runner did not run: " + failed.Error(), Err: failed}
	if w.stray != "" {
		e.Message = "the runner did not run: " + w.stray
	}
	if strings.Contains(w.stray, "exec format error") {
		cannot := stage.CannotRun(w.in.Platform.Name)
		e.Message, e.Mend = cannot.Message, cannot.Mend
	}
	if failed.ExitCode == 137 {
		e.Message, e.Mend = "the runner was killed", "most often the machine was out of memory: see `dmesg`"
	}
	return e
}

// componentFailure names phase, step and cause from the failed component's log folder.
func (w *watcher) componentFailure(failed *engine.ComponentError) error {
	c := w.components[failed.Index]
	e := &stage.Error{Code: stage.CodeComponent, Component: c.Name, Message: failed.Error(), Err: failed}
	detail, err := w.detail(failed.Index)
	if err != nil {
		if engine.IsDiskFull(failed) {
			return stage.Machine("component "+c.Name, failed)
		}
		return w.notRun(c, failed)
	}
	if phase, step, ok := detail.FailedStep(); ok {
		e.Phase, e.Step, e.Message = phase, step.Name, step.FailureMessage
	} else if detail.FailureMessage != "" {
		e.Message = detail.FailureMessage
	}
	return e
}
