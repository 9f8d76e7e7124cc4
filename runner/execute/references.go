package execute

import (
	"github.com/slipway-oci/slipway/runner/document"
	"github.com/slipway-oci/slipway/runner/expr"
	"github.com/slipway-oci/slipway/runner/report"
)

// recordReferences lists the references of the document's selected phases for chaining.json.
func (d *scope) recordReferences() {
	for p := range d.input.Document.Phases {
		phase := &d.input.Document.Phases[p]
		if !selected(d.phases, phase.Name) {
			continue
		}
		for s := range phase.Steps {
			step := &phase.Steps[s]
			eachText(step, func(text string) {
				for _, piece := range expr.Scan(text) {
					if piece.Ref != nil {
						d.References.Add(d.id, d.reference(phase.Name, step.Name, *piece.Ref))
					}
				}
			})
		}
	}
}

// wantedOutputs returns the steps whose outputs any text of the document refers to.
func wantedOutputs(doc *document.Document) map[string]bool {
	wanted := map[string]bool{}
	for p := range doc.Phases {
		for s := range doc.Phases[p].Steps {
			eachText(&doc.Phases[p].Steps[s], func(text string) {
				for _, piece := range expr.Scan(text) {
					if piece.Ref != nil && piece.Ref.Kind == expr.Chain && piece.Ref.Field == expr.Outputs {
						wanted[stepKey(piece.Ref.Phase, piece.Ref.Step)] = true
					}
				}
			})
		}
	}
	return wanted
}

func (d *scope) reference(phase, step string, ref expr.Ref) report.Reference {
	entry := report.Reference{Document: d.input.Path, Phase: phase, Step: step, Expression: ref.Raw, Resolved: "runtime"}
	switch ref.Kind {
	case expr.Variable:
		entry.Kind, entry.Resolved = "variable", "static"
		if v, ok := d.values[ref.Name]; ok {
			entry.Value = &v
		}
	case expr.Loop:
		entry.Kind = "loop"
	case expr.Chain:
		entry.Kind = ref.Field
		if ref.Field == expr.Inputs && d.staticInput(ref) {
			entry.Resolved = "static"
		}
	case expr.Secret:
		entry.Kind = "secret"
	case expr.Dynamic:
		entry.Kind = ref.Source
	}
	return entry
}

// staticInput reports whether the input that ref names holds nothing that only a run can tell.
func (d *scope) staticInput(ref expr.Ref) bool {
	step := findStep(d.input.Document, ref.Phase, ref.Step)
	if step == nil {
		return false
	}
	v, err := step.InputAt(d.specOf(step.Action), ref)
	if err != nil {
		return false
	}
	for _, piece := range expr.Scan(v.Text) {
		if piece.Ref != nil && piece.Ref.Kind != expr.Variable {
			return false
		}
	}
	return true
}

// eachText calls f with every text of a step in which references count.
func eachText(step *document.Step, f func(string)) {
	for _, in := range step.Inputs {
		for _, key := range in.Keys {
			eachScalar(key.Value, f)
		}
		if in.Condition != nil {
			eachOperand(in.Condition, f)
		}
	}
	if step.If != nil {
		eachOperand(step.If, f)
	}
	if step.Loop == nil {
		return
	}
	if each := step.Loop.Each; each != nil {
		for _, item := range each.Items {
			eachScalar(item, f)
		}
		if each.List != nil {
			eachScalar(*each.List, f)
		}
	}
	if count := step.Loop.For; count != nil {
		f(count.Start)
		f(count.End)
		f(count.UpdateBy)
	}
}

func eachScalar(v document.Value, f func(string)) {
	switch v.Kind {
	case document.Scalar:
		f(v.Text)
	case document.Sequence:
		for _, item := range v.List {
			eachScalar(item, f)
		}
	case document.Mapping:
		for _, key := range v.Map {
			eachScalar(key.Value, f)
		}
	}
}

func eachOperand(c *document.Condition, f func(string)) {
	if len(c.Terms) == 0 {
		eachScalar(c.Operand, f)
	}
	for _, companion := range []*document.Value{c.Value, c.Path} {
		if companion != nil {
			eachScalar(*companion, f)
		}
	}
	for i := range c.Terms {
		eachOperand(&c.Terms[i], f)
	}
}
