// Package display shows what a build does and what came of it: events as a live tree, as lines or as JSON, results
// and errors as text. It decides nothing about the build, and it alone writes control sequences: text that comes from
// outside is cleaned before it is shown.
package display

import (
	"io"
	"time"

	"github.com/slipway-oci/slipway/builder/event"
)

// Display draws events. Close shows what is left and gives the terminal back; nothing may be sent after it.
type Display interface {
	event.Sink
	Close() error
}

// Options say how to draw.
type Options struct {
	Style Style
	// Size returns the columns and rows of the terminal, for TTY only. It is asked before each repaint, so that a
	// resize needs no signal.
	Size func() (columns, rows int)
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// New starts a display that draws on w. mode must not be Auto: see Mode.Resolve.
func New(mode Mode, w io.Writer, o Options) Display {
	if o.Now == nil {
		o.Now = time.Now
	}
	switch mode {
	case TTY:
		return startTTY(w, o)
	case JSON:
		return &jsonLines{w: w}
	case Quiet:
		return quiet{event.Discard}
	default:
		return &plain{w: w, now: o.Now, style: o.Style}
	}
}

type quiet struct{ event.Sink }

func (quiet) Close() error { return nil }
