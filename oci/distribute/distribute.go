package distribute

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/oci/registry"
	"github.com/slipway-oci/slipway/oci/store"
)

// Status says how it went with a target.
type Status string

// The statuses of a target.
const (
	Pushed  Status = "pushed"
	Present Status = "present" // had the image under all its tags already; nothing was written
	Loaded  Status = "loaded"  // given to a local engine
	Written Status = "written" // as a file or folder
	Failed  Status = "failed"
)

// Target is a place where images are published. Send must be idempotent: called again, it does what is missing.
type Target interface {
	// References are the names that point at the image afterwards, at least one.
	References() []string
	// Group names what targets share that makes it worthwhile to serve one before the others: the registry, from
	// whose first repository the others mount blobs.
	Group() string
	// Send publishes the image and returns how.
	Send(ctx context.Context, img store.Image, progress func(registry.Progress)) (Delivery, error)
}

// Uploader is a Target that can take an image's blobs before anyone may see the image.
type Uploader interface {
	Upload(ctx context.Context, img store.Image, progress func(registry.Progress)) (Delivery, error)
}

// local is a Target that is no registry, whose success has another name than "pushed".
type local interface{ done() Status }

// Delivery is what a target had to do.
type Delivery struct {
	Present     bool
	Transferred int   // blobs sent
	Mounted     int   // blobs taken from another repository of the registry
	Skipped     int   // blobs that were there
	Bytes       int64 // sent
}

// Outcome is the result for one target.
type Outcome struct {
	References []string
	Digest     v1.Hash
	Status     Status
	Delivery   Delivery
	Duration   time.Duration
	Err        error // a *TargetError when Failed
}

// Options says how to distribute. The zero value works.
type Options struct {
	// Progress is told of every blob of every target. It is called concurrently.
	Progress func(Progress)
	// Done is told of every outcome as soon as it is known. It is called concurrently.
	Done func(Outcome)
	// Jobs is how many targets are served at a time; zero means 4.
	Jobs int
}

// Progress says how far one blob is on its way to one target.
type Progress struct {
	Target string // its first reference
	registry.Progress
}

const defaultJobs = 4

// TargetError says which target failed.
type TargetError struct {
	Target string // its first reference
	Err    error
}

func (e *TargetError) Error() string { return fmt.Sprintf("target %q: %v", e.Target, e.Err) }

// Unwrap returns the cause, which may have a hint.
func (e *TargetError) Unwrap() error { return e.Err }

// Send publishes the image to all targets and returns one outcome for each, in the order of targets. It returns
// when all have ended; when ctx ends, what was not finished has failed with its cause. No target sees another digest
// than the image's.
func Send(ctx context.Context, img store.Image, targets []Target, opts Options) []Outcome {
	return each(ctx, img, targets, opts, func(t Target, progress func(registry.Progress)) (Delivery, error) {
		return t.Send(ctx, img, progress)
	})
}

// Upload brings the blobs of the image, and nothing that can be seen, to those targets that can take them alone. It
// may run while the image is being tested; a Send afterwards finds them there. An outcome that failed needs no
// attention, since Send tries again; a target that cannot take blobs alone has an outcome without a status.
func Upload(ctx context.Context, img store.Image, targets []Target, opts Options) []Outcome {
	return each(ctx, img, targets, opts, func(t Target, progress func(registry.Progress)) (Delivery, error) {
		u, ok := t.(Uploader)
		if !ok {
			return Delivery{}, errNoUpload
		}
		return u.Upload(ctx, img, progress)
	})
}

var errNoUpload = errors.New("the target takes whole images only")

// Errors joins the errors of all outcomes that failed, in their order; nil if none did.
func Errors(outcomes []Outcome) error {
	var errs []error
	for _, o := range outcomes {
		errs = append(errs, o.Err)
	}
	return errors.Join(errs...)
}

// each serves the groups of targets in parallel, and of each group the first target before the others.
func each(ctx context.Context, img store.Image, targets []Target, opts Options, send func(Target, func(registry.Progress)) (Delivery, error)) []Outcome {
	jobs := opts.Jobs
	if jobs <= 0 {
		jobs = defaultJobs
	}
	outcomes := make([]Outcome, len(targets))
	slots := make(chan struct{}, jobs)
	serve := func(n int) {
		slots <- struct{}{}
		defer func() { <-slots }()
		outcomes[n] = one(ctx, img, targets[n], opts, send)
		if opts.Done != nil && outcomes[n].Status != "" {
			opts.Done(outcomes[n])
		}
	}
	var groups sync.WaitGroup
	for _, members := range grouped(targets) {
		groups.Go(func() {
			serve(members[0])
			var others sync.WaitGroup
			for _, n := range members[1:] {
				others.Go(func() { serve(n) })
			}
			others.Wait()
		})
	}
	groups.Wait()
	return outcomes
}

// grouped returns the positions of targets by their group, in order of appearance.
func grouped(targets []Target) [][]int {
	position := map[string]int{}
	var groups [][]int
	for n, t := range targets {
		at, found := position[t.Group()]
		if !found {
			at = len(groups)
			position[t.Group()] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], n)
	}
	return groups
}

func one(ctx context.Context, img store.Image, t Target, opts Options, send func(Target, func(registry.Progress)) (Delivery, error)) Outcome {
	start := time.Now()
	outcome := Outcome{References: t.References(), Digest: img.Digest()}
	name := outcome.References[0]
	var progress func(registry.Progress)
	if opts.Progress != nil {
		progress = func(p registry.Progress) { opts.Progress(Progress{Target: name, Progress: p}) }
	}
	err := context.Cause(ctx)
	if err == nil {
		outcome.Delivery, err = send(t, progress)
	}
	outcome.Duration = time.Since(start)
	switch {
	case errors.Is(err, errNoUpload):
		return outcome
	case err != nil:
		outcome.Status, outcome.Err = Failed, &TargetError{Target: name, Err: err}
	case outcome.Delivery.Present:
		outcome.Status = Present
	default:
		outcome.Status = Pushed
		if l, ok := t.(local); ok {
			outcome.Status = l.done()
		}
	}
	return outcome
}
