package cli

import (
	"context"
	"sync"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/timing"
)

// opening is a builder that is being reached while something else goes on.
type opening struct {
	cancel context.CancelFunc
	done   chan struct{}
	engine *engine.Engine
	err    error

	waited, released sync.Once
	gone             chan struct{} // closed when the builder has been let go

	timings *timing.Recorder
}

func openEngine(ctx context.Context, o engine.Options, timings *timing.Recorder) *opening {
	ctx, cancel := context.WithCancel(ctx)
	b := &opening{cancel: cancel, done: make(chan struct{}), gone: make(chan struct{}), timings: timings}
	go func() {
		defer close(b.done)
		defer timings.Begin("builder start, beside the plan")()
		b.engine, b.err = engine.Open(ctx, o)
	}()
	return b
}

// wait returns the builder once it is reached.
func (b *opening) wait(ctx context.Context) (*engine.Engine, error) {
	b.waited.Do(func() {
		defer b.timings.Begin("waiting for the builder")()
		<-b.done
	})
	if b.err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return b.engine, b.err
}

// release lets go of the builder, reached or not, while something else goes on.
func (b *opening) release() {
	b.released.Do(func() {
		b.cancel()
		go b.end()
	})
}

func (b *opening) end() {
	defer close(b.gone)
	<-b.done
	if b.engine == nil {
		return
	}
	defer b.timings.Begin("builder end")()
	_ = b.engine.Close()
	b.engine.AwaitEnd(context.Background()) // which has a time limit
}

// close lets go of the builder and waits until an embedded one that nobody else uses has ended.
func (b *opening) close() {
	b.release()
	<-b.gone
}
