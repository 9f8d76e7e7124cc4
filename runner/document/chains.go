package document

import (
	"github.com/slipway-oci/slipway/runner/document/near"
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
			n.add(v.needsOf(text, target))
			n.loop = v.holdsLoop(text, target)
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
		names := make([]string, 0, len(v.doc.Phases))
		for _, p := range v.doc.Phases {
			names = append(names, p.Name)
		}
		v.refProblem(u, Error, CodeRefUnknownStep, near.Hint(u.ref.Phase, names), "%s: the document has no phase %q", u.ref.Raw, u.ref.Phase)
		return
	}
	steps := v.doc.Phases[p.index].Steps
	names := make([]string, 0, len(steps))
	for i := range steps {
		names = append(names, steps[i].Name)
	}
	v.refProblem(u, Error, CodeRefUnknownStep, near.Hint(u.ref.Step, names), "%s: phase %q has no step %q", u.ref.Raw, u.ref.Phase, u.ref.Step)
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

// needs is what a text needs, the references to inputs in it followed to their end. It has one fixed size, so that a
// net of references costs no more than its edges.
type needs struct {
	latest     *stepInfo // the last step whose outputs are needed
	groups     [4]*Phase // by Group: a phase of it that is needed
	unselected *Phase    // a needed phase that is not selected
	loop       bool      // holds references to the loop of the step it stands in
	secret     bool      // holds a secret reference
	cycle      bool      // leads back to itself
	open       bool      // is being worked out: to meet it now is a cycle
}

// add adds what another text needs.
func (n *needs) add(other needs) {
	if other.latest != nil && (n.latest == nil || other.latest.order > n.latest.order) {
		n.latest = other.latest
	}
	for i, p := range other.groups {
		if n.groups[i] == nil {
			n.groups[i] = p
		}
	}
	if n.unselected == nil {
		n.unselected = other.unselected
	}
	n.secret = n.secret || other.secret
	n.cycle = n.cycle || other.cycle
}

// need returns what a reference to a step needs by itself: its phase.
func (v *validator) need(target *stepInfo) needs {
	var n needs
	if g := GroupOf(target.phase.Name); g != NoGroup {
		n.groups[g] = target.phase
	}
	if !target.selected {
		n.unselected = target.phase
	}
	return n
}

// needsOf works out what the text of an input needs. Each text is worked out once.
func (v *validator) needsOf(text *Value, owner *stepInfo) needs {
	if n, ok := v.needs[text]; ok {
		if n.open {
			return needs{cycle: true}
		}
		return *n
	}
	if !expr.HasRef(text.Text) {
		return needs{}
	}
	n := &needs{open: true}
	v.needs[text] = n
	for _, p := range expr.Scan(text.Text) {
		switch {
		case p.Ref == nil:
		case p.Ref.Kind == expr.Secret:
			n.secret = true
		case p.Ref.Kind == expr.Chain:
			v.follow(n, *p.Ref)
		}
	}
	n.open = false
	return *n
}

// follow adds to n what a chain reference needs. Wrong ones are left out: they are reported where they stand.
func (v *validator) follow(n *needs, ref expr.Ref) {
	target := v.target(ref)
	if target == nil || target.spec == nil {
		return
	}
	n.add(v.need(target))
	if ref.Field == expr.Outputs {
		n.add(needs{latest: target})
	} else if text, err := target.InputAt(target.spec.Spec, ref); err == nil {
		n.add(v.needsOf(text, target))
	}
}

// holdsLoop reports whether text refers to the loop of the step it stands in.
func (v *validator) holdsLoop(text *Value, owner *stepInfo) bool {
	if owner.Loop == nil {
		return false
	}
	for _, p := range expr.Scan(text.Text) {
		if p.Ref != nil && p.Ref.Kind == expr.Loop && (p.Ref.Name == "loop" || p.Ref.Name == owner.Loop.Name) {
			return true
		}
	}
	return false
}
