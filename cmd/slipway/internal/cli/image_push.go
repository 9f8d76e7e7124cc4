package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
	"github.com/slipway-oci/slipway/oci/distribute"
	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/registry"
	"github.com/slipway-oci/slipway/oci/store"
)

type imagePushOptions struct {
	option.Registry
	option.Progress
	option.Format
	image      string
	references []string
	untested   bool
	force      bool
}

func (a *app) imagePushCmd() *cobra.Command {
	var o imagePushOptions
	cmd := &cobra.Command{
		Use:   "push [flags] IMAGE REFERENCE...",
		Short: "Push an image of the store to registries",
		Long: "Push an image of the store to registries, under every REFERENCE, or to the local Docker Engine or Podman as\n" +
			"docker-daemon:NAME:TAG. What a registry has already is not sent again, so this goes on where a build's push\n" +
			"broke off. Only a digest whose tests passed is pushed; an image that was never tested needs --untested. Of an\n" +
			"image for several platforms, the tests of all must have passed.",
		Example: "  slipway image push web:1.0.0-1 localhost:5000/web:1.0.0 localhost:5000/web:latest",
		Args:    arguments(2, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.image, o.references = args[0], args[1:]
			return a.runImagePush(cmd.Context(), &o)
		},
		ValidArgsFunction: a.completePointers(1),
	}
	o.Registry.AddFlags(cmd.Flags())
	o.Progress.AddFlags(cmd.Flags())
	o.Format.AddFlags(cmd.Flags())
	cmd.Flags().BoolVar(&o.untested, "untested", false, "push even if the image was never tested")
	cmd.Flags().BoolVar(&o.force, "force", false, "push even if the tests of the image failed, or never ran")
	return cmd
}

// untestedImage refuses to push an image that no test has passed.
type untestedImage struct{ image string }

func (e untestedImage) Error() string {
	return fmt.Sprintf("image %s was not tested: no run has recorded that its tests passed", e.image)
}

func (e untestedImage) Hint() string {
	return fmt.Sprintf("test it with `slipway test %s -c TESTS.yaml`, or push it as it is with --untested", e.image)
}

func (untestedImage) ExitCode() int { return TestFailed }

// failedImage refuses to push an image whose tests failed.
type failedImage struct{ image, run string }

func (e failedImage) Error() string {
	text := fmt.Sprintf("the tests of image %s failed", e.image)
	if e.run != "" {
		text += " in run " + e.run
	}
	return text
}

func (e failedImage) Hint() string {
	if e.run == "" {
		return "push it nevertheless with --force"
	}
	return fmt.Sprintf("see why with `slipway runs logs %s`, or push it nevertheless with --force", e.run)
}

func (failedImage) ExitCode() int { return TestFailed }

// gate refuses what may not be pushed.
func (o *imagePushOptions) gate(ctx context.Context, image store.Image) error {
	tests, err := image.Tested(ctx)
	switch {
	case err != nil:
		return err
	case tests.Status == store.Failed && !o.force:
		return failedImage{o.image, tests.RunID}
	case tests.Status == store.Untested && !o.untested && !o.force:
		return untestedImage{o.image}
	default:
		return nil
	}
}

func (a *app) runImagePush(ctx context.Context, o *imagePushOptions) error {
	images, err := a.images()
	if err != nil {
		return err
	}
	image, err := images.Resolve(ctx, o.image)
	if err != nil {
		return err
	}
	if err := o.gate(ctx, image); err != nil {
		return err
	}
	d := o.StartDisplay(a.Stderr, a.terminal(a.Stderr), sizeOf(a.Stderr), a.debug)
	client := o.Client(func(r registry.RetryEvent) { d.Send(retryEvent(event.StagePublish, r)) })
	defer client.Close()
	var targets []distribute.Target
	for _, text := range o.references {
		target, err := a.pushTarget(client, text)
		if err != nil {
			return errors.Join(err, d.Close())
		}
		targets = append(targets, target)
	}
	outcomes := push(ctx, image, targets, d)
	if err := errors.Join(d.Close(), writeOutcomes(a.Stdout, outcomes, &o.Format)); err != nil {
		return err
	}
	if err := distribute.Errors(outcomes); err != nil {
		return publishError{err}
	}
	return nil
}

// pushTarget is where a reference points: a registry, or the local engine.
func (a *app) pushTarget(client *registry.Client, text string) (distribute.Target, error) {
	r, err := ref.Parse(text)
	if err != nil {
		return nil, err
	}
	if r.Transport == ref.Registry {
		return distribute.Registry(client, r, registry.PushOptions{}), nil
	}
	if r.Transport != ref.Daemon || r.Tag == "" {
		return nil, usageError{fmt.Errorf("%q is no place to push to", text), "write REGISTRY/NAME:TAG, or docker-daemon:NAME:TAG for the local Docker Engine"}
	}
	engine, err := a.daemon().Client()
	if err != nil {
		return nil, err
	}
	return distribute.Daemon(engine, []ref.Ref{r}), nil
}

// publishError is a push that failed.
type publishError struct{ error }

func (e publishError) Unwrap() error { return e.error }

func (publishError) ExitCode() int { return PublishFailed }

// push sends an image and shows how far it is.
func push(ctx context.Context, image store.Image, targets []distribute.Target, events event.Sink) []distribute.Outcome {
	start := time.Now()
	events.Send(event.Event{Time: start, Type: event.StageStart, Stage: event.StagePublish})
	outcomes := distribute.Send(ctx, image, targets, distribute.Options{Progress: func(p distribute.Progress) {
		events.Send(event.Event{
			Time: time.Now(), Type: event.Progress, Stage: event.StagePublish, Name: "layer " + p.Digest.String(),
			Current: p.Current, Total: p.Total, Done: p.Done,
		})
	}})
	end := event.Event{
		Time: time.Now(), Type: event.StageEnd, Stage: event.StagePublish, Status: event.Success, Duration: time.Since(start),
	}
	if distribute.Errors(outcomes) != nil {
		end.Status = event.Failed
	}
	events.Send(end)
	return outcomes
}

// writeOutcomes writes the references that have the image now, with its digest, or as JSON all of them.
func writeOutcomes(w io.Writer, outcomes []distribute.Outcome, format *option.Format) error {
	targets := []result.Target{}
	for _, o := range outcomes {
		message := ""
		if o.Err != nil {
			message = o.Err.Error()
		}
		for _, r := range o.References {
			targets = append(targets, result.Target{Reference: r, Digest: o.Digest.String(), Status: string(o.Status), Message: message})
		}
	}
	if format.JSON() {
		return display.WriteJSON(w, targets)
	}
	for _, t := range targets {
		if t.Status == string(distribute.Failed) {
			continue
		}
		if _, err := fmt.Fprintf(w, "%s@%s\n", display.Clean(t.Reference), t.Digest); err != nil {
			return err
		}
	}
	return nil
}

// retryEvent tells that a request to a registry is tried again.
func retryEvent(stage event.Stage, r registry.RetryEvent) event.Event {
	return event.Event{
		Time: time.Now(), Type: event.Log, Stage: stage, Level: "warn",
		Message: fmt.Sprintf("%v; attempt %d of %d in %s", r.Err, r.Attempt+1, r.Of, display.Duration(r.Wait)),
	}
}
