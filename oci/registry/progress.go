package registry

import (
	"io"
	"sync"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Progress says how far one blob is. It is sent at most ten times a second for a blob, and once with Done set. After
// a retry Current starts again lower.
type Progress struct {
	Digest  v1.Hash
	Current int64 // bytes moved
	Total   int64
	Done    bool
	How     How // set when Done
}

// How says what had to be done for a blob.
type How string

// The ways in which a blob gets where it should be.
const (
	Transferred How = "transferred"
	Mounted     How = "mounted" // taken from another repository of the same registry
	Present     How = "present" // was there already
)

const progressInterval = 100 * time.Millisecond

// meter counts the bytes of one blob. It is locked, since net/http may still read the body of an upload that failed
// while the next attempt starts.
type meter struct {
	report func(Progress)
	digest v1.Hash
	total  int64

	mu      sync.Mutex
	current int64
	last    time.Time
}

func newMeter(report func(Progress), desc v1.Descriptor) *meter {
	return &meter{report: report, digest: desc.Digest, total: desc.Size}
}

func (m *meter) add(n int) {
	if m.report == nil {
		return
	}
	m.mu.Lock()
	m.current += int64(n)
	now, current := time.Now(), m.current
	due := now.Sub(m.last) >= progressInterval
	if due {
		m.last = now
	}
	m.mu.Unlock()
	if due {
		m.report(Progress{Digest: m.digest, Current: current, Total: m.total})
	}
}

func (m *meter) done(how How) {
	if m.report != nil {
		m.report(Progress{Digest: m.digest, Current: m.total, Total: m.total, Done: true, How: how})
	}
}

// reader counts what is read from r, which starts at an offset.
func (m *meter) reader(r io.ReadCloser, offset int64) io.ReadCloser {
	m.mu.Lock()
	m.current = offset
	m.mu.Unlock()
	return &meteredReader{ReadCloser: r, meter: m}
}

type meteredReader struct {
	io.ReadCloser
	meter *meter
}

func (r *meteredReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	r.meter.add(n)
	return n, err
}
