package publish

import (
	"context"
	"sync/atomic"

	"github.com/slipway-oci/slipway/builder/stage"
	"github.com/slipway-oci/slipway/oci/distribute"
)

// Ahead is an upload of an image's blobs that goes on while the image is tested. Nobody can see the image before Run
// writes its manifest and tags; what failed ahead is done again by Run.
type Ahead struct {
	cancel context.CancelFunc
	ended  chan struct{}
	shown  atomic.Bool // progress is told of, which would mix with that of tests before
}

// Begin starts the upload to the registries among the targets. Stop must be called in the end.
func Begin(ctx context.Context, s stage.Services, in Input) *Ahead {
	ctx, cancel := context.WithCancel(ctx)
	a := &Ahead{cancel: cancel, ended: make(chan struct{})}
	tell := progress(s.Events)
	go func() {
		defer close(a.ended)
		targets, err := group(in)
		if err != nil {
			return // Run says so
		}
		distribute.Upload(ctx, in.Image, targets, distribute.Options{Progress: func(p distribute.Progress) {
			if a.shown.Load() {
				tell(p)
			}
		}})
	}()
	return a
}

// Wait returns when all blobs are there or could not be sent, and tells of the progress from now on.
func (a *Ahead) Wait() {
	a.shown.Store(true)
	<-a.ended
}

// Stop ends the upload if it has not ended.
func (a *Ahead) Stop() {
	a.cancel()
	<-a.ended
}
