package execute

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/report"
)

// call runs the action module on resolved entries, with a private folder that is gone afterwards.
func (r *stepRun) call(ctx context.Context, pos report.Position, entries []action.Entry) (result action.Result, err error) {
	spec := r.spec
	if !spec.Supports(runtime.GOOS) {
		return action.Result{}, errStepOver{&action.UnsupportedError{Action: spec.Name, Platform: runtime.GOOS}}
	}
	if ctx.Err() != nil {
		return action.Result{}, context.Cause(ctx)
	}
	dir, err := r.privateFolder()
	if err != nil {
		return action.Result{}, fmt.Errorf("%s: private folder: %w", spec.Name, err)
	}
	defer func() {
		rmErr := empty(dir)
		if errors.Is(rmErr, fs.ErrNotExist) {
			r.private, rmErr = "", nil // the step removed it
		}
		if rmErr != nil && err == nil {
			err = fmt.Errorf("%s: private folder: %w", spec.Name, rmErr)
		}
	}()
	r.emit(pos, report.ModuleStart{Action: spec.Name})
	stdout, stderr := r.output(pos, "stdout"), r.output(pos, "stderr")
	result, err = r.module.Run(ctx, action.Request{
		Entries: entries, Env: r.Env, Dir: r.Dir, WorkDir: dir, Stdout: stdout, Stderr: stderr,
		Log: func(level, format string, args ...any) {
			r.emit(pos, report.StepLog{Action: spec.Name, Level: level, Message: r.shown(fmt.Sprintf(format, args...))})
		},
		Mask: r.Recorder.Masker().Text,
		Host: &host{step: r},
	})
	_ = stdout.Close() // a recorder keeps its errors for itself
	_ = stderr.Close()
	if !r.exiting {
		r.emit(pos, report.ModuleEnd{Action: spec.Name, ExitCode: result.ExitCode})
	}
	return result, err
}

// privateFolder returns the folder for scripts and temporary files of the steps of this execution. It is made once and
// emptied after each step, since on many file systems making a folder costs more than a step.
func (x *execution) privateFolder() (string, error) {
	dir := filepath.Join(x.WorkDir, "step-"+strconv.Itoa(len(x.chain)))
	if x.private == dir {
		return dir, nil
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	x.private = dir
	return dir, nil
}

// empty removes everything in a folder.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		errs = append(errs, os.RemoveAll(filepath.Join(dir, e.Name())))
	}
	return errors.Join(errs...)
}

// output returns the writer for a stream of commands; of a step that logs nothing it shows only that there was some.
func (r *stepRun) output(pos report.Position, stream string) io.WriteCloser {
	if r.step.DisableLogging {
		return &concealedOutput{once: func() { r.emit(pos, report.StepOutput{Stream: stream, Text: report.Concealed}) }}
	}
	return r.Recorder.Output(pos, stream)
}

type concealedOutput struct{ once func() }

func (c *concealedOutput) Write(b []byte) (int, error) {
	if c.once != nil {
		c.once()
		c.once = nil
	}
	return len(b), nil
}

func (c *concealedOutput) Close() error { return nil }
