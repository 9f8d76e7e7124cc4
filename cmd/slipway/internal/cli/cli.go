// Package cli is the command line: one file a command, each turning flags into values for the packages that do the
// work. Run is its entry point. It keeps no state between two runs.
package cli

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"

	"github.com/sirupsen/logrus"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/slipway-oci/slipway/builder/home"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
	"github.com/slipway-oci/slipway/oci/store"
)

// System is the outside world of a command.
type System struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
}

// app is what commands share: the outside world and the flags of the root command.
type app struct {
	System
	debug bool
}

// Run runs one command line, args without the program's name, and returns the exit code. Errors have been written
// to sys.Stderr by then.
func Run(ctx context.Context, args []string, sys System) int {
	a := &app{System: sys}
	root := a.rootCmd()
	root.PersistentPreRun = func(*cobra.Command, []string) { a.quietLibraries() }
	root.SetArgs(args)
	root.SetIn(sys.Stdin)
	root.SetOut(sys.Stdout)
	root.SetErr(sys.Stderr)
	err := root.ExecuteContext(ctx)
	if err != nil && !errors.As(err, new(shown)) {
		display.WriteError(sys.Stderr, err, a.style(sys.Stderr))
	}
	return exitCode(ctx, err)
}

// quietLibraries keeps what libraries write with their global logger off the screen; --debug shows it.
func (a *app) quietLibraries() {
	if !a.debug {
		logrus.SetOutput(io.Discard)
	}
}

// folders are the places of images, runs and the builder.
func (a *app) folders() (home.Folders, error) { return home.Resolve(a.Getenv) }

// images opens the image store.
func (a *app) images() (*store.Store, error) {
	f, err := a.folders()
	if err != nil {
		return nil, err
	}
	return store.Open(f.Images())
}

// log is the log of --debug, which otherwise goes nowhere.
func (a *app) log() *slog.Logger {
	if !a.debug {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(a.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (a *app) terminal(w io.Writer) display.Terminal {
	_, ok := terminalOf(w)
	return display.Terminal{IsTerminal: ok, Getenv: a.Getenv}
}

// style is the style for text on w.
func (a *app) style(w io.Writer) display.Style {
	return display.Style{Colour: a.terminal(w).Colour()}
}

// terminalOf returns the file descriptor of the terminal behind w, if that is what it is.
func terminalOf(w io.Writer) (int, bool) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	return int(f.Fd()), true
}

// sizeOf asks for the size of the terminal behind w; zeros when there is none.
func sizeOf(w io.Writer) func() (columns, rows int) {
	fd, ok := terminalOf(w)
	return func() (int, int) {
		if !ok {
			return 0, 0
		}
		columns, rows, err := term.GetSize(fd)
		if err != nil {
			return 0, 0
		}
		return columns, rows
	}
}
