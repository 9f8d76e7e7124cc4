package build

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/builder/event"
)

func TestStoriesOfComponentsAreToldInOrder(t *testing.T) {
	var got []string
	o := newInOrder(event.Func(func(e event.Event) { got = append(got, e.Text) }), 3)
	say := func(text string) event.Event { return event.Event{Text: text} }
	o.send(1, say("b starts"))
	o.send(2, say("c starts"))
	o.send(0, say("a from the cache"))
	o.end(0, say("a ends"))
	o.send(1, say("b works"))
	o.end(1, say("b ends"))
	o.end(1, say("b ends again"))
	o.send(2, say("c works"))
	want := []string{"a from the cache", "a ends", "b starts", "b works", "b ends", "c starts", "c works"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestNothingThatWaitsIsLost(t *testing.T) {
	n := 0
	o := newInOrder(event.Func(func(event.Event) { n++ }), 2)
	o.send(1, event.Event{})
	o.flushAll()
	if n != 1 {
		t.Errorf("%d events, want 1", n)
	}
}
