package engine

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
)

// told writes down what Progress is told.
type told []string

func (l *told) ComponentStarted(i int, _ time.Time) { *l = append(*l, fmt.Sprintf("started %d", i)) }

func (l *told) ComponentOutput(i int, data []byte) {
	*l = append(*l, fmt.Sprintf("output %d %s", i, data))
}
func (l *told) ComponentCached(i int) { *l = append(*l, fmt.Sprintf("cached %d", i)) }
func (l *told) Work(w Work)           { *l = append(*l, "work "+w.Name+string(w.Output)) }

func TestTrackerTellsComponentsFromOtherWork(t *testing.T) {
	now := time.Now()
	ran, cached, other := digest.FromString("ran"), digest.FromString("cached"), digest.FromString("other")
	log := &told{}
	tr := newTracker(log, 2)
	tr.watch(cached, 0)
	tr.watch(ran, 1)
	var succeeded []int
	tr.onSuccess(func(i int) { succeeded = append(succeeded, i) })
	statuses := make(chan *client.SolveStatus, 8)
	statuses <- &client.SolveStatus{Vertexes: []*client.Vertex{
		{Digest: other, Name: "RUN make", Started: &now},
		{Digest: cached, Started: &now, Completed: &now, Cached: true},
		{Digest: ran, Started: &now},
	}}
	statuses <- &client.SolveStatus{Logs: []*client.VertexLog{
		{Vertex: ran, Stream: 2, Data: []byte("event")},
		{Vertex: ran, Stream: 1, Data: []byte("summary")},
		{Vertex: other, Stream: 1, Data: []byte(" text")},
	}}
	statuses <- &client.SolveStatus{Vertexes: []*client.Vertex{{Digest: ran, Started: &now, Completed: &now, Error: "exit code 1"}}}
	close(statuses)
	tr.follow(statuses)

	want := told{"work RUN make", "started 1", "output 1 event", "work RUN make text"}
	if diff := cmp.Diff(want, *log); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{0}, succeeded); diff != "" {
		t.Errorf("succeeded (-want +got):\n%s", diff)
	}
	states := tr.components(true)
	if !states[0].Cached || states[1].Cached || states[1].Started.IsZero() || states[1].Ended.IsZero() {
		t.Errorf("states: %+v", states)
	}
	if i, ok := tr.indexOf(ran); i != 1 || !ok {
		t.Errorf("indexOf = %d, %v", i, ok)
	}
}
