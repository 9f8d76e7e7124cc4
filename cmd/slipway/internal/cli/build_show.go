package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/report"
	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
	"github.com/slipway-oci/slipway/oci/registry"
)

// show is the sink of a build's events: it draws them, remembers what failed, and hands them to the run, also those
// from before there was one.
type show struct {
	app      *app
	options  *showOptions
	display  display.Display
	failures display.Failures

	mu    sync.Mutex
	early []event.Event
	run   *report.Run
}

// showOptions are the flags that say how a run is shown, and what is written of it.
type showOptions struct {
	option.Progress
	option.Format
	output reportOutput
}

func (o *showOptions) AddFlags(fs *pflag.FlagSet) {
	o.Progress.AddFlags(fs)
	o.Format.AddFlags(fs)
	o.output.AddFlags(fs)
}

func (a *app) startShow(o *showOptions) *show {
	return &show{
		app: a, options: o,
		display: o.StartDisplay(a.Stderr, a.terminal(a.Stderr), sizeOf(a.Stderr), a.debug),
	}
}

// Send passes an event on.
func (s *show) Send(e event.Event) {
	s.mu.Lock()
	run := s.run
	if run == nil {
		s.early = append(s.early, e)
	}
	s.mu.Unlock()
	if run != nil {
		run.Send(e)
	}
	s.failures.Send(e)
	s.display.Send(e)
}

// record gives the events so far and all further ones to a run.
func (s *show) record(run *report.Run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.early {
		run.Send(e)
	}
	s.early, s.run = nil, run
}

// retry tells that a request to a registry is tried again.
func (s *show) retry(r registry.RetryEvent) {
	s.Send(retryEvent("", r))
}

// end shows the outcome: for people on stderr, for scripts on stdout and in the files that were asked for.
func (s *show) end(ctx context.Context, res *result.Result, err error) error {
	err = errors.Join(err, s.display.Close())
	if res != nil {
		err = errors.Join(err, s.options.output.write(res, s.app.Getenv, s.app.Stderr))
	}
	if res == nil && err != nil && slices.Contains(s.options.output.reports, reportGitHub) {
		err = errors.Join(err, report.AnnotateErrors(s.app.Stderr, display.Flatten(err)))
	}
	s.tell(ctx, res, err)
	if res != nil && s.options.Format.JSON() {
		err = errors.Join(err, display.WriteJSON(s.app.Stdout, res))
	} else if err == nil {
		_, err = fmt.Fprintln(s.app.Stdout, res.Image.Digest)
		return err
	}
	if err == nil {
		return nil
	}
	return shown{err}
}

// tell writes what people read at the end of a build.
func (s *show) tell(ctx context.Context, res *result.Result, err error) {
	w, style := s.app.Stderr, s.app.style(s.app.Stderr)
	if s.options.Progress.JSON() {
		for _, e := range display.Flatten(err) {
			display.New(display.JSON, w, display.Options{}).Send(event.Event{
				Time: time.Now(), Type: event.Log, Level: "error", Message: e.Error(),
			})
		}
		return
	}
	interrupted := exitCode(ctx, err) == Interrupted
	if res != nil && (err == nil || interrupted) && !s.options.Quiet() {
		display.WriteSummary(w, res, style)
		display.WriteTimings(w, res.Timings.Parts, style)
	}
	switch {
	case err == nil:
	case interrupted:
		display.WriteError(w, context.Cause(ctx), style)
	default:
		display.WriteFailure(w, display.Outcome{Err: err, Result: res, Steps: s.failures.All(), Logs: failedLogs(res)}, style)
	}
}

// failedLogs are the logs of failed components that exist.
func failedLogs(res *result.Result) []string {
	if res == nil {
		return nil
	}
	return slices.DeleteFunc(display.FailedLogs(res), func(path string) bool {
		_, err := os.Stat(path)
		return err != nil
	})
}
