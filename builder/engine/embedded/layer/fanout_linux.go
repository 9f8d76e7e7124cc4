package layer

import (
	"io"
	"sync"
	"sync/atomic"
)

const (
	chunkSize  = 1 << 20
	chunkAhead = 4 // chunks that a reader may be behind the writer
)

// fanout passes what is written to several writers, each of which works in a goroutine of its own. It is not safe for
// concurrent use.
type fanout struct {
	current *chunk
	readers []chan *chunk
	done    sync.WaitGroup

	failed atomic.Bool
	mu     sync.Mutex
	err    error
}

type chunk struct {
	data  []byte
	users atomic.Int32
}

var chunks = sync.Pool{New: func() any { return &chunk{data: make([]byte, 0, chunkSize)} }}

func newFanout(writers ...io.Writer) *fanout {
	f := &fanout{current: freshChunk()}
	for _, w := range writers {
		queue := make(chan *chunk, chunkAhead)
		f.readers = append(f.readers, queue)
		f.done.Go(func() { f.serve(queue, w) })
	}
	return f
}

func freshChunk() *chunk {
	c, _ := chunks.Get().(*chunk)
	c.data = c.data[:0]
	return c
}

// serve writes what comes through the queue. After an error it goes on taking, so that the others do not wait for it.
func (f *fanout) serve(queue <-chan *chunk, w io.Writer) {
	for c := range queue {
		if !f.failed.Load() {
			if _, err := w.Write(c.data); err != nil {
				f.fail(err)
			}
		}
		if c.users.Add(-1) == 0 {
			chunks.Put(c)
		}
	}
}

func (f *fanout) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = err
	}
	f.failed.Store(true)
}

func (f *fanout) failure() error {
	if !f.failed.Load() {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// Write takes a copy of p. An error of a writer may show only at a later Write or at Close.
func (f *fanout) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		n := min(chunkSize-len(f.current.data), len(rest))
		f.current.data = append(f.current.data, rest[:n]...)
		rest = rest[n:]
		if len(f.current.data) == chunkSize {
			f.flush()
			f.current = freshChunk()
			if err := f.failure(); err != nil {
				return 0, err
			}
		}
	}
	return len(p), nil
}

func (f *fanout) flush() {
	f.current.users.Store(int32(len(f.readers))) //nolint:gosec // two or three
	for _, queue := range f.readers {
		queue <- f.current
	}
}

// Close waits until the writers have everything, and returns the first error of any.
func (f *fanout) Close() error {
	if len(f.current.data) > 0 {
		f.flush()
	}
	for _, queue := range f.readers {
		close(queue)
	}
	f.done.Wait()
	return f.failure()
}
