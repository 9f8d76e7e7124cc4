//go:build linux

package system_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/actiontest"
	"github.com/slipway-oci/slipway/runner/action/system"
)

func TestReboot(t *testing.T) {
	var waited time.Duration
	m := system.Reboot{Wait: func(_ context.Context, d time.Duration) error { waited += d; return nil }}
	for _, e := range []action.Entry{{}, {"delaySeconds": int64(7)}} {
		req, _ := actiontest.Request(t, e)
		result, err := m.Run(t.Context(), req)
		if err != nil || result.Reboot != action.RebootNextStep {
			t.Errorf("%v: result = %+v, %v", e, result, err)
		}
	}
	if waited != 7*time.Second {
		t.Errorf("waited %v", waited)
	}
	for _, delay := range []int64{-1, 1 << 40} {
		req, _ := actiontest.Request(t, action.Entry{"delaySeconds": delay})
		if result, err := m.Run(t.Context(), req); err == nil || result.Reboot != action.NoReboot {
			t.Errorf("a delay of %d is accepted", delay)
		}
	}
}

func TestRebootDelayEndsWithItsContext(t *testing.T) {
	req, _ := actiontest.Request(t, action.Entry{"delaySeconds": int64(3600)})
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(action.ErrInterrupted)
	result, err := system.Reboot{}.Run(ctx, req)
	if !errors.Is(err, action.ErrInterrupted) || result.Reboot != action.NoReboot {
		t.Errorf("result = %+v, %v", result, err)
	}
}
