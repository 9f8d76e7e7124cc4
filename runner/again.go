package runner

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/document"
	"github.com/slipway-oci/slipway/runner/document/near"
	"github.com/slipway-oci/slipway/runner/execute"
	"github.com/slipway-oci/slipway/runner/report"
)

// Again says which steps of an earlier run of one document run another time. Steps before them do not: references find
// the outputs that the earlier run recorded, with secrets masked.
type Again struct {
	// Detail is the detailedoutput.json of the earlier run.
	Detail string
	// Step is NAME or PHASE/NAME; "" for the step that failed.
	Step string
	// Rest runs the steps behind it too.
	Rest bool
}

// PastStep is a step of an earlier run.
type PastStep struct {
	Phase, Name    string
	Status         report.Status
	FailureMessage string

	outputs []map[string]any
}

// Failed reports whether the step is the one at which a run ended: it failed, or was cut off.
func (s PastStep) Failed() bool { return s.Status == report.Failed || s.Status == report.InProgress }

// ReadPast reads the steps of the first document of an earlier run from its detailedoutput.json, in order.
func ReadPast(path string) ([]PastStep, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("record of the earlier run: %w", err)
	}
	var past struct {
		Documents []struct {
			Phases []struct {
				Name  string
				Steps []struct {
					Name           string
					Status         report.Status
					FailureMessage string
					Outputs        string
				}
			}
		}
	}
	if err := json.Unmarshal(data, &past); err != nil {
		return nil, fmt.Errorf("record of the earlier run: %s: %w", path, err)
	}
	var steps []PastStep
	if len(past.Documents) == 0 {
		return steps, nil
	}
	for _, phase := range past.Documents[0].Phases {
		for _, s := range phase.Steps {
			step := PastStep{Phase: phase.Name, Name: s.Name, Status: s.Status, FailureMessage: s.FailureMessage}
			if s.Outputs != "" && s.Outputs != report.Concealed { // a step that logs nothing leaves nothing
				numbers := json.NewDecoder(strings.NewReader(s.Outputs))
				numbers.UseNumber()
				if err := numbers.Decode(&step.outputs); err != nil {
					return nil, fmt.Errorf("record of the earlier run: %s: outputs of step %q: %w", path, s.Name, err)
				}
			}
			steps = append(steps, step)
		}
	}
	return steps, nil
}

// goBack makes the state from which the wanted step runs.
func (r *run) goBack() (*execute.State, error) {
	past, err := ReadPast(r.Again.Detail)
	if err != nil {
		return nil, err
	}
	phase, step, err := r.wantedStep(past)
	if err != nil {
		return nil, err
	}
	s := &execute.State{
		Version: execute.StateVersion, ExecutionID: r.ExecutionID, Phases: r.Phases, Outputs: map[string]execute.Recorded{},
		Position: execute.Frame{ExecutionID: r.ExecutionID, Phase: phase, Step: step},
	}
	for _, p := range past {
		if p.Phase == phase && p.Name == step {
			break
		}
		s.Outputs[p.Phase+"."+p.Name] = p.recorded()
	}
	return s, nil
}

// recorded is what references to the step find.
func (s PastStep) recorded() execute.Recorded {
	rec := execute.Recorded{Skipped: s.Status == report.Skipped, Outputs: s.outputs}
	for _, outputs := range s.outputs {
		for _, v := range outputs {
			if text, ok := v.(string); ok {
				rec.Cut = rec.Cut || strings.HasSuffix(text, action.Truncated)
				rec.Masked = rec.Masked || strings.Contains(text, report.Concealed)
			}
		}
	}
	return rec
}

// wantedStep finds the step to run in the document.
func (r *run) wantedStep(past []PastStep) (phase, step string, err error) {
	wanted := r.Again.Step
	if wanted == "" {
		for _, s := range past {
			if s.Failed() {
				phase, step = s.Phase, s.Name
			}
		}
		if step == "" {
			return "", "", &noStepError{steps: r.stepNames()}
		}
		wanted = phase + "/" + step
	}
	for _, p := range r.inputs[0].Document.Phases {
		if !r.selected(p.Name) {
			continue
		}
		for _, s := range p.Steps {
			if wanted == s.Name || wanted == p.Name+"/"+s.Name {
				return p.Name, s.Name, nil
			}
		}
	}
	return "", "", &noStepError{wanted: wanted, steps: r.stepNames()}
}

func (r *run) stepNames() []string {
	var names []string
	for _, p := range r.inputs[0].Document.Phases {
		if r.selected(p.Name) {
			names = append(names, stepNames(p)...)
		}
	}
	return names
}

func stepNames(p document.Phase) []string {
	names := make([]string, len(p.Steps))
	for i, s := range p.Steps {
		names[i] = s.Name
	}
	return names
}

// noStepError says that there is no such step to run again.
type noStepError struct {
	wanted string // "" when the failed one was wanted
	steps  []string
}

func (e *noStepError) Error() string {
	if e.wanted == "" {
		return "no step of the earlier run failed"
	}
	return fmt.Sprintf("no step %q in the phases of the earlier run", e.wanted)
}

// Hint names the steps.
func (e *noStepError) Hint() string {
	if hint := near.Hint(e.wanted, e.steps); hint != "" {
		return hint
	}
	return "the steps are: " + strings.Join(e.steps, ", ")
}
