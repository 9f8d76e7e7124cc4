package option

import (
	"time"

	"github.com/spf13/pflag"

	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/builder/timing"
)

// Timings is --timings, which measures the parts of a command.
type Timings struct {
	*timing.Recorder // nil when nothing is measured

	on bool
}

// AddFlags adds --timings.
func (t *Timings) AddFlags(fs *pflag.FlagSet) {
	fs.BoolVar(&t.on, "timings", false, "measure the parts of the build one by one and show them as a table")
}

// Start begins to measure, if that is asked for, with what it took to come this far.
func (t *Timings) Start() {
	if !t.on {
		return
	}
	start := timing.ProcessStart()
	t.Recorder = timing.New(start)
	t.Add("process start", start, time.Now())
}

// Parts are those that were measured.
func (t *Timings) Parts() []result.Part {
	var parts []result.Part
	for _, s := range t.Spans() {
		parts = append(parts, result.Part{Name: s.Name, Start: result.Micros(s.Start), Duration: result.Micros(s.Duration)})
	}
	return parts
}
