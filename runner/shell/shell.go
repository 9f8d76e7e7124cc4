// Package shell is a shell for containers whose image has none: it reads commands from a terminal or a file, in the
// language of POSIX shells, and has a few programs of its own. Its entry point is Run. It is for people who look into
// a container; steps of documents never see it.
package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// Options say where a shell reads and writes.
type Options struct {
	// Stdin holds the commands, and programs read from it too. It is a file because the interpreter would copy any
	// other reader to programs ahead of time, and with it the commands.
	Stdin          *os.File
	Stdout, Stderr io.Writer
	Environ        []string // in the form of os.Environ
	// Interactive shows a prompt, and goes on behind a command that failed or that Ctrl-C ended.
	Interactive bool
}

// command is a program of the shell's own. It returns its exit code.
type command func(c call) int

// call is what a command is called with.
type call struct {
	args           []string // its name in front
	dir            string   // the current directory
	environ        []string
	stdin          io.Reader
	stdout, stderr io.Writer
}

// Run runs commands until the end of its input or an exit, and returns the exit code.
func Run(ctx context.Context, o Options) (code int, err error) {
	r, err := interp.New(
		interp.Interactive(o.Interactive), interp.StdIO(o.Stdin, o.Stdout, o.Stderr), interp.Env(expand.ListEnviron(o.Environ...)),
		interp.ExecHandlers(programs),
	)
	if err != nil {
		return 1, err
	}
	if o.Interactive {
		return o.converse(ctx, r)
	}
	return o.follow(ctx, r)
}

// follow runs each statement as soon as it is read, so that whoever writes the commands can wait for what they do.
func (o Options) follow(ctx context.Context, r *interp.Runner) (code int, err error) {
	for statement, err := range syntax.NewParser().StmtsSeq(o.Stdin) {
		if err != nil {
			return 2, err
		}
		if code, err = exitCode(r.Run(ctx, statement)); err != nil || r.Exited() {
			return code, err
		}
	}
	return code, nil
}

// converse reads and runs one line after the other. Ctrl-C gives a new prompt, and ends what a line runs.
func (o Options) converse(ctx context.Context, r *interp.Runner) (code int, err error) {
	t := &terminal{Reader: o.Stdin, screen: o.Stdout}
	defer t.watch()()
	parser := syntax.NewParser()
	t.ask(prompt(r))
	for statements, err := range parser.InteractiveSeq(t) {
		if err != nil {
			return 2, err
		}
		if parser.Incomplete() {
			t.ask("> ")
			continue
		}
		var interrupted bool
		if code, interrupted, err = o.line(ctx, t, r, statements); err != nil {
			return code, err
		}
		if r.Exited() && !interrupted {
			return code, nil
		}
		t.ask(prompt(r))
	}
	fmt.Fprintln(o.Stdout)
	return code, nil
}

// line runs the statements of one line; Ctrl-C ends them and not the shell.
func (o Options) line(ctx context.Context, t *terminal, r *interp.Runner, statements []*syntax.Stmt) (code int, interrupted bool, err error) {
	ctx, done := t.interruptible(ctx)
	defer done()
	for _, statement := range statements {
		code, err = exitCode(r.Run(ctx, statement))
		if code == killedByInterrupt {
			awaitInterrupt(ctx)
		}
		if ctx.Err() != nil {
			fmt.Fprintln(o.Stdout)
			return killedByInterrupt, true, nil
		}
		if err != nil {
			fmt.Fprintln(o.Stderr, err)
			code, err = 1, nil
		}
		if r.Exited() {
			break
		}
	}
	return code, false, err
}

func prompt(r *interp.Runner) string {
	if r.Dir == "" {
		return "/ # "
	}
	return r.Dir + " # "
}

func exitCode(err error) (int, error) {
	if status, ok := errors.AsType[interp.ExitStatus](err); ok {
		return int(status), nil
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}

// programs looks for a program in the image first, and then among the shell's own.
func programs(next interp.ExecHandlerFunc) interp.ExecHandlerFunc {
	return func(ctx context.Context, args []string) error {
		hc := interp.HandlerCtx(ctx)
		own, ok := builtin()[args[0]]
		if _, err := interp.LookPathDir(hc.Dir, hc.Env, args[0]); err == nil || !ok {
			return next(ctx, args)
		}
		c := call{args: args, dir: hc.Dir, stdin: hc.Stdin, stdout: hc.Stdout, stderr: hc.Stderr}
		hc.Env.Each(func(name string, v expand.Variable) bool {
			if v.Exported && v.IsSet() {
				c.environ = append(c.environ, name+"="+v.String())
			}
			return true
		})
		if code := own(c); code != 0 {
			return interp.ExitStatus(code) //nolint:gosec // the shell's own programs end with 0 or 1
		}
		return nil
	}
}
