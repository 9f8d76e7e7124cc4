package cli

import (
	"context"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/timing"
)

// opening is a builder that is being reached while something else goes on.
type opening struct {
	cancel context.CancelFunc
	done   chan struct{}
	engine *engine.Engine
	err    error

	timings *timing.Recorder
}

func openEngine(ctx context.Context, o engine.Options, timings *timing.Recorder) *opening {
	ctx, cancel := context.WithCancel(ctx)
	b := &opening{cancel: cancel, done: make(chan struct{}), timings: timings}
	go func() {
		defer close(b.done)
		defer timings.Begin("builder start, beside the plan")()
		b.engine, b.err = engine.Open(ctx, o)
	}()
	return b
}

// wait returns the builder once it is reached.
func (b *opening) wait() (*engine.Engine, error) {
	<-b.done
	return b.engine, b.err
}

// close lets go of the builder, reached or not, and waits until an embedded one that nobody else uses has ended.
func (b *opening) close(ctx context.Context) {
	b.cancel()
	<-b.done
	if b.engine == nil {
		return
	}
	defer b.timings.Begin("builder end")()
	_ = b.engine.Close()
	b.engine.AwaitEnd(ctx)
}
