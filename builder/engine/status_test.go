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

// What a cache elsewhere has is reported twice: as cached when it is found there, and without the word when it has been
// downloaded.
func TestTrackerTakesResultsOfARemoteCacheAsCached(t *testing.T) {
	now := time.Now()
	taken, lost := digest.FromString("taken"), digest.FromString("lost")
	log := &told{}
	tr := newTracker(log, 2)
	tr.watch(taken, 0)
	tr.watch(lost, 1)
	statuses := make(chan *client.SolveStatus, 8)
	statuses <- &client.SolveStatus{Vertexes: []*client.Vertex{
		{Digest: taken, Started: &now, Cached: true},
		{Digest: lost, Started: &now, Cached: true},
	}}
	statuses <- &client.SolveStatus{Vertexes: []*client.Vertex{
		{Digest: taken, Started: &now},
		{Digest: taken, Started: &now, Completed: &now},
	}}
	// The cache had it and could not give it, so that it runs after all.
	statuses <- &client.SolveStatus{Vertexes: []*client.Vertex{
		{Digest: lost, Started: &now, Cached: true, Error: "blob not found"},
		{Digest: lost, Started: &now},
		{Digest: lost, Started: &now, Completed: &now},
	}}
	close(statuses)
	tr.follow(statuses)

	states := tr.components(true)
	if !states[0].Cached || states[1].Cached {
		t.Errorf("cached: %v and %v, want true and false", states[0].Cached, states[1].Cached)
	}
	tr.logsRead(0)
	tr.logsRead(1)
	if diff := cmp.Diff(told{"started 1", "cached 0"}, *log); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
	if !tr.components(true)[0].HasLogs {
		t.Error("logs that were read are not noted")
	}
}
