package runner

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/slipway-oci/slipway/runner/execute"
	"github.com/slipway-oci/slipway/runner/report"
)

// announce records the beginning of the run with the documents as far as they are known.
func (r *run) announce() {
	r.started = true
	e := report.RunStart{
		Version: r.Version, OS: runtime.GOOS, Arch: runtime.GOARCH, LogFolder: r.folder.Path,
		Resumed: r.restored != nil, Phases: r.Phases, Documents: []report.RunDocument{},
	}
	if e.Phases == nil {
		e.Phases = []string{}
	}
	for _, in := range r.inputs {
		e.Documents = append(e.Documents, r.announced(in))
	}
	r.rec.Emit(r.top(), e)
	for _, w := range r.secretWarnings {
		r.warn("%s", w)
	}
	for _, note := range r.Notes {
		r.warn("%s", note)
	}
	for _, p := range r.problems {
		r.record(p)
	}
}

func (r *run) announced(in execute.Input) report.RunDocument {
	d := report.RunDocument{Path: in.Path, Name: in.Document.Name, SHA256: strings.TrimPrefix(in.Document.Digest, "sha256:"), Phases: []report.RunPhase{}}
	for _, phase := range in.Document.Phases {
		if !r.selected(phase.Name) {
			continue
		}
		p := report.RunPhase{Name: phase.Name, Steps: []report.RunStep{}}
		for _, s := range phase.Steps {
			p.Steps = append(p.Steps, report.RunStep{Name: s.Name, Action: s.Action})
		}
		d.Phases = append(d.Phases, p)
	}
	return d
}

func (r *run) selected(phase string) bool {
	if r.Phases == nil {
		return true
	}
	return slices.Contains(r.Phases, phase)
}

func (r *run) anyPhase() bool {
	for _, in := range r.inputs {
		for _, phase := range in.Document.Phases {
			if r.selected(phase.Name) {
				return true
			}
		}
	}
	return false
}

// warn records a warning outside of steps.
func (r *run) warn(format string, args ...any) {
	r.rec.Emit(r.top(), report.Log{Level: "Warn", Message: fmt.Sprintf(format, args...)})
}
