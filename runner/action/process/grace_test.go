package process

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/slipway-oci/slipway/runner/action"
)

func TestGraceDependsOnTheCause(t *testing.T) {
	for _, c := range []struct {
		name  string
		cause error
		set   time.Duration
		want  time.Duration
	}{
		{"timeout", errors.New("timed out"), 0, TimeoutGrace},
		{"interruption", action.ErrInterrupted, 0, InterruptGrace},
		{"set", action.ErrInterrupted, time.Minute, time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			grace := Command{Grace: c.set}.grace(ctx)
			cancel(c.cause)
			if got := grace(); got != c.want {
				t.Errorf("grace = %v, want %v", got, c.want)
			}
		})
	}
}
