package document

import (
	"maps"
	"slices"

	"github.com/slipway-oci/slipway/runner/expr"
)

// chain checks a reference to inputs or outputs of a step: that there is such a thing, that it is known in time, and
// that everything it needs, through further inputs too, can be reached from here.
func (v *validator) chain(u use) {
	target := v.target(u.ref)
	if target == nil {
		v.unknownStep(u)
		return
	}
	n := v.need(target)
	if target.spec != nil && !v.field(u, target, &n) {
		return
	}
	switch {
	case n.cycle:
		v.refProblem(u, Error, CodeRefCycle, "", "%s refers back to itself through other inputs", u.ref.Raw)
		return
	case n.loop:
		v.refProblem(u, Error, CodeRefNotAllowedHere, "", "%s holds references to the loop of step %q, which has no value here", u.ref.Raw, target.Name)
	case n.secret && !u.at.secret:
		v.refProblem(u, Error, CodeRefNotAllowedHere, "", "%s holds a secret reference, which cannot stand in %q", u.ref.Raw, u.at.what)
	}
	if n.latest != nil && n.latest.order >= u.step.order {
		if n.latest == u.step {
			v.refProblem(u, Error, CodeRefNotBefore, "", "%s needs outputs of the step itself", u.ref.Raw)
		} else {
			v.refProblem(u, Error, CodeRefNotBefore, "", "%s needs outputs of step %q, which runs later", u.ref.Raw, n.latest.Name)
		}
	}
	v.boundaries(u, n)
}

// field checks that the target has the input or output, and adds to n what its text needs.
func (v *validator) field(u use, target *stepInfo, n *needs) bool {
	var err error
	if u.ref.Field == expr.Outputs {
		err = target.checkOutput(u.ref)
		n.latest = target
	} else {
		var text *Value
		if text, err = target.InputAt(target.spec.Spec, u.ref); err == nil {
			n.add(v.needsOf(text))
			n.loop = holdsLoop(text, target)
		}
	}
	if err != nil {
		v.refProblem(u, Error, CodeRefUnknownField, hintOf(err), "%s: %v", u.ref.Raw, err)
	}
	return err == nil
}

// target returns the step that a chain reference names, or nil.
func (v *validator) target(ref expr.Ref) *stepInfo {
	if p, ok := v.index[ref.Phase]; ok {
		return p.steps[ref.Step]
	}
	return nil
}

func (v *validator) unknownStep(u use) {
	p, ok := v.index[u.ref.Phase]
	if !ok {
		hint := v.nearest(u.ref.Phase, func() []string { return slices.Sorted(maps.Keys(v.index)) })
		v.refProblem(u, Error, CodeRefUnknownStep, hint, "%s: the document has no phase %q", u.ref.Raw, u.ref.Phase)
		return
	}
	hint := v.nearest(u.ref.Step, p.stepNames)
	v.refProblem(u, Error, CodeRefUnknownStep, hint, "%s: phase %q has no step %q", u.ref.Raw, u.ref.Phase, u.ref.Step)
}

// boundaries checks that the phases that a reference needs run in the same process, and run at all.
func (v *validator) boundaries(u use, n needs) {
	from := u.step.phase.Name
	if own := GroupOf(from); own != NoGroup {
		for group, p := range n.groups {
			if p == nil || Group(group) == own {
				continue
			}
			sev := Warning
			if v.opts.Workflow {
				sev = Error
			}
			v.refProblem(u, sev, CodeRefStageBoundary, "use a parameter, or a file in the image",
				"%s in phase %q needs phase %q, which runs in another container", u.ref.Raw, from, p.Name)
			break
		}
	}
	if u.step.selected && n.unselected != nil {
		v.refProblem(u, Error, CodeRefNotSelected, "select that phase too",
			"%s in phase %q needs phase %q, which is not selected", u.ref.Raw, from, n.unselected.Name)
	}
}
