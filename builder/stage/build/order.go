package build

import "github.com/slipway-oci/slipway/builder/event"

// inOrder is a sink that tells the stories of components one after the other: what comes of a later one waits until
// all before it have ended. A component from the cache has no story before its logs are read, while a later one may
// be running already.
type inOrder struct {
	sink    event.Sink
	next    int // the first that has not ended
	done    []bool
	waiting [][]event.Event
}

func newInOrder(sink event.Sink, n int) *inOrder {
	return &inOrder{sink: sink, done: make([]bool, n), waiting: make([][]event.Event, n)}
}

// send sends an event of component i, now or when its turn comes.
func (o *inOrder) send(i int, e event.Event) {
	if i > o.next {
		o.waiting[i] = append(o.waiting[i], e)
		return
	}
	o.sink.Send(e)
}

// end sends the event that ends component i, unless it has ended before.
func (o *inOrder) end(i int, e event.Event) {
	if o.done[i] {
		return
	}
	o.send(i, e)
	o.done[i] = true
	for o.next < len(o.done) && o.done[o.next] {
		o.next++
		if o.next < len(o.done) {
			o.flush(o.next)
		}
	}
}

func (o *inOrder) ended(i int) bool { return o.done[i] }

func (o *inOrder) flush(i int) {
	for _, e := range o.waiting[i] {
		o.sink.Send(e)
	}
	o.waiting[i] = nil
}

// flushAll sends what still waits, for the end of a stage that did not come to its end.
func (o *inOrder) flushAll() {
	for i := range o.waiting {
		o.flush(i)
	}
}
