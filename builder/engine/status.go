package engine

import (
	"slices"
	"sync"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
)

// statusGrace is how long the end of a component may reach us after its result, since both travel on their own ways.
const statusGrace = 500 * time.Millisecond

// stderr is BuildKit's number of the stream that carries the runner's events.
const stderr = 2

// tracker turns the builder's status stream into calls of Progress, and remembers how components ended.
type tracker struct {
	progress Progress

	mu      sync.Mutex
	changed chan struct{} // closed and renewed at each end of a component
	index   map[digest.Digest]int
	states  []ComponentState
	begun   []bool
	ended   []bool
	cached  []bool // loaded from a cache, or about to be
	names   map[digest.Digest]string
	success func(i int)
}

func newTracker(p Progress, n int) *tracker {
	return &tracker{
		progress: p, changed: make(chan struct{}), index: map[digest.Digest]int{},
		states: make([]ComponentState, n), begun: make([]bool, n), ended: make([]bool, n), cached: make([]bool, n),
		names: map[digest.Digest]string{},
	}
}

// watch makes vertex known as component i.
func (t *tracker) watch(vertex digest.Digest, i int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.index[vertex] = i
}

// onSuccess sets what is called, soon and without waiting for it, when a component has succeeded.
func (t *tracker) onSuccess(call func(i int)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.success = call
}

// follow reads the stream until it is closed.
func (t *tracker) follow(statuses <-chan *client.SolveStatus) {
	for status := range statuses {
		t.mu.Lock()
		for _, v := range status.Vertexes {
			t.vertex(v)
		}
		for _, l := range status.Logs {
			t.log(l)
		}
		for _, s := range status.Statuses {
			t.progress.Work(Work{
				ID: s.Vertex.String() + s.ID, Name: s.ID, Current: s.Current, Total: s.Total,
				Started: s.Started, Ended: s.Completed,
			})
		}
		t.mu.Unlock()
	}
}

func (t *tracker) vertex(v *client.Vertex) {
	i, ok := t.index[v.Digest]
	if !ok {
		t.names[v.Digest] = v.Name
		t.progress.Work(Work{ID: v.Digest.String(), Name: v.Name, Started: v.Started, Ended: v.Completed, Cached: v.Cached, Err: v.Error})
		return
	}
	if v.Cached {
		t.cached[i] = v.Error == "" // else it runs after all
	}
	// The download of what a cache elsewhere has is reported as the vertex, and as one that is not cached.
	cached := v.Cached || t.cached[i]
	if v.Started != nil && !cached && !t.begun[i] {
		t.begun[i] = true
		t.states[i].Started = *v.Started
		t.progress.ComponentStarted(i, *v.Started)
	}
	if v.Completed != nil && !t.ended[i] {
		t.ended[i] = true
		t.states[i].Ended, t.states[i].Cached = *v.Completed, cached
		if v.Error == "" && t.success != nil {
			t.success(i)
		}
		close(t.changed)
		t.changed = make(chan struct{})
	}
}

func (t *tracker) log(l *client.VertexLog) {
	if i, ok := t.index[l.Vertex]; ok {
		// The runner's summary goes to standard output; what it says is in the events as well.
		if l.Stream == stderr {
			t.progress.ComponentOutput(i, l.Data)
		}
		return
	}
	t.progress.Work(Work{ID: l.Vertex.String(), Name: t.names[l.Vertex], Output: l.Data})
}

// components returns how the components ended. When all are known to have, it waits a little for the ends that have
// not arrived.
func (t *tracker) components(all bool) []ComponentState {
	deadline := time.After(statusGrace)
	for {
		t.mu.Lock()
		states, changed := slices.Clone(t.states), t.changed
		waiting := all && slices.Contains(t.ended, false)
		t.mu.Unlock()
		if !waiting {
			return states
		}
		select {
		case <-changed:
		case <-deadline:
			return states
		}
	}
}

// logsRead notes that the log folder of component i was read.
func (t *tracker) logsRead(i int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.states[i].HasLogs = true
	if t.states[i].Cached {
		t.progress.ComponentCached(i)
	}
}

// indexOf returns the component that vertex is.
func (t *tracker) indexOf(vertex digest.Digest) (int, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i, ok := t.index[vertex]
	return i, ok
}
