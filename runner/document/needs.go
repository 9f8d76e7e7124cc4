package document

import "github.com/slipway-oci/slipway/runner/expr"

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
func (v *validator) needsOf(text *Value) needs {
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
		n.add(v.needsOf(text))
	}
}

// holdsLoop reports whether text refers to the loop of the step it stands in.
func holdsLoop(text *Value, owner *stepInfo) bool {
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
