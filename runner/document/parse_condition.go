package document

import (
	"fmt"
	"slices"

	"github.com/slipway-oci/slipway/runner/document/near"
	"github.com/slipway-oci/slipway/runner/expr"
)

// The outcomes that a condition selects.
const (
	Execute = "Execute"
	Skip    = "Skip"
	// Abort, the third one, is declared with the values of onFailure.
)

// maxConditionDepth is how many logical operators may stand inside each other.
const maxConditionDepth = 4

// conditionPlace says where a condition stands, which decides about "then" and "else".
type conditionPlace struct {
	what     string     // for messages
	depth    int        // logical operators around it
	branches *Condition // whose then and else a "then" here would be; nil where there can be none
	loose    bool       // then and else are accepted here with a warning
}

// ifCondition reads a step's "if".
func (r *reader) ifCondition(v Value) *Condition {
	if v.Kind == Sequence && len(v.List) == 1 {
		v = v.List[0]
	}
	top := &Condition{Pos: v.Pos}
	c := r.condition(v, conditionPlace{what: `"if"`, branches: top})
	if c == nil {
		return nil
	}
	c.Then, c.Else = top.Then, top.Else
	if c.Then == Skip && c.Else == "" {
		r.hinted(Warning, CodeIfNever, c.Pos, "add `else: Execute`", "the step never runs: without `else` both outcomes are Skip")
	}
	if c.Then == "" {
		c.Then = Execute
	}
	if c.Else == "" {
		c.Else = Skip
	}
	return c
}

// condition reads one operator with its companions, or returns nil when there is none to go on with.
func (r *reader) condition(v Value, at conditionPlace) *Condition {
	if v.Kind != Mapping {
		r.errorf(CodeIfShape, v.Pos, "%s must be a map with one operator, not %s", at.what, v.describe())
		return nil
	}
	c := &Condition{Pos: v.Pos}
	var operator, extra *Key
	unknown := false
	keys := present(v.Map)
	for i, k := range keys {
		switch k.Name {
		case "value":
			c.Value = r.companion(k)
		case "path":
			c.Path = r.companion(k)
		case "then", "else":
			r.branch(k, at)
		default:
			switch _, ok := expr.LookupOperator(k.Name); {
			case !ok:
				unknown = true
				r.unknownKey(Error, k, at.what, conditionKeys(at))
			case operator == nil:
				operator = &keys[i]
			default:
				extra = &keys[i]
			}
		}
	}
	switch {
	case extra != nil:
		r.hinted(Error, CodeIfShape, extra.Pos, "combine them with and, or, not", "%s has two operators, %q and %q", at.what, operator.Name, extra.Name)
		return nil
	case operator == nil:
		if !unknown {
			r.errorf(CodeIfShape, v.Pos, "%s has no operator", at.what)
		}
		return nil
	}
	return r.operation(c, *operator, at)
}

// conditionKeys returns what may stand in a condition, for the nearest word.
func conditionKeys(at conditionPlace) []string {
	keys := append(expr.OperatorNames(), "value", "path")
	if at.branches != nil {
		keys = append(keys, "then", "else")
	}
	return keys
}

// operation reads the operand of an operator into c.
func (r *reader) operation(c *Condition, k Key, at conditionPlace) *Condition {
	op, _ := expr.LookupOperator(k.Name)
	c.Operator = op.Name
	if k.Name != op.Name {
		r.hinted(Warning, CodeIfOperator, k.Pos, fmt.Sprintf("write %q", op.Name), "the operator %q is spelt %q", k.Name, op.Name)
	}
	r.companions(c, op, k)
	if op.Class == expr.Logical {
		return r.terms(c, op, k, at)
	}
	if k.Value.Kind != Scalar {
		r.errorf(CodeWrongType, k.Value.Pos, "the operand of %q must be a text or number, not %s", op.Name, k.Value.describe())
		return nil
	}
	c.Operand = k.Value
	if err := op.CheckOperand(c.Operand.operand()); err != nil {
		r.errorf(CodeBadValue, k.Value.Pos, "%s: %v", op.Name, err)
	}
	return c
}

// companions checks that an operator has the keys beside it that it needs, and no other.
func (r *reader) companions(c *Condition, op expr.Operator, k Key) {
	for _, given := range []struct {
		name  string
		value *Value
	}{{"value", c.Value}, {"path", c.Path}} {
		switch {
		case op.Companion == given.name && given.value == nil:
			r.errorf(CodeIfShape, k.Pos, "%q needs the key %q beside it", op.Name, given.name)
		case op.Companion != given.name && given.value != nil:
			r.errorf(CodeIfShape, given.value.Pos, "%q takes no key %q beside it", op.Name, given.name)
		case given.value != nil:
			if err := op.CheckCompanion(given.value.operand()); err != nil {
				r.errorf(CodeBadValue, given.value.Pos, "%s: %v", op.Name, err)
			}
		}
	}
}

// companion returns the value beside an operator. It is never nil, so that a wrong one does not count as missing.
func (r *reader) companion(k Key) *Value {
	v := k.Value
	if v.Kind != Scalar {
		r.errorf(CodeWrongType, v.Pos, "%q must be a text or number, not %s", k.Name, v.describe())
		v = Value{Pos: v.Pos, Tag: tagStr}
	}
	return &v
}

// branch reads "then" or "else".
func (r *reader) branch(k Key, at conditionPlace) {
	if at.branches == nil {
		r.errorf(CodeIfShape, k.Pos, "%q cannot stand in %s, only at the top of an \"if\"", k.Name, at.what)
		return
	}
	if at.loose {
		r.hinted(Warning, CodeIfShape, k.Pos, `move it beside "not"`, "%q stands inside %s and is taken for that of the \"if\"", k.Name, at.what)
	}
	text, ok := r.text(k)
	if !ok {
		return
	}
	if values := []string{Execute, Skip, Abort}; !slices.Contains(values, text) {
		hint := near.Hint(text, values)
		if hint == "" {
			hint = "use Execute, Skip or Abort"
		}
		r.hinted(Error, CodeBadValue, k.Value.Pos, hint, "%q cannot be %q", k.Name, text)
		return
	}
	target := &at.branches.Then
	if k.Name == "else" {
		target = &at.branches.Else
	}
	if *target != "" {
		r.errorf(CodeIfShape, k.Pos, "%q is given twice", k.Name)
	}
	*target = text
}

// terms reads the operands of a logical operator.
func (r *reader) terms(c *Condition, op expr.Operator, k Key, at conditionPlace) *Condition {
	inner := conditionPlace{what: fmt.Sprintf("the operand of %q", op.Name), depth: at.depth + 1}
	if inner.depth > maxConditionDepth {
		r.errorf(CodeIfDepth, k.Pos, "more than %d logical operators inside each other", maxConditionDepth)
		return nil
	}
	operands := []Value{k.Value}
	if op.Name == expr.Not {
		if at.depth == 0 {
			inner.branches, inner.loose = at.branches, true
		}
		if k.Value.Kind == Sequence {
			operands = k.Value.List
		}
		if len(operands) != 1 {
			r.errorf(CodeIfShape, k.Value.Pos, `"not" takes one condition, not %d`, len(operands))
			return nil
		}
	} else {
		if k.Value.Kind != Sequence {
			r.errorf(CodeIfShape, k.Value.Pos, "%q takes a list of conditions, not %s", op.Name, k.Value.describe())
			return nil
		}
		operands = k.Value.List
		switch len(operands) {
		case 0:
			r.errorf(CodeIfShape, k.Value.Pos, "%q has an empty list", op.Name)
			return nil
		case 1:
			r.hinted(Warning, CodeIfShape, k.Value.Pos, "", "%q has only one condition", op.Name)
		}
	}
	for _, o := range operands {
		if term := r.condition(o, inner); term != nil {
			c.Terms = append(c.Terms, *term)
		}
	}
	if len(c.Terms) < len(operands) {
		return nil
	}
	return c
}

// operand returns the value as an operand of a comparison.
func (v Value) operand() expr.Operand { return expr.Operand{Text: v.Text, Plain: v.Plain} }

// Expr returns the condition in the form that expr.Evaluator takes, with the references still in its operands.
func (c *Condition) Expr() expr.Condition {
	op, _ := expr.LookupOperator(c.Operator)
	out := expr.Condition{Op: op, Operand: c.Operand.operand()}
	switch {
	case c.Value != nil:
		out.Companion = c.Value.operand()
	case c.Path != nil:
		out.Companion = c.Path.operand()
	}
	for i := range c.Terms {
		out.Terms = append(out.Terms, c.Terms[i].Expr())
	}
	return out
}
