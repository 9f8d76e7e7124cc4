package report

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/result"
)

// State says how a run stands: the status of its result, or one of the two states without a result.
type State string

// The states of a run.
const (
	Succeeded   State = State(result.Succeeded)
	Failed      State = State(result.Failed)
	Cancelled   State = State(result.Cancelled)
	Running     State = "running"
	Interrupted State = "interrupted" // its process died before it could write a result
)

// Record is a run as found on disk.
type Record struct {
	ID    string
	Dir   string
	State State
}

// ErrNotFound is the error for a run that does not exist.
var ErrNotFound = errors.New("no such run")

// Latest is the name that Open takes for the newest run.
const Latest = "latest"

var idPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]{8}-[0-9]{6}-[0-9a-f]{4}$`) })

// List returns all runs below dir, newest first. A folder that does not exist has no runs.
func List(dir string) ([]Record, error) {
	ids, err := list(dir)
	if err != nil {
		return nil, err
	}
	records := make([]Record, 0, len(ids))
	for _, id := range ids {
		r, err := read(dir, id)
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed since
		}
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, nil
}

// list returns the ids of all runs, newest first.
func list(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	var ids []string
	for _, e := range entries {
		if e.IsDir() && idPattern().MatchString(e.Name()) {
			ids = append(ids, e.Name())
		}
	}
	sort.Sort(sort.Reverse(sort.StringSlice(ids)))
	return ids, nil
}

// Open finds a run by its id, a prefix that no other run has, or Latest. The error wraps ErrNotFound when there is
// none, and lists the matches when there are several.
func Open(dir, ref string) (Record, error) {
	ids, err := list(dir)
	if err != nil {
		return Record{}, err
	}
	if ref == Latest && len(ids) > 0 {
		return read(dir, ids[0])
	}
	matches := slices.DeleteFunc(ids, func(id string) bool { return ref == "" || !strings.HasPrefix(id, ref) })
	switch len(matches) {
	case 0:
		return Record{}, notFound{ref}
	case 1:
		return read(dir, matches[0])
	default:
		return Record{}, ambiguous{ref: ref, ids: matches}
	}
}

type notFound struct{ ref string }

func (e notFound) Error() string {
	if e.ref == Latest {
		return "there are no runs yet"
	}
	return fmt.Sprintf("run %q: %v", e.ref, ErrNotFound)
}

func (e notFound) Unwrap() error { return ErrNotFound }

func (e notFound) Hint() string {
	if e.ref == Latest {
		return "every build makes one: slipway build RECIPE"
	}
	return "list them with: slipway runs list"
}

type ambiguous struct {
	ref string
	ids []string
}

func (e ambiguous) Error() string {
	return fmt.Sprintf("run %q: %d runs begin so", e.ref, len(e.ids))
}

func (e ambiguous) Hint() string {
	shown := e.ids[:min(len(e.ids), 5)]
	more := ""
	if len(shown) < len(e.ids) {
		more = ", ..."
	}
	return "give more of the id: " + strings.Join(shown, ", ") + more
}

func read(dir, id string) (Record, error) {
	r := Record{ID: id, Dir: filepath.Join(dir, id)}
	res, err := r.Result()
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(r.Dir); err != nil {
			return Record{}, err
		}
		if r.State, err = unfinished(dir, id); err != nil {
			return Record{}, err
		}
		if r.State != Interrupted {
			return r, nil
		}
		res, err = r.Result() // it may have ended between the two looks
	}
	r.State = Interrupted // a result that cannot be read is none
	if err == nil {
		r.State = State(res.Status)
	}
	return r, nil
}

// unfinished tells a run that is going on from one whose process died: only a living process holds the lock.
func unfinished(dir, id string) (State, error) {
	path := filepath.Join(dir, activeDir, id)
	if _, err := os.Stat(path); err != nil {
		return Interrupted, nil //nolint:nilerr // no lock that can be seen: nobody holds it
	}
	lock := flock.New(path, flock.SetFlag(os.O_RDWR))
	free, err := lock.TryRLock()
	if errors.Is(err, fs.ErrNotExist) {
		return Interrupted, nil
	}
	if err != nil {
		return "", fmt.Errorf("look at the lock of run %s: %w", id, err)
	}
	if !free {
		return Running, nil
	}
	return Interrupted, lock.Unlock()
}

// Result reads the result of the run; the error wraps fs.ErrNotExist when there is none.
func (r Record) Result() (*result.Result, error) {
	data, err := os.ReadFile(filepath.Join(r.Dir, resultFile))
	if err != nil {
		return nil, err
	}
	var res result.Result
	if err := json.Unmarshal(data, &res); err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Join(r.Dir, resultFile), err)
	}
	return &res, nil
}

// Started is when the run began, to the second; it is part of the id.
func (r Record) Started() time.Time {
	if len(r.ID) < 15 {
		return time.Time{}
	}
	t, err := time.Parse("20060102-150405", r.ID[:15])
	if err != nil {
		return time.Time{}
	}
	return t
}

// Events reads the events of the run in order. A last line that was cut by a crash is left out without an error.
func (r Record) Events() iter.Seq2[event.Event, error] {
	return func(yield func(event.Event, error) bool) {
		f, err := os.Open(filepath.Join(r.Dir, eventsFile))
		if err != nil {
			yield(event.Event{}, err)
			return
		}
		defer func() { _ = f.Close() }()
		in := bufio.NewReaderSize(f, 64<<10)
		for n := 1; ; n++ {
			line, err := in.ReadBytes('\n')
			if errors.Is(err, io.EOF) {
				return
			}
			var e event.Event
			if err == nil {
				err = json.Unmarshal(line, &e)
			}
			if err != nil {
				yield(event.Event{}, fmt.Errorf("%s:%d: %w", filepath.Join(r.Dir, eventsFile), n, err))
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// Remove deletes the run and its logs. A run that is going on is refused.
func (r Record) Remove() error {
	dir := filepath.Dir(r.Dir)
	state, err := unfinished(dir, r.ID)
	if err != nil {
		return err
	}
	if state == Running {
		return fmt.Errorf("run %s is still running", r.ID)
	}
	if err := os.RemoveAll(r.Dir); err != nil {
		return fmt.Errorf("remove run %s: %w", r.ID, err)
	}
	if err := os.Remove(filepath.Join(dir, activeDir, r.ID)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove run %s: %w", r.ID, err)
	}
	return nil
}
