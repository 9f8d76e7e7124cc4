// Package test is the test stage: the test phases of all components run in fresh containers of the committed image,
// then the container-host-test phases beside the image's own process. Its entry point is Run.
package test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/containerd/containerd/v2/core/content"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/kept"
	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/builder/stage"
	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/store"
)

// Input is what the stage works on.
type Input struct {
	Plan     *plan.Plan
	Platform plan.Platform
	Image    store.Image
	Blobs    content.Store
	// Isolated gives each component a container of its own; tests of different components then run side by side.
	Isolated bool
	// Keeper keeps the state that a failed test leaves; nil keeps none.
	Keeper *kept.Keeper
	// Cached leaves the tests out when they passed before.
	Cached bool
}

// Output is what the stage found.
type Output struct {
	Tests   []result.Component
	Reports []result.Report
}

// parallel is how many isolated tests run at a time.
const parallel = 4

// hostStage names the log folders of container-host-test phases.
const hostStage event.Stage = "container-host-test"

// Limit ends the test stage of a plan, all platforms of it, after its timeout: from then on Run fails with a test that
// took too long.
func Limit(ctx context.Context, p *plan.Plan) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, timeout(p), errTimeout)
}

func timeout(p *plan.Plan) time.Duration { return time.Duration(p.TestTimeout * float64(time.Second)) }

// Run runs the tests in the image of one platform. A failed test is a *stage.Error with CodeTest; the output is there in
// any case, as far as the tests came.
func Run(ctx context.Context, s stage.Services, in Input) (Output, error) {
	if in.Cached {
		if out, ok := recall(s, in); ok {
			return out, nil
		}
	}
	out, err := run(ctx, s, in)
	if err == nil {
		remember(s, in, out)
	}
	return out, err
}

func run(ctx context.Context, s stage.Services, in Input) (Output, error) {
	out, err := runTests(ctx, s, in)
	if err != nil {
		return out, err
	}
	hosted, err := runHosted(ctx, s, in)
	return out.and(hosted), err
}

// and adds what came later.
func (o Output) and(later Output) Output {
	return Output{Tests: append(o.Tests, later.Tests...), Reports: append(o.Reports, later.Reports...)}
}

// Suite names the components whose tests a plan has, in their normal form and with commas between.
func Suite(p *plan.Plan) string {
	var names []string
	for _, c := range slices.Concat(p.TestStage(), p.HostStage()) {
		names = append(names, strings.ReplaceAll(ref.Normal(c.Name), ",", "-"))
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ",")
}

// Mark records with an image in the store whether its tests passed; of record, status and time are filled in. An
// outcome that is not about a failed test, such as an interruption, leaves the image as it was.
func Mark(ctx context.Context, s stage.Services, image store.Image, record store.Test, outcome error) error {
	record.Status, record.Time = store.Passed, time.Now()
	if outcome != nil {
		if !failedTest(outcome) {
			return nil
		}
		record.Status = store.Failed
	}
	if err := s.Store.MarkTest(ctx, image.Digest(), record); err != nil {
		return stage.Machine("record the outcome of the tests", err)
	}
	return nil
}

// runTests runs the test phases, in one container or each component's in its own.
func runTests(ctx context.Context, s stage.Services, in Input) (Output, error) {
	components := in.Plan.TestStage()
	if len(components) == 0 {
		return Output{Tests: []result.Component{}}, nil
	}
	phases := func(c plan.Component) []string { return c.Phases.Test }
	if !in.Isolated {
		return newContainer(s, in, components, phases, event.StageTest).run(ctx)
	}
	outputs, failures := make([]Output, len(components)), make([]error, len(components))
	slots := make(chan struct{}, parallel)
	var group sync.WaitGroup
	for i := range components {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			outputs[i], failures[i] = newContainer(s, in, components[i:i+1], phases, event.StageTest).run(ctx)
		})
	}
	group.Wait()
	all := Output{Tests: []result.Component{}}
	for _, out := range outputs {
		all = all.and(out)
	}
	return all, first(failures)
}

// first returns the first failure; a fault of the machine outweighs failed tests.
func first(failures []error) error {
	var found error
	for _, err := range failures {
		if err != nil && (found == nil || failedTest(found) && !failedTest(err)) {
			found = err
		}
	}
	return found
}

// runHosted runs the container-host-test phases beside the image's own process.
func runHosted(ctx context.Context, s stage.Services, in Input) (Output, error) {
	components := in.Plan.HostStage()
	if len(components) == 0 {
		return Output{}, nil
	}
	phases := func(c plan.Component) []string { return c.Phases.Host }
	c := newContainer(s, in, components, phases, hostStage)
	service, err := serviceOf(in.Image)
	if err != nil {
		return Output{}, stage.Machine("read the image's config", err)
	}
	log, err := openServiceLog(s, in)
	if err != nil {
		return Output{}, stage.Machine("keep the output of the image's own process", err)
	}
	defer func() { _ = log.Close() }()
	service.Output, c.service = log, service
	return c.run(ctx)
}

func failedTest(err error) bool {
	var e *stage.Error
	return errors.As(err, &e) && e.Code == stage.CodeTest
}
