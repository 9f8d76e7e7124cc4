package execute

import (
	"context"
	"errors"
	"fmt"

	"github.com/slipway-oci/slipway/runner/report"
)

// RebootMode says what a restart request does.
type RebootMode string

// The reboot modes (component-document reference, 5.6).
const (
	RebootContainer RebootMode = "container" // end all other processes and go on
	RebootExit      RebootMode = "exit"      // save the state and leave the restart to the caller
	RebootNone      RebootMode = "none"      // the step fails
)

// DefaultRebootLimit is how many restarts a run may ask for.
const DefaultRebootLimit = 15

// RebootOptions say how restart requests are served.
type RebootOptions struct {
	Mode  RebootMode
	Limit int
	// EndProcesses ends every other process of the container and returns how many there were; for RebootContainer.
	EndProcesses func(ctx context.Context) (ended int, err error)
	// Environment returns the environment that steps get behind a soft restart.
	Environment func() []string
}

// mayRestart says why a restart is not possible.
func (s *session) mayRestart() error {
	switch {
	case s.Reboot.Mode == RebootNone:
		return errors.New("reboot is not supported beside a running entrypoint")
	case s.SaveState == nil:
		return errors.New("reboot is not supported here")
	case s.reboots >= s.Reboot.Limit:
		return fmt.Errorf("reboot limit reached: the run asked for more than %d", s.Reboot.Limit)
	}
	return nil
}

// restart carries out a restart request of the step at pos. After a soft restart it returns nil and the run goes on.
// In exit mode it returns ErrRebootRequested and the run unwinds. Any other error fails the step.
func (s *session) restart(ctx context.Context, pos report.Position, trigger, resume string) error {
	if err := s.mayRestart(); err != nil {
		return err
	}
	s.reboots++
	s.Recorder.Emit(pos, report.RebootStart{})
	if err := s.SaveState(s.state(resume)); err != nil {
		return fmt.Errorf("reboot: %w", err)
	}
	e := report.Reboot{Trigger: trigger, Resume: resume, Count: s.reboots}
	if s.Reboot.Mode == RebootExit {
		s.Recorder.Emit(pos, e)
		s.exiting = true
		return ErrRebootRequested
	}
	ended, err := s.Reboot.EndProcesses(ctx)
	e.Ended = ended
	s.Recorder.Emit(pos, e)
	if err != nil {
		return fmt.Errorf("reboot: %w", err)
	}
	if s.Reboot.Environment != nil {
		s.Env = s.Reboot.Environment()
	}
	s.Recorder.Emit(pos, report.Resumed{})
	return nil
}
