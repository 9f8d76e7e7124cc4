package test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/containerd/platforms"
	"github.com/opencontainers/go-digest"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/kept"
	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/builder/runlog"
	"github.com/slipway-oci/slipway/builder/stage"
)

var errTimeout = errors.New("the tests took longer than their time limit")

// container is one fresh container in which the tests of one or more components run, up to the first that fails. It
// is a sink for the runner's events, around which it puts the start and end of each component.
type container struct {
	services   stage.Services
	in         Input
	components []plan.Component
	phases     func(plan.Component) []string
	logs       event.Stage // names the log folders
	service    *engine.Service
	reports    *stage.Collector

	mu      sync.Mutex
	current int
	ended   []bool
	begun   []time.Time
}

func newContainer(s stage.Services, in Input, components []plan.Component, phases func(plan.Component) []string, logs event.Stage) *container {
	return &container{
		services: s, in: in, components: components, phases: phases, logs: logs, ended: make([]bool, len(components)),
		reports: stage.NewCollector(s, in.Plan, in.Platform, logs),
	}
}

func (c *container) run(ctx context.Context) (Output, error) {
	spec, err := c.spec(ctx)
	if err != nil {
		return Output{}, err
	}
	spec.Reports = c.reports.Reports(c.components)
	decoder := &runlog.Decoder{Base: c.base, Sink: c}
	watch := &moments{Writer: decoder}
	spec.Events = watch
	builder, err := c.services.Engine(ctx)
	if err != nil {
		return Output{}, err
	}
	c.start(0)
	begun := time.Now()
	code, err := builder.Test(ctx, spec)
	watch.record(c.services.Timings, begun)
	_ = decoder.Close()
	results := c.results(ctx)
	return Output{Tests: results, Reports: c.reports.Kept()}, c.outcome(ctx, code, err, results)
}

func (c *container) spec(ctx context.Context) (engine.TestSpec, error) {
	platform, err := platforms.Parse(c.in.Platform.Name)
	if err != nil {
		return engine.TestSpec{}, fmt.Errorf("platform %q: %w", c.in.Platform.Name, err)
	}
	config, err := c.in.Image.Config()
	if err != nil {
		return engine.TestSpec{}, stage.Machine("read the image's config", err)
	}
	spec := engine.TestSpec{
		Platform: platform, Store: c.in.Blobs, Service: c.service, Secrets: c.services.Secrets,
		Image: engine.Image{Digest: digest.Digest(c.in.Image.Digest().String())},
		Env: append(config.Config.Env,
			"TEST_IMAGE_DIGEST="+c.in.Image.Digest().String(), "TEST_IMAGE_REF="+c.in.Image.Name, "TEST_TARGET_HOST=127.0.0.1"),
		LogFolder: func(i int) (string, error) {
			return c.folder(c.components[i])
		},
	}
	if c.in.Keeper != nil {
		spec.KeepFailed = func(i int, rootfs io.Reader) error { return c.keep(ctx, spec.Env, i, rootfs) }
	}
	restart := stage.RestartContainer
	if c.service != nil {
		restart = stage.NoRestart
	}
	for i, component := range c.components {
		files, err := stage.Files(component, c.phases(component), c.in.Plan.WorkingDirectory, engine.TestFolder(i), restart)
		if err != nil {
			return spec, err
		}
		spec.Components = append(spec.Components, engine.Component{
			Title: stage.Title(component), Files: files, Secrets: component.Secrets, Fetches: stage.Fetches(component.Document),
		})
	}
	return spec, nil
}

// keep keeps the container as the tests of component i left it.
func (c *container) keep(ctx context.Context, env []string, i int, rootfs io.Reader) error {
	folder, err := c.folder(c.components[i])
	if err != nil {
		return err
	}
	return c.in.Keeper.Keep(context.WithoutCancel(ctx), c.services, kept.Failed{ // also when the time limit ended the tests
		Plan: c.in.Plan, Platform: c.in.Platform, Component: c.components[i], Phases: c.phases(c.components[i]),
		LogFolder: folder, Env: env, RootFS: rootfs,
	})
}

func (c *container) base(run int) event.Event {
	component := c.components[min(run, len(c.components)-1)]
	e := event.Event{
		Time: time.Now(), Stage: event.StageTest, Component: component.Name, Index: component.Index, Count: len(c.in.Plan.Components),
	}
	e.Platform = stage.PlatformName(c.in.Plan, c.in.Platform)
	return e
}

func (c *container) folder(component plan.Component) (string, error) {
	return c.services.Logs.LogFolder(c.logs, component.Index, stage.LogName(c.in.Plan, c.in.Platform, component))
}

func (c *container) start(i int) {
	c.begun = append(c.begun, time.Now())
	e := c.base(i)
	e.Type = event.ComponentStart
	c.services.Events.Send(e)
}

// Send passes an event on; the first one of a component ends the one before.
func (c *container) Send(e event.Event) {
	c.mu.Lock()
	for c.current+1 < len(c.components) && e.Index != c.components[c.current].Index {
		c.end(c.current, event.Success, "")
		c.current++
		c.start(c.current)
	}
	c.mu.Unlock()
	c.services.Events.Send(e)
}

func (c *container) end(i int, status event.Status, message string) {
	if c.ended[i] {
		return
	}
	c.ended[i] = true
	e := c.base(i)
	e.Type, e.Status, e.Message, e.Duration = event.ComponentEnd, status, message, time.Since(c.begun[i])
	c.services.Events.Send(e)
}

// results reads the outcome of every component that was begun from its log folder.
func (c *container) results(ctx context.Context) []result.Component {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := []result.Component{}
	for i, component := range c.components[:c.current+1] {
		r := result.Component{
			Platform: stage.PlatformName(c.in.Plan, c.in.Platform), Name: component.Name, Version: component.Version, Digest: component.Digest, File: component.File, Status: string(event.Failed),
			Phases: []result.Phase{},
		}
		if ctx.Err() != nil && !errors.Is(context.Cause(ctx), errTimeout) {
			r.Status = string(event.Cancelled)
		}
		if folder, err := c.folder(component); err == nil {
			r.LogFolder = c.services.Logs.Relative(folder)
			if detail, err := runlog.Read(folder); err == nil {
				r.Status, r.FailureMessage, r.Phases = detail.Status, detail.FailureMessage, detail.Result()
				r.Duration = result.Seconds(detail.Duration())
			}
		}
		c.end(i, event.Status(r.Status), r.FailureMessage)
		list = append(list, r)
	}
	return list
}

// outcome explains how the engine's run of the tests ended.
func (c *container) outcome(ctx context.Context, code int, err error, results []result.Component) error {
	var service *engine.ServiceError
	switch {
	case errors.Is(context.Cause(ctx), errTimeout):
		return c.tooLong(results)
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &service):
		return c.failure(nil, service.Error())
	case err != nil:
		return stage.Machine("test stage", err)
	case code != 0:
		return c.failure(results, fmt.Sprintf("the runner ended with exit code %d", code))
	default:
		return nil
	}
}

// tooLong names the step that ran when the time was up.
func (c *container) tooLong(results []result.Component) error {
	e := c.failure(results, "")
	e.Message = fmt.Sprintf("the tests took longer than %s", display(timeout(c.in.Plan)))
	e.Mend = "their limit is imageTestsConfiguration.timeoutMinutes in the recipe, or --test-timeout"
	return e
}

// display writes a duration without the zeros behind it.
func display(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = strings.TrimSuffix(text, zero[1:])
		}
	}
	return text
}

// failure names the failed test; message is for the case that the logs tell nothing.
func (c *container) failure(results []result.Component, message string) *stage.Error {
	e := &stage.Error{
		Code: stage.CodeTest, Component: c.components[c.current].Name, Message: message,
		Mend: "nothing was pushed; the image stays in the image store, marked failed: slipway image show " + c.in.Image.Name,
	}
	for _, component := range results {
		for _, p := range component.Phases {
			for _, s := range p.Steps {
				if s.Status == string(event.Failed) || s.Status == "inProgress" {
					e.Component, e.Phase, e.Step, e.Message = component.Name, p.Name, s.Name, s.FailureMessage
				}
			}
		}
	}
	return e
}
