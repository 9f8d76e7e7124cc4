package system

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/slipway-oci/slipway/runner/action"
)

// Reboot asks for a restart, after which the next step runs.
type Reboot struct {
	// Wait waits for the delay; nil really waits.
	Wait func(ctx context.Context, d time.Duration) error
}

// Spec implements action.Module.
func (Reboot) Spec() action.Spec {
	return action.Spec{
		Name: "Reboot", Family: family, Shape: action.Map, Platforms: []string{"linux", "windows"},
		Summary: "Restarts the system and goes on with the next step.",
		Inputs: []action.Input{{
			Name: "delaySeconds", Type: action.Integer, Default: "0", Check: checkDelay,
			Summary: "Seconds to wait before the restart.",
		}},
		Ignored: []string{"timeoutSeconds"},
		Example: `name: Restart
action: Reboot
inputs:
  delaySeconds: 5
`,
		Notes: `In a container every other process is ended and the run goes on by itself. The step timeout does not apply, and
` + "`maxAttempts`" + ` has no effect.`,
	}
}

// longestDelay keeps the delay within what a clock can count.
const longestDelay = 1 << 31

func checkDelay(text string) error {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > longestDelay {
		return fmt.Errorf("delaySeconds %q is not a number of seconds from 0", text)
	}
	return nil
}

// Run implements action.Module.
func (m Reboot) Run(ctx context.Context, req action.Request) (action.Result, error) {
	seconds := req.Entries[0].Int("delaySeconds", 0)
	if err := checkDelay(strconv.FormatInt(seconds, 10)); err != nil {
		return action.Result{}, fmt.Errorf("Reboot: %w", err)
	}
	wait := m.Wait
	if wait == nil {
		wait = sleep
	}
	if seconds > 0 {
		req.Infof("waiting %d seconds before the restart", seconds)
		if err := wait(ctx, time.Duration(seconds)*time.Second); err != nil {
			return action.Result{}, fmt.Errorf("Reboot: %w", err)
		}
	}
	return action.Result{Reboot: action.RebootNextStep}, nil
}

// sleep waits for d or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
