package action

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// ErrInterrupted is the cancellation cause of a context that ends because the runner itself is told to stop. Commands
// then get the longer grace of an interruption instead of the grace of a timeout.
var ErrInterrupted = errors.New("interrupted")

// ConditionKey is the key of an Assert entry that holds its condition: the operators of Assert stand directly in
// inputs, so they have no key of their own.
const ConditionKey = "condition"

// ProcessKeeper is an extra ability of a Host that reaps orphans or forwards signals and therefore has to know which
// processes modules started and will wait for.
type ProcessKeeper interface {
	// StartProcess calls start, which starts a process in a group of its own and returns its id. The host must not
	// reap that process; it may hold a lock during the call, so that no process is seen before it is known.
	StartProcess(start func() (pid int, err error)) error
	// EndProcess tells that the module has waited for the process.
	EndProcess(pid int)
}

// Checker is an extra ability of a module whose rules span several keys of one entry or look inside a list. Validation
// asks it when every value of the entry is static; the module asks itself again before it acts.
type Checker interface {
	CheckEntry(e Entry) (warnings []string, err error)
}

// Path returns p as an absolute path: a relative one is taken against the working directory. A trailing separator
// survives, because for some modules it marks a folder, and no ".." is folded, because a link may stand before it.
func (r Request) Path(p string) string {
	if filepath.IsAbs(p) || r.Dir == "" {
		return p
	}
	return strings.TrimRight(r.Dir, string(filepath.Separator)) + string(filepath.Separator) + p
}

// Getenv returns the value of a variable in the environment of started processes, or "". The last one of several wins.
func (r Request) Getenv(key string) string {
	for _, entry := range slices.Backward(r.Env) {
		if value, ok := strings.CutPrefix(entry, key+"="); ok {
			return value
		}
	}
	return ""
}

// Infof records what a module did; without a Log it is dropped.
func (r Request) Infof(format string, args ...any) { r.logf("Info", format, args...) }

// Warnf records what the user should look at; without a Log it is dropped.
func (r Request) Warnf(format string, args ...any) { r.logf("Warn", format, args...) }

func (r Request) logf(level, format string, args ...any) {
	if r.Log != nil {
		r.Log(level, format, args...)
	}
}

// Masked returns text without secret values. A module calls it before it cuts text to a length: half a secret would
// not be recognised later.
func (r Request) Masked(text string) string {
	if r.Mask == nil {
		return text
	}
	return r.Mask(text)
}

// Each calls do for every entry in order and stops at the first error or when ctx has ended. The error carries the
// name of the action in front.
func Each(ctx context.Context, name string, entries []Entry, do func(Entry) error) error {
	for _, e := range entries {
		if ctx.Err() != nil {
			return fmt.Errorf("%s: %w", name, context.Cause(ctx))
		}
		if err := do(e); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// UnsupportedError says that an action does not exist on a platform; nothing was touched.
type UnsupportedError struct {
	Action, Platform string
}

// Error returns the text of the specification, without a position.
func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("%s is not supported on %s", e.Action, e.Platform)
}

// hinted is an error with advice.
type hinted struct {
	error
	hint string
}

// Hint returns how the user can mend the error.
func (h *hinted) Hint() string { return h.hint }

// Unwrap returns the error without advice.
func (h *hinted) Unwrap() error { return h.error }

// WithHint adds advice to err; the text of the error stays the same.
func WithHint(err error, hint string) error { return &hinted{err, hint} }
