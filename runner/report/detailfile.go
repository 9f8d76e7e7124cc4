package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Detail is the sink that keeps detailedoutput.json up to date. Every version of the file is whole: it is written
// beside and renamed. Writing happens next to the run and takes at most a twentieth of the time, so that a run of
// thousands of steps does not pay for the file with every step; after a change the file is at most that late.
type Detail struct {
	path  string
	spool spool

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
	d.spool.dir = filepath.Dir(path)
	d.tree.spool = d.spool.put
	if len(saved) > 0 {
		t, err := restoreTree(saved, d.spool.put)
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

// output does nothing: outputs arrive with the end of their step.
func (d *Detail) output(outputLine) {}

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
	var pieces []piece
	if dirty {
		pieces = d.tree.pieces()
	}
	d.mu.Unlock()
	if !dirty {
		return d.failed
	}
	d.failed = replaceFile(d.path, func(w io.Writer) error { return d.spool.copy(w, pieces) })
	return d.failed
}

// Snapshot returns the tree as JSON on one line, for the state file.
func (d *Detail) Snapshot() (json.RawMessage, error) {
	d.mu.Lock()
	pieces := d.tree.pieces()
	d.mu.Unlock()
	var text, b bytes.Buffer
	if err := d.spool.copy(&text, pieces); err != nil {
		return nil, err
	}
	if err := json.Compact(&b, text.Bytes()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Close writes the last version and ends the work beside the run.
func (d *Detail) Close() error {
	close(d.stop)
	<-d.done
	return errors.Join(d.Sync(), d.spool.close())
}

// replaceFile replaces the file at path by what write writes; readers see the old text or the new one.
func replaceFile(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails after the rename
	w := bufio.NewWriterSize(f, 64<<10)
	if err = write(w); err == nil {
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

// spool keeps texts one behind the other in a file without a name. The latest are in memory, to be written together.
type spool struct {
	dir string

	mu   sync.Mutex
	file *os.File // made with the first writing
	end  int64    // of the file
	tail []byte   // what belongs behind it
}

// spoolTail is the size from which the latest texts are written.
const spoolTail = 64 << 10

// put stores text. When the file cannot be written the text stays in memory, and copy tries again.
func (s *spool) put(text []byte) piece {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := piece{at: s.end + int64(len(s.tail)), n: int64(len(text))}
	s.tail = append(s.tail, text...)
	if len(s.tail) >= spoolTail {
		_ = s.flush()
	}
	return p
}

// flush writes what is in memory.
func (s *spool) flush() error {
	if len(s.tail) == 0 {
		return nil
	}
	if s.file == nil {
		f, err := os.CreateTemp(s.dir, ".spool-")
		if err != nil {
			return err
		}
		if err := os.Remove(f.Name()); err != nil {
			return errors.Join(err, f.Close())
		}
		s.file = f
	}
	if _, err := s.file.WriteAt(s.tail, s.end); err != nil {
		return err
	}
	s.end += int64(len(s.tail))
	s.tail = s.tail[:0]
	if cap(s.tail) > 4*spoolTail {
		s.tail = nil
	}
	return nil
}

// copy writes the texts of pieces to w.
func (s *spool) copy(w io.Writer, pieces []piece) error {
	s.mu.Lock()
	err := s.flush()
	file := s.file
	s.mu.Unlock()
	if err != nil {
		return err
	}
	for _, p := range pieces {
		if p.n == 0 {
			_, err = w.Write(p.text)
		} else {
			_, err = io.Copy(w, io.NewSectionReader(file, p.at, p.n))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *spool) close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}
