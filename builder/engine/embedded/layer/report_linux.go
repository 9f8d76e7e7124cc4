package layer

import (
	"encoding/json"
	"sync"

	"github.com/opencontainers/go-digest"
)

// mostReports bounds what a builder that stays for long remembers.
const mostReports = 1000

// reports keeps what observers said of layers.
type reports struct {
	observe func() Observer

	mu   sync.Mutex
	list map[digest.Digest]json.RawMessage
}

// observer is nil when nobody wants to know.
func (r *reports) observer() Observer {
	if r.observe == nil {
		return nil
	}
	return r.observe()
}

func (r *reports) keep(d digest.Digest, o Observer) {
	if o == nil {
		return
	}
	text, err := o.Report()
	if err != nil {
		return // the layer is read then
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.list == nil || len(r.list) >= mostReports {
		r.list = map[digest.Digest]json.RawMessage{}
	}
	r.list[d] = text
}

// Report returns what the observer said of a layer, nil when the layer is not one of this differ.
func (d *Differ) Report(layer digest.Digest) json.RawMessage {
	d.reports.mu.Lock()
	defer d.reports.mu.Unlock()
	return d.reports.list[layer]
}
