// Package test is the test stage: the test phases of all components run in a fresh container of the committed image.
// Its entry point is Run.
package test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/platforms"
	"github.com/opencontainers/go-digest"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/builder/runlog"
	"github.com/slipway-oci/slipway/builder/stage"
	"github.com/slipway-oci/slipway/oci/store"
)

// Input is what the stage works on.
type Input struct {
	Plan     *plan.Plan
	Platform plan.Platform
	Image    store.Image
	Blobs    content.Store
	RunID    string
	Timeout  time.Duration // of the whole stage; 0 means no limit
}

// Run runs the tests and records their outcome with the image in the store. A failed test is a *stage.Error with
// CodeTest; the results are there in any case, as far as the tests came.
func Run(ctx context.Context, s stage.Services, in Input) ([]result.Component, error) {
	components := in.Plan.TestStage()
	spec, err := newSpec(s, in, components)
	if err != nil {
		return nil, err
	}
	w := &watcher{services: s, in: in, components: components, ended: make([]bool, len(components))}
	decoder := &runlog.Decoder{Base: w.base, Sink: w}
	spec.Events = decoder
	w.start(0)
	code, err := s.Engine.Test(ctx, spec)
	_ = decoder.Close()
	results := w.results()
	if err = w.outcome(ctx, code, err, results); err != nil && !failedTest(err) {
		return results, err
	}
	return results, errors.Join(err, mark(ctx, s, in, err == nil))
}

func failedTest(err error) bool {
	var e *stage.Error
	return errors.As(err, &e) && e.Code == stage.CodeTest
}

func mark(ctx context.Context, s stage.Services, in Input, passed bool) error {
	test := store.Test{Status: store.Failed, Time: time.Now(), RunID: in.RunID}
	if passed {
		test.Status = store.Passed
	}
	if err := s.Store.MarkTest(ctx, in.Image.Digest(), test); err != nil {
		return stage.Machine("record the outcome of the tests", err)
	}
	return nil
}

func newSpec(s stage.Services, in Input, components []plan.Component) (engine.TestSpec, error) {
	platform, err := platforms.Parse(in.Platform.Name)
	if err != nil {
		return engine.TestSpec{}, fmt.Errorf("platform %q: %w", in.Platform.Name, err)
	}
	config, err := in.Image.Config()
	if err != nil {
		return engine.TestSpec{}, stage.Machine("read the image's config", err)
	}
	spec := engine.TestSpec{
		Platform: platform, Store: in.Blobs, Timeout: in.Timeout, Env: config.Config.Env, Secrets: s.Secrets,
		Image: engine.Image{Digest: digest.Digest(in.Image.Digest().String())},
		LogFolder: func(i int) (string, error) {
			return s.Logs.LogFolder(event.StageTest, components[i].Index, components[i].Name)
		},
	}
	for i, c := range components {
		files, err := stage.Files(c, c.Phases.Test, in.Plan.WorkingDirectory, engine.TestFolder(i))
		if err != nil {
			return spec, err
		}
		spec.Components = append(spec.Components, engine.Component{Title: stage.Title(c), Files: files, Secrets: c.Secrets})
	}
	return spec, nil
}

// watcher sends the events of the stage: those of the runner, and the start and end of each component around them.
type watcher struct {
	services   stage.Services
	in         Input
	components []plan.Component

	mu      sync.Mutex
	current int
	ended   []bool
	begun   []time.Time
}

func (w *watcher) base(run int) event.Event {
	c := w.components[min(run, len(w.components)-1)]
	e := event.Event{Time: time.Now(), Stage: event.StageTest, Component: c.Name, Index: c.Index, Count: len(w.components)}
	if len(w.in.Plan.Platforms) > 1 {
		e.Platform = w.in.Platform.Name
	}
	return e
}

func (w *watcher) start(i int) {
	w.begun = append(w.begun, time.Now())
	e := w.base(i)
	e.Type = event.ComponentStart
	w.services.Events.Send(e)
}

// Send passes an event on; the first one of a component ends the one before.
func (w *watcher) Send(e event.Event) {
	w.mu.Lock()
	for w.current+1 < len(w.components) && e.Index != w.components[w.current].Index {
		w.end(w.current, event.Success, "")
		w.current++
		w.start(w.current)
	}
	w.mu.Unlock()
	w.services.Events.Send(e)
}

func (w *watcher) end(i int, status event.Status, message string) {
	if w.ended[i] {
		return
	}
	w.ended[i] = true
	e := w.base(i)
	e.Type, e.Status, e.Message, e.Duration = event.ComponentEnd, status, message, time.Since(w.begun[i])
	w.services.Events.Send(e)
}

// results reads the outcome of every component that was begun from its log folder.
func (w *watcher) results() []result.Component {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := []result.Component{}
	for i, c := range w.components[:w.current+1] {
		r := result.Component{
			Name: c.Name, Version: c.Version, Digest: c.Digest, Status: string(event.Failed), Phases: []result.Phase{},
		}
		if folder, err := w.services.Logs.LogFolder(event.StageTest, c.Index, c.Name); err == nil {
			r.LogFolder = w.services.Logs.Relative(folder)
			if detail, err := runlog.Read(folder); err == nil {
				r.Status, r.FailureMessage, r.Phases = detail.Status, detail.FailureMessage, detail.Result()
				r.Duration = result.Seconds(detail.Duration())
			}
		}
		w.end(i, event.Status(r.Status), r.FailureMessage)
		list = append(list, r)
	}
	return list
}

// outcome explains how the engine's run of the tests ended.
func (w *watcher) outcome(ctx context.Context, code int, err error, results []result.Component) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, engine.ErrTestTimeout):
		return w.failure(results, fmt.Sprintf("the tests took longer than %s", w.in.Timeout))
	case err != nil:
		return stage.Machine("test stage", err)
	case code != 0:
		return w.failure(results, fmt.Sprintf("the runner ended with exit code %d", code))
	default:
		return nil
	}
}

// failure names the failed test; message is for the case that the logs tell nothing.
func (w *watcher) failure(results []result.Component, message string) error {
	e := &stage.Error{
		Code: stage.CodeTest, Component: w.components[w.current].Name, Message: message,
		Mend: "nothing was pushed; the image stays in the image store, marked failed: slipway image show " + w.in.Image.Name,
	}
	for _, c := range results {
		for _, p := range c.Phases {
			for _, s := range p.Steps {
				if s.Status == string(event.Failed) || s.Status == "inProgress" {
					e.Component, e.Phase, e.Step, e.Message = c.Name, p.Name, s.Name, s.FailureMessage
				}
			}
		}
	}
	return e
}
