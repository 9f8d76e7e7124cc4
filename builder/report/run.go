// Package report keeps the record of runs on disk: one folder a run with its events, its result and the log folders
// of its components. New starts one, Open and List read them back. How a record is shown is not its business.
package report

import (
	"bufio"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/result"
)

// The files of a run folder.
const (
	eventsFile = "events.jsonl"
	resultFile = "result.json"
	activeDir  = ".active" // beside the run folders: one locked file for each run that is going on
)

// Run is the record of a run that is going on. It is an event.Sink. All methods are safe for concurrent use.
type Run struct {
	id, dir string
	claim   *flock.Flock

	mu     sync.Mutex
	file   *os.File
	buf    *bufio.Writer
	closed bool
	err    error // the first failed write; later events are dropped and Finish reports it
}

// New starts a run in a new folder below dir, which is made when it is missing. Ids sort by time, and two processes
// never get the same one. As long as the process lives and neither Finish nor Close was called, the run counts as
// running; when the process dies without Finish, readers see it as interrupted.
func New(dir string) (*Run, error) { return newAt(dir, time.Now()) }

func newAt(dir string, now time.Time) (*Run, error) {
	if err := os.MkdirAll(filepath.Join(dir, activeDir), 0o755); err != nil { //nolint:gosec // the user chooses where runs are kept
		return nil, fmt.Errorf("make the folder of runs: %w", err)
	}
	for {
		id, err := newID(now)
		if err != nil {
			return nil, err
		}
		r, err := start(dir, id)
		if errors.Is(err, fs.ErrExist) {
			continue // another run of this second drew the same number
		}
		return r, err
	}
}

// newID returns a time with four random hexadecimal digits: 20310409-071502-4f2a.
func newID(now time.Time) (string, error) {
	var b [2]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", fmt.Errorf("draw a run id: %w", err)
	}
	return now.UTC().Format("20060102-150405-") + hex.EncodeToString(b[:]), nil
}

// start takes the lock of a run before its folder exists, so that no reader ever sees an unlocked new run.
func start(dir, id string) (_ *Run, err error) {
	claim := flock.New(filepath.Join(dir, activeDir, id))
	locked, err := claim.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock run %s: %w", id, err)
	}
	if !locked {
		return nil, fs.ErrExist
	}
	defer func() {
		if err != nil {
			_ = claim.Unlock()
		}
	}()
	folder := filepath.Join(dir, id)
	if err := os.Mkdir(folder, 0o755); err != nil { //nolint:gosec // the user chooses where runs are kept
		return nil, fmt.Errorf("make the run folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(folder, eventsFile), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // readable like result.json beside it; events hold no secrets
	if err != nil {
		return nil, fmt.Errorf("make the run folder: %w", err)
	}
	return &Run{id: id, dir: folder, claim: claim, file: f, buf: bufio.NewWriterSize(f, 64<<10)}, nil
}

// ID is the id of the run.
func (r *Run) ID() string { return r.id }

// Dir is the run folder, absolute when the folder given to New was.
func (r *Run) Dir() string { return r.dir }

// Send records an event. Output lines are buffered; everything else is given to the operating system at once, so
// that a run that dies leaves its story. Progress is recorded only when it is done. A failed write is kept for Finish.
func (r *Run) Send(e event.Event) {
	if e.Type == event.Progress && !e.Done {
		return
	}
	line, err := json.Marshal(e)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || r.err != nil {
		return
	}
	if err == nil {
		_, err = r.buf.Write(append(line, '\n'))
	}
	if err == nil && e.Type != event.StepOutput && e.Type != event.StepLog {
		err = r.buf.Flush()
	}
	if err != nil {
		r.err = fmt.Errorf("write %s: %w", filepath.Join(r.dir, eventsFile), err)
	}
}

// LogFolder makes the folder for the logs of a component and returns its path. index is the component's position in
// the recipe, from 1. Asked again for the same component, it returns the same folder with what is in it.
func (r *Run) LogFolder(stage event.Stage, index int, component string) (string, error) {
	dir := filepath.Join(r.dir, StepName(stage), folderName(index, component))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make the log folder of component %q: %w", component, err)
	}
	return dir, nil
}

// Relative returns path as seen from the run folder, with slashes, for result.Component.LogFolder. A path that is
// not below the run folder is returned as it is.
func (r *Run) Relative(path string) string {
	rel, err := filepath.Rel(r.dir, path)
	if err != nil || !filepath.IsLocal(rel) {
		return path
	}
	return filepath.ToSlash(rel)
}

// Finish ends the run: the events are written through to the disk, then the result appears, whole or not at all. It
// sets RunID and RunFolder of res. The run cannot be used afterwards.
func (r *Run) Finish(res *result.Result) error {
	res.RunID, res.RunFolder = r.id, r.dir
	err := r.closeEvents()
	data, jsonErr := json.MarshalIndent(res, "", "  ")
	if jsonErr == nil {
		jsonErr = writeFile(filepath.Join(r.dir, resultFile), append(data, '\n'))
	}
	return errors.Join(err, jsonErr, r.release())
}

// Close ends the run without a result, which readers see as interrupted. After Finish it does nothing, so it can be
// deferred.
func (r *Run) Close() error { return errors.Join(r.closeEvents(), r.release()) }

func (r *Run) closeEvents() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	r.closed = true
	err := r.err
	if err == nil {
		err = r.buf.Flush()
	}
	return errors.Join(err, r.file.Sync(), r.file.Close())
}

// release gives the lock back. The file goes first: who opens it afterwards makes a new one, which is not this run's.
func (r *Run) release() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.claim.Locked() {
		return nil
	}
	rm := os.Remove(r.claim.Path())
	err := r.claim.Unlock()
	if rm != nil && !errors.Is(rm, fs.ErrNotExist) {
		_ = os.Remove(r.claim.Path()) // systems that cannot remove a locked file
	}
	return err
}

// writeFile puts data at path in one step that survives a crash.
func writeFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".tmp-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
