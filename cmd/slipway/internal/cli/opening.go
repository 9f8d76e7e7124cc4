package cli

import (
	"context"

	"github.com/slipway-oci/slipway/builder/engine"
)

// opening is a builder that is being reached while something else goes on.
type opening struct {
	cancel context.CancelFunc
	done   chan struct{}
	engine *engine.Engine
	err    error
}

func openEngine(ctx context.Context, o engine.Options) *opening {
	ctx, cancel := context.WithCancel(ctx)
	b := &opening{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(b.done)
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
	_ = b.engine.Close()
	b.engine.AwaitEnd(ctx)
}
