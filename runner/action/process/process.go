// Package process starts commands the way the executor promises: in a process group of their own, ended politely and
// then firmly, with their output streamed and a bounded copy of it kept. It is the one place where action modules
// start anything.
package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/slipway-oci/slipway/runner/action"
)

// Limits of how long a command is waited for (component-document reference, 5.5 and 5.7).
const (
	TimeoutGrace   = 5 * time.Second
	InterruptGrace = 10 * time.Second
	PipeWait       = 2 * time.Second
)

// ResumeCode is the exit code that asks for a reboot and another run of the step; ResumeCodeWindows is its spelling
// on Windows.
const (
	ResumeCode        = 194
	ResumeCodeWindows = 3010
)

// Command is one command to run. The zero values of the durations mean the limits above.
type Command struct {
	Path      string   // the program, absolute
	Name      string   // what the program is told as its name; "" means Path
	Arguments []string // behind the program's name
	// CommandLine replaces name and arguments on Windows, for programs with rules of their own about quotes; elsewhere it
	// has no effect.
	CommandLine string
	Env         []string // replaces the request's environment when not nil
	Grace       time.Duration
	PipeWait    time.Duration
}

// Outcome is what a command left behind.
type Outcome struct {
	ExitCode  int    // 128+n after signal n
	Stdout    string // without newlines at the end, at most action.MaxText bytes and the mark of a cut
	Cut       bool   // Stdout was cut
	LastError string // last line of stderr that is not empty, at most 200 characters
}

// Run runs the command in the request's working directory and environment, with /dev/null as its input, and waits for
// it. An exit code other than 0 is no error. When ctx ends, the process group gets SIGTERM, the grace, and SIGKILL, and
// the error is the cause of the cancellation. A background process that keeps the output open is waited for only
// PipeWait; it stays alive.
func (c Command) Run(ctx context.Context, req action.Request) (Outcome, error) {
	if ctx.Err() != nil {
		return Outcome{}, context.Cause(ctx)
	}
	out, errOut := &capture{to: req.Stdout}, &lastLine{to: req.Stderr}
	r, err := c.start(req, out, errOut)
	if err != nil {
		return Outcome{}, err
	}
	state, waitErr := r.wait(ctx, c.grace(ctx))
	r.drain(or(c.PipeWait, PipeWait))
	if keeper, ok := req.Host.(action.ProcessKeeper); ok {
		keeper.EndProcess(r.cmd.Process.Pid)
	}
	outcome := Outcome{LastError: errOut.text(req)}
	outcome.Stdout, outcome.Cut = out.text(req)
	if state != nil {
		outcome.ExitCode = exitCode(state)
	}
	if ctx.Err() != nil {
		return outcome, context.Cause(ctx)
	}
	return outcome, waitErr
}

// grace returns a function, because only the end of ctx tells which one it is.
func (c Command) grace(ctx context.Context) func() time.Duration {
	return func() time.Duration {
		if c.Grace == 0 && errors.Is(context.Cause(ctx), action.ErrInterrupted) {
			return InterruptGrace
		}
		return or(c.Grace, TimeoutGrace)
	}
}

// running is a started command with the pipes of its output.
type running struct {
	cmd    *exec.Cmd
	pipes  []*os.File
	copied chan struct{} // one for each pipe that has ended
}

func (c Command) start(req action.Request, out, errOut io.Writer) (*running, error) {
	env := c.Env
	if env == nil {
		env = req.Env
	}
	name := c.Name
	if name == "" {
		name = c.Path
	}
	cmd := &exec.Cmd{
		Path: c.Path, Args: append([]string{name}, c.Arguments...),
		Env: append([]string{}, env...), Dir: req.Dir, SysProcAttr: ownGroup(c),
	}
	r := &running{cmd: cmd}
	outRead, outWrite, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer outWrite.Close()
	errRead, errWrite, err := os.Pipe()
	if err != nil {
		_ = outRead.Close()
		return nil, err
	}
	defer errWrite.Close()
	cmd.Stdout, cmd.Stderr = outWrite, errWrite
	start := func() (int, error) {
		if err := cmd.Start(); err != nil {
			return 0, err
		}
		return cmd.Process.Pid, nil
	}
	if keeper, ok := req.Host.(action.ProcessKeeper); ok {
		err = keeper.StartProcess(start)
	} else {
		_, err = start()
	}
	if err != nil {
		_ = outRead.Close()
		_ = errRead.Close()
		return nil, startReason(req, err)
	}
	r.pipes = []*os.File{outRead, errRead}
	r.copied = make(chan struct{}, len(r.pipes))
	go r.stream(out, outRead)
	go r.stream(errOut, errRead)
	return r, nil
}

// stream copies until the end of the pipe. What the writer refuses is read all the same, so that the command never
// waits for us.
func (r *running) stream(to io.Writer, from *os.File) {
	defer func() { r.copied <- struct{}{} }()
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			_, _ = to.Write(buffer[:n]) // the log has its own way to report a full disk
		}
		if err != nil {
			return
		}
	}
}

// wait waits for the command itself, and ends its group when ctx ends first.
func (r *running) wait(ctx context.Context, grace func() time.Duration) (*os.ProcessState, error) {
	ended, groupEnded := make(chan struct{}), make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(groupEnded)
		r.endGroup(ended, grace())
	})
	state, err := r.cmd.Process.Wait()
	close(ended)
	if !stop() {
		<-groupEnded
	}
	return state, err
}

// endGroup asks the command's group to end and kills what is left of it after grace.
func (r *running) endGroup(ended <-chan struct{}, grace time.Duration) {
	terminate(r.cmd.Process)
	limit := time.NewTimer(grace)
	defer limit.Stop()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for ended != nil || groupAlive(r.cmd.Process) {
		select {
		case <-ended:
			ended = nil
		case <-look.C: // has the rest of the group ended?
		case <-limit.C:
			kill(r.cmd.Process)
			return
		}
	}
}

// drain waits for the rest of the output, but not for processes that were left behind.
func (r *running) drain(limit time.Duration) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for left := len(r.pipes); left > 0; {
		select {
		case <-r.copied:
			left--
		case <-timer.C:
			r.closePipes() // which ends the copies
		}
	}
	r.closePipes()
}

func (r *running) closePipes() {
	for _, p := range r.pipes {
		_ = p.Close()
	}
}

// ExitError is a command's exit code other than 0.
type ExitError struct {
	Code      int
	LastError string // last line of stderr, may be empty
}

// Error returns the code and the last line of stderr.
func (e *ExitError) Error() string {
	if e.LastError == "" {
		return fmt.Sprintf("exit code %d", e.Code)
	}
	return fmt.Sprintf("exit code %d: %s", e.Code, e.LastError)
}

// Err returns nil for exit code 0 and an *ExitError otherwise.
func (o Outcome) Err() error {
	if o.ExitCode == 0 {
		return nil
	}
	return &ExitError{o.ExitCode, o.LastError}
}

func or(d, def time.Duration) time.Duration {
	if d == 0 {
		return def
	}
	return d
}
