// Package actiontest makes requests for tests of action modules, and remembers what the modules did with them.
package actiontest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/slipway-oci/slipway/runner/action"
)

// Recorder is what a module wrote and logged.
type Recorder struct {
	Stdout, Stderr bytes.Buffer

	mu  sync.Mutex
	log []string
}

// Log returns the recorded lines, "Level text" each, joined with newlines.
func (r *Recorder) Log() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.log, "\n")
}

// Request returns a request with the given entries in a new working directory. Programs are found as in the test.
func Request(tb testing.TB, entries ...action.Entry) (action.Request, *Recorder) {
	tb.Helper()
	recorder := &Recorder{}
	return action.Request{
		Entries: entries,
		Env:     os.Environ(),
		Dir:     tb.TempDir(),
		WorkDir: tb.TempDir(),
		Stdout:  &recorder.Stdout,
		Stderr:  &recorder.Stderr,
		Log: func(level, format string, args ...any) {
			recorder.mu.Lock()
			defer recorder.mu.Unlock()
			recorder.log = append(recorder.log, level+" "+fmt.Sprintf(format, args...))
		},
		Host: Host{},
	}, recorder
}

// Host is a host with one function for each service; those that are nil succeed with nothing.
type Host struct {
	Document  func(ctx context.Context, doc action.NestedDocument) (action.NestedResult, error)
	Condition func(condition any) (bool, string, error)
	Shell     string
}

// RunDocument implements action.Host.
func (h Host) RunDocument(ctx context.Context, doc action.NestedDocument) (action.NestedResult, error) {
	if h.Document == nil {
		return action.NestedResult{}, nil
	}
	return h.Document(ctx, doc)
}

// Evaluate implements action.Host.
func (h Host) Evaluate(condition any) (bool, string, error) {
	if h.Condition == nil {
		return true, "", nil
	}
	return h.Condition(condition)
}

// ShellFallback implements action.Host.
func (h Host) ShellFallback() string { return h.Shell }
