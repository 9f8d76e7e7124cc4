// Package test is the test stage: the test phases of all components run in fresh containers of the committed image,
// then the container-host-test phases beside the image's own process. Its entry point is Run.
package test

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/containerd/containerd/v2/core/content"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/kept"
	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/builder/stage"
	"github.com/slipway-oci/slipway/oci/store"
)

// Input is what the stage works on.
type Input struct {
	Plan     *plan.Plan
	Platform plan.Platform
	Image    store.Image
	Blobs    content.Store
	Timeout  time.Duration // of the whole stage; 0 means no limit
	// Isolated gives each component a container of its own; tests of different components then run side by side.
	Isolated bool
	// Keeper keeps the state that a failed test leaves; nil keeps none.
	Keeper *kept.Keeper
}

// parallel is how many isolated tests run at a time.
const parallel = 4

// hostStage names the log folders of container-host-test phases.
const hostStage event.Stage = "container-host-test"

// Run runs the tests in the image of one platform. A failed test is a *stage.Error with CodeTest; the results are
// there in any case, as far as the tests came.
func Run(ctx context.Context, s stage.Services, in Input) ([]result.Component, error) {
	if in.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, in.Timeout, errTimeout)
		defer cancel()
	}
	results, err := runTests(ctx, s, in)
	if err != nil {
		return results, err
	}
	hosted, err := runHosted(ctx, s, in)
	return append(results, hosted...), err
}

// Mark records with an image in the store whether its tests passed. An err that is not about a failed test, such as
// an interruption, leaves the image untested.
func Mark(ctx context.Context, s stage.Services, image store.Image, runID string, err error) error {
	test := store.Test{Status: store.Passed, Time: time.Now(), RunID: runID}
	if err != nil {
		if !failedTest(err) {
			return nil
		}
		test.Status = store.Failed
	}
	if err := s.Store.MarkTest(ctx, image.Digest(), test); err != nil {
		return stage.Machine("record the outcome of the tests", err)
	}
	return nil
}

// runTests runs the test phases, in one container or each component's in its own.
func runTests(ctx context.Context, s stage.Services, in Input) ([]result.Component, error) {
	components := in.Plan.TestStage()
	if len(components) == 0 {
		return []result.Component{}, nil
	}
	phases := func(c plan.Component) []string { return c.Phases.Test }
	if !in.Isolated {
		return newContainer(s, in, components, phases, event.StageTest).run(ctx)
	}
	results, failures := make([][]result.Component, len(components)), make([]error, len(components))
	slots := make(chan struct{}, parallel)
	var group sync.WaitGroup
	for i := range components {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			results[i], failures[i] = newContainer(s, in, components[i:i+1], phases, event.StageTest).run(ctx)
		})
	}
	group.Wait()
	all := []result.Component{}
	for _, r := range results {
		all = append(all, r...)
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
func runHosted(ctx context.Context, s stage.Services, in Input) ([]result.Component, error) {
	components := in.Plan.HostStage()
	if len(components) == 0 {
		return nil, nil
	}
	phases := func(c plan.Component) []string { return c.Phases.Host }
	c := newContainer(s, in, components, phases, hostStage)
	var err error
	if c.service, err = serviceOf(in.Image); err != nil {
		return nil, stage.Machine("read the image's config", err)
	}
	return c.run(ctx)
}

func failedTest(err error) bool {
	var e *stage.Error
	return errors.As(err, &e) && e.Code == stage.CodeTest
}
