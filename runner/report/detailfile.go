package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Detail is the sink that keeps detailedoutput.json up to date. Every version of the file is whole: it is written
// beside and renamed. Writing happens next to the run and takes at most a twentieth of the time, so that a run of
// thousands of steps does not pay for the file with every step; after a change the file is at most that late.
type Detail struct {
	path string

	mu    sync.Mutex // guards tree, dirty
	tree  tree
	dirty bool

	write  sync.Mutex // held while the file is written
	failed error
	wake   chan struct{}
	stop   chan struct{}
	done   chan struct{}
}

// NewDetail starts to keep the file at path; saved is the text of an earlier Snapshot to go on from, or nil.
func NewDetail(path string, saved json.RawMessage) (*Detail, error) {
	d := &Detail{path: path, wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	if len(saved) > 0 {
		t, err := restoreTree(saved)
		if err != nil {
			return nil, err
		}
		d.tree = t
	}
	go d.loop()
	return d, nil
}

// Record takes an event into the tree.
func (d *Detail) Record(r Record) {
	d.mu.Lock()
	changed := d.tree.apply(r)
	d.dirty = d.dirty || changed
	d.mu.Unlock()
	if changed {
		select {
		case d.wake <- struct{}{}:
		default:
		}
	}
}

// Flush does nothing: the file follows on its own, see Sync.
func (d *Detail) Flush() {}

// The shortest pause between two versions of the file, and the longest part of the time spent with writing.
const (
	minPause   = 10 * time.Millisecond
	pauseRatio = 20
)

func (d *Detail) loop() {
	defer close(d.done)
	for {
		select {
		case <-d.stop:
			return
		case <-d.wake:
		}
		begin := time.Now()
		_ = d.Sync() // remembered for Close
		pause := time.NewTimer(max(minPause, pauseRatio*time.Since(begin)))
		select {
		case <-d.stop:
			pause.Stop()
			return
		case <-pause.C:
		}
	}
}

// Sync writes the file now, if anything changed.
func (d *Detail) Sync() error {
	d.write.Lock()
	defer d.write.Unlock()
	d.mu.Lock()
	dirty := d.dirty
	d.dirty = false
	var pieces [][]byte
	if dirty {
		pieces = d.tree.pieces()
	}
	d.mu.Unlock()
	if !dirty {
		return d.failed
	}
	d.failed = writePieces(d.path, pieces)
	return d.failed
}

// Snapshot returns the tree as JSON on one line, for the state file.
func (d *Detail) Snapshot() (json.RawMessage, error) {
	d.mu.Lock()
	pieces := d.tree.pieces()
	d.mu.Unlock()
	var b bytes.Buffer
	if err := json.Compact(&b, bytes.Join(pieces, nil)); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Close writes the last version and ends the work beside the run.
func (d *Detail) Close() error {
	close(d.stop)
	<-d.done
	return d.Sync()
}

// writePieces replaces the file at path by the joined pieces; readers see the old text or the new one.
func writePieces(path string, pieces [][]byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails after the rename
	w := bufio.NewWriterSize(f, 64<<10)
	for _, p := range pieces {
		if _, err = w.Write(p); err != nil {
			break
		}
	}
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = f.Chmod(0o644)
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
