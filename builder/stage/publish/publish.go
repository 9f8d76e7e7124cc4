// Package publish is the publish stage: the tested digest goes to every target. Its entry point is Run.
package publish

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/builder/stage"
	"github.com/slipway-oci/slipway/oci/distribute"
	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/registry"
	"github.com/slipway-oci/slipway/oci/store"
)

// Input is what the stage works on.
type Input struct {
	Targets  []plan.Target
	Local    []distribute.Target // engines and files on this machine
	Image    store.Image         // the image that was tested
	Registry *registry.Client
	Ahead    *Ahead // an upload that was begun before, or nil
}

// Run pushes the image to all targets, each repository once with all its tags. A target that fails does not stop the
// others; then the error is a *stage.Error with CodePublish, and the outcomes tell which failed.
func Run(ctx context.Context, s stage.Services, in Input) ([]result.Target, error) {
	targets, err := group(in)
	if err != nil {
		return nil, &stage.Error{Code: stage.CodeInput, Message: err.Error(), Err: err}
	}
	if in.Ahead != nil {
		in.Ahead.Wait()
	}
	outcomes := distribute.Send(ctx, in.Image, append(targets, in.Local...), distribute.Options{Progress: progress(s.Events)})
	records := []result.Target{}
	for _, o := range outcomes {
		for _, reference := range o.References {
			records = append(records, record(reference, o))
		}
	}
	if ctx.Err() != nil {
		return records, context.Cause(ctx)
	}
	if err := distribute.Errors(outcomes); err != nil {
		return records, failure(in.Image, outcomes, err)
	}
	return records, nil
}

// group gives each repository one target, in the order of the plan.
func group(in Input) ([]distribute.Target, error) {
	var order []string
	tags := map[string][]string{}
	for _, t := range in.Targets {
		if _, ok := tags[t.Repository]; !ok {
			order = append(order, t.Repository)
		}
		tags[t.Repository] = append(tags[t.Repository], t.Tag)
	}
	var targets []distribute.Target
	for _, repository := range order {
		first, err := ref.ParseRegistry(repository + ":" + tags[repository][0])
		if err != nil {
			return nil, err
		}
		targets = append(targets, distribute.Registry(in.Registry, first, registry.PushOptions{Tags: tags[repository][1:]}))
	}
	return targets, nil
}

func record(reference string, o distribute.Outcome) result.Target {
	t := result.Target{Reference: reference, Status: string(o.Status), Digest: o.Digest.String()}
	if o.Err != nil {
		t.Message, t.Digest = o.Err.Error(), ""
	}
	return t
}

func progress(events event.Sink) func(distribute.Progress) {
	return func(p distribute.Progress) {
		if p.Done && p.How != registry.Transferred {
			return
		}
		events.Send(event.Event{
			Time: time.Now(), Type: event.Progress, Stage: event.StagePublish, Name: p.Target + " " + p.Digest.String(),
			Current: p.Current, Total: p.Total, Done: p.Done,
		})
	}
}

// canPush reports whether `slipway image push` goes there: to registries and engines, not to files.
func canPush(reference string) bool {
	r, err := ref.Parse(reference)
	return err == nil && (r.Transport == ref.Registry || r.Transport == ref.Daemon)
}

// pushCommand is the command that pushes an image later. What was built without tests is not held up by their lack.
func pushCommand(image store.Image) string {
	now, err := image.Store().Resolve(context.Background(), image.Digest().String())
	if err == nil && now.Test.Status == store.Untested {
		return "slipway image push --untested " + image.Name
	}
	return "slipway image push " + image.Name
}

// failure says which targets failed. The hint is how to go on without building again.
func failure(image store.Image, outcomes []distribute.Outcome, err error) error {
	var missing []string
	for _, o := range outcomes {
		for _, reference := range o.References {
			if o.Err != nil && canPush(reference) {
				missing = append(missing, reference)
			}
		}
	}
	e := &stage.Error{Code: stage.CodePublish, Message: err.Error(), Err: err, Mend: "the image is in the image store"}
	if len(missing) > 0 {
		e.Mend += "; go on with: " + pushCommand(image) + " " + strings.Join(missing, " ")
	}
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		e.Mend = hinted.Hint() + "; " + e.Mend
	}
	return e
}
