package execute

import (
	"encoding/json"
	"time"

	"github.com/slipway-oci/slipway/runner/report"
)

// StateVersion is the version of the state file that this package reads and writes.
const StateVersion = 1

// State is what a run must know to go on behind a restart.
type State struct {
	Version        int                 `json:"version"`
	ExecutionID    string              `json:"executionId"`
	LogFolder      string              `json:"logFolder"`
	StartTime      time.Time           `json:"startTime"`
	Documents      []StateDocument     `json:"documents"`
	Phases         []string            `json:"phases"`
	Parameters     map[string]string   `json:"parameters,omitempty"`
	Position       Frame               `json:"position"`
	Resume         string              `json:"resume"` // "sameStep" or "nextStep"
	Conditions     map[string]string   `json:"conditions"`
	RebootCount    int                 `json:"rebootCount"`
	Outputs        map[string]Recorded `json:"outputs"`
	DetailedOutput json.RawMessage     `json:"detailedOutput"`
}

// StateDocument identifies a document of the run.
type StateDocument struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
}

// Frame is the position of one execution and what it must keep: outcomes so far, and of the running document the
// results of conditions and the outputs of steps. In the state file the top execution's conditions and outputs stand
// beside its position.
type Frame struct {
	ExecutionID  string              `json:"executionId"`
	Document     int                 `json:"document"`
	Phase        string              `json:"phase"`
	Step         string              `json:"step"`
	Attempt      int                 `json:"attempt"`
	Iteration    int                 `json:"iteration"`
	Finished     bool                `json:"finished,omitempty"` // go on behind Step
	Items        []string            `json:"items,omitempty"`    // of the running loop over a list
	Collected    *collection         `json:"collected,omitempty"`
	Counts       report.Summary      `json:"counts"`
	Done         report.Status       `json:"done,omitempty"` // outcome of the parts that ended, by level
	DocumentDone report.Status       `json:"documentDone,omitempty"`
	PhaseDone    report.Status       `json:"phaseDone,omitempty"`
	Conditions   map[string]string   `json:"conditions,omitempty"`
	Outputs      map[string]Recorded `json:"outputs,omitempty"`
	Nested       *Frame              `json:"nested,omitempty"`
}

// Recorded is what a finished step left for references, with secrets masked.
type Recorded struct {
	Skipped bool             `json:"skipped,omitempty"`
	Outputs []map[string]any `json:"outputs,omitempty"`
	Cut     bool             `json:"cut,omitempty"`    // an output was cut for its size
	Masked  bool             `json:"masked,omitempty"` // an output held a secret
}

// state describes the run as it is now.
func (s *session) state(resume string) State {
	top := s.top.snapshot()
	st := State{
		Version: StateVersion, ExecutionID: s.ExecutionID, Phases: s.Phases, Resume: resume,
		RebootCount: s.reboots, Conditions: top.Conditions, Outputs: top.Outputs,
	}
	top.Conditions, top.Outputs = nil, nil
	st.Position = top
	return st
}

// frame returns the top execution's frame as it was before state took it apart.
func (s *State) frame() Frame {
	f := s.Position
	f.Conditions, f.Outputs = s.Conditions, s.Outputs
	return f
}

// snapshot returns the frame of x with those of the nested executions that run inside its step.
func (x *execution) snapshot() Frame {
	f := x.at
	f.Nested = nil
	if x.nested != nil {
		nested := x.nested.snapshot()
		f.Nested = &nested
	}
	return f
}

// adopt makes x go on with what a saved frame kept.
func (x *execution) adopt(f Frame) {
	x.at = f
	x.at.Nested = nil
	if x.at.Outputs == nil {
		x.at.Outputs = map[string]Recorded{}
	}
	if x.at.Conditions == nil {
		x.at.Conditions = map[string]string{}
	}
}
