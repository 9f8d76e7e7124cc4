package display

import (
	"io"
	"sync"
	"time"

	"github.com/slipway-oci/slipway/builder/event"
)

// repaintEvery bounds how often the screen changes.
const repaintEvery = 100 * time.Millisecond

// tty draws the tree on a terminal. Events only change the tree; a goroutine of its own repaints, so that no number
// of events makes the screen flicker or the build wait for the terminal.
type tty struct {
	o Options

	mu   sync.Mutex
	tree tree

	painter painter // used by one goroutine at a time: the painting one, then Close
	stop    chan struct{}
	stopped chan struct{}
	once    sync.Once
}

func startTTY(w io.Writer, o Options) *tty {
	t := newTTY(w, o)
	go t.run()
	return t
}

func newTTY(w io.Writer, o Options) *tty {
	return &tty{o: o, painter: painter{w: w}, stop: make(chan struct{}), stopped: make(chan struct{})}
}

func (t *tty) run() {
	defer close(t.stopped)
	ticker := time.NewTicker(repaintEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			t.repaint()
		case <-t.stop:
			return
		}
	}
}

// Send takes note of an event for the next repaint.
func (t *tty) Send(e event.Event) {
	now := t.o.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tree.apply(e, now)
}

// Close shows the lines that are still to be shown and removes the changing region.
func (t *tty) Close() error {
	t.once.Do(func() {
		close(t.stop)
		<-t.stopped
		t.mu.Lock()
		t.tree.stages = nil
		t.mu.Unlock()
		t.repaint()
	})
	return nil
}

func (t *tty) repaint() {
	columns, rows := t.size()
	t.mu.Lock()
	finished := t.tree.finished
	t.tree.finished = nil
	live := t.tree.frame(t.o.Now(), rows-2)
	t.mu.Unlock()
	t.painter.paint(finished, live, columns, rows, t.o.Style)
}

// size is the size of the terminal, or a common one where it is not known, and never too small to draw in.
func (t *tty) size() (columns, rows int) {
	if t.o.Size != nil {
		columns, rows = t.o.Size()
	}
	if columns <= 0 || rows <= 0 {
		return 80, 24
	}
	return max(columns, 10), max(rows, 3)
}
