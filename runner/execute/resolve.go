package execute

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/slipway-oci/slipway/runner/document"
	"github.com/slipway-oci/slipway/runner/expr"
	"github.com/slipway-oci/slipway/runner/report"
)

// noIteration stands for the index of the iteration outside loops; loop references then stay as they are.
const noIteration = -1

// maxChain bounds how far references to inputs may lead on to other inputs; validation refuses cycles before.
const maxChain = 100

// resolver returns what the references of this step stand for in iteration i. depth counts the inputs of other steps
// that led here.
func (r *stepRun) resolver(i, depth int) expr.Resolver {
	return func(ref expr.Ref) (string, bool, error) {
		text, known, err := r.value(ref, i, depth)
		if err == nil && known {
			shown := r.shown(text)
			if r.conceals(ref) {
				shown = report.Concealed
				if text != "" && !slices.Contains(r.hidden, text) {
					r.hidden = append(r.hidden, text)
				}
			}
			r.References.Resolve(r.id, r.input.Path, r.phase.Name, r.step.Name, ref.Raw, shown)
		}
		return text, known, err
	}
}

// conceals reports whether ref leads to a step that logs nothing; its value then appears in no other step's log.
func (r *stepRun) conceals(ref expr.Ref) bool {
	if ref.Kind != expr.Chain {
		return false
	}
	step := findStep(r.input.Document, ref.Phase, ref.Step)
	return step != nil && step.DisableLogging
}

// forLog resolves references as the log shows them: those to loops stay, concealed values are hidden.
func (r *stepRun) forLog(text string) (string, error) {
	resolve := r.resolver(noIteration, 0)
	return expr.Expand(text, func(ref expr.Ref) (string, bool, error) {
		if r.conceals(ref) {
			return report.Concealed, true, nil
		}
		return resolve(ref)
	})
}

func (r *stepRun) value(ref expr.Ref, i, depth int) (text string, known bool, err error) {
	switch ref.Kind {
	case expr.Variable:
		text, err = r.variable(ref.Name)
		return text, true, err
	case expr.Loop:
		if i == noIteration || r.step.Loop == nil || (ref.Name != "loop" && ref.Name != r.step.Loop.Name) {
			return "", false, nil
		}
		if ref.Field == "index" {
			return strconv.Itoa(i), true, nil
		}
		return r.items.value(i), true, nil
	case expr.Chain:
		text, err = r.chained(ref, depth)
		return text, true, err
	case expr.Secret:
		text, err = r.Secrets.Value(ref.Name)
		return text, true, err
	case expr.Dynamic:
		text, err = r.dynamic(ref)
		return text, true, err
	}
	return "", false, fmt.Errorf("unknown kind of reference %d", ref.Kind)
}

func (r *stepRun) variable(name string) (string, error) {
	if text, ok := r.values[name]; ok {
		return text, nil
	}
	for _, p := range r.input.Document.Parameters {
		if p.Name == name {
			return "", fmt.Errorf("parameter %q has no value", name)
		}
	}
	return "", fmt.Errorf("no parameter or constant %q", name)
}

// staticOnly resolves what is known before the run and leaves the rest as written.
func (r *stepRun) staticOnly(text string) (string, error) {
	return expr.Expand(text, func(ref expr.Ref) (string, bool, error) {
		if ref.Kind != expr.Variable {
			return "", false, nil
		}
		value, ok := r.values[ref.Name]
		return value, ok, nil
	})
}

// chained returns the value of a reference to another step.
func (r *stepRun) chained(ref expr.Ref, depth int) (string, error) {
	if depth > maxChain {
		return "", errors.New("references lead too far")
	}
	step := findStep(r.input.Document, ref.Phase, ref.Step)
	if step == nil {
		return "", fmt.Errorf("no step %q in phase %q", ref.Step, ref.Phase)
	}
	if ref.Field == expr.Inputs {
		return r.chainedInput(step, ref, depth)
	}
	return r.chainedOutput(ref)
}

func findStep(doc *document.Document, phase, step string) *document.Step {
	for p := range doc.Phases {
		if doc.Phases[p].Name != phase {
			continue
		}
		for s := range doc.Phases[p].Steps {
			if doc.Phases[p].Steps[s].Name == step {
				return &doc.Phases[p].Steps[s]
			}
		}
	}
	return nil
}

func (r *stepRun) chainedInput(step *document.Step, ref expr.Ref, depth int) (string, error) {
	v, err := step.InputAt(r.specOf(step.Action), ref)
	if err != nil {
		return "", err
	}
	return expr.Expand(v.Text, func(inner expr.Ref) (string, bool, error) {
		if inner.Kind == expr.Loop {
			return "", false, nil // a reference to the inputs of a loop was refused by validation
		}
		return r.value(inner, noIteration, depth+1)
	})
}

func (r *stepRun) chainedOutput(ref expr.Ref) (string, error) {
	rec, ok := r.at.Outputs[stepKey(ref.Phase, ref.Step)]
	switch {
	case !ok:
		return "", fmt.Errorf("step %q did not run", ref.Step)
	case rec.Skipped:
		return "", fmt.Errorf("step %q was skipped and has no outputs", ref.Step)
	case rec.Cut:
		return "", fmt.Errorf("the output of step %q was cut for its size", ref.Step)
	}
	entry := max(0, ref.Entry)
	if entry >= len(rec.Outputs) {
		return "", fmt.Errorf("step %q has no outputs[%d]", ref.Step, entry)
	}
	value, ok := rec.Outputs[entry][ref.Path[0].Name]
	if !ok {
		return "", fmt.Errorf("step %q has no output %q", ref.Step, ref.Path[0].Name)
	}
	text, err := outputText(value, ref.Path[0].Index, ref.Path[1:])
	if err == nil && rec.Masked && strings.Contains(text, report.Concealed) {
		r.emit(r.pos, report.StepLog{
			Action: r.step.Action, Level: "Warn",
			Message: fmt.Sprintf("%s holds a masked secret: the step gets %s in its place", ref.Raw, report.Concealed),
		})
	}
	return text, err
}

// outputText follows a path into an output; what it finds must be a text, number or boolean.
func outputText(v any, index int, path []expr.Segment) (string, error) {
	if index >= 0 {
		item, ok := element(v, index)
		if !ok {
			return "", fmt.Errorf("no element [%d]", index)
		}
		v = item
	}
	if len(path) > 0 {
		m, _ := v.(map[string]any)
		item, ok := m[path[0].Name]
		if !ok {
			return "", fmt.Errorf("no member %q", path[0].Name)
		}
		return outputText(item, path[0].Index, path[1:])
	}
	if text, ok := scalarText(v); ok {
		return text, nil
	}
	return "", errors.New("the value is a list or map; name one element of it")
}

func element(v any, i int) (any, bool) {
	switch list := v.(type) {
	case []any:
		if i < len(list) {
			return list[i], true
		}
	case []string:
		if i < len(list) {
			return list[i], true
		}
	}
	return nil, false
}

// scalarText is the text of a string, number or boolean.
func scalarText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case int:
		return strconv.Itoa(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case json.Number:
		return v.String(), true
	case nil:
		return "", true
	default:
		return "", false
	}
}
