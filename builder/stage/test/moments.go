package test

import (
	"io"
	"time"

	"github.com/slipway-oci/slipway/builder/timing"
)

// moments notes when the runner's event stream begins and when it ends: the first is when the container works, after
// the last it only has to end.
type moments struct {
	io.Writer

	first, last time.Time
}

// Write passes p on.
func (m *moments) Write(p []byte) (int, error) {
	m.last = time.Now()
	if m.first.IsZero() {
		m.first = m.last
	}
	return m.Writer.Write(p)
}

// record notes the parts of a container's life that began at begun and ends now.
func (m *moments) record(r *timing.Recorder, begun time.Time) {
	if m.first.IsZero() {
		return
	}
	r.Add("test container, start", begun, m.first)
	r.Add("tests", m.first, m.last)
	r.Add("test container, end", m.last, time.Now())
}
