package build

import (
	"bytes"
	"io"

	"github.com/slipway-oci/slipway/runner/report"
)

// instructions are the outputs of the template's instructions, by the id of their work, in which no secret is shown.
type instructions struct {
	masker *report.Masker
	open   map[string]io.WriteCloser
}

// write passes output on in lines; the last one may be a part of a line, as people wait for what a program says.
func (o *instructions) write(id string, output []byte, line func(text string)) {
	if o.open[id] == nil {
		o.open[id] = o.masker.Writer(lines(line))
	}
	_, _ = o.open[id].Write(output) // lines takes everything
}

// end passes on what was held back because a secret could begin with it.
func (o *instructions) end(id string) {
	if w := o.open[id]; w != nil {
		_ = w.Close() // lines takes everything
		delete(o.open, id)
	}
}

func (o *instructions) close() {
	for id := range o.open {
		o.end(id)
	}
}

// lines is called with each line that is written to it.
type lines func(text string)

func (l lines) Write(p []byte) (int, error) {
	for line := range bytes.Lines(p) {
		l(string(bytes.TrimRight(line, "\r\n")))
	}
	return len(p), nil
}
