package document

import (
	"slices"
	"strconv"
	"strings"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/expr"
)

// settings checks what an action says about the platform and about the settings of its step.
func (v *validator) settings(s *stepInfo) {
	if !s.spec.Supports(v.goos) {
		v.report(Warning, CodeUnsupportedPlatform, s, s.ActionPos, "", "%s is not supported on %s", s.Action, v.goos)
	}
	for _, set := range []struct {
		name  string
		value int
		pos   Pos
	}{{"timeoutSeconds", s.TimeoutSeconds, s.TimeoutPos}, {"maxAttempts", s.MaxAttempts, s.AttemptsPos}} {
		if set.pos.Line == 0 {
			continue
		}
		if fixed, ok := s.spec.Fixed[set.name]; ok && strconv.Itoa(set.value) != fixed {
			v.report(Error, CodeBadValue, s, set.pos, "leave it out", "%s of %s is always %s", set.name, s.Action, fixed)
		}
		if slices.Contains(s.spec.Ignored, set.name) {
			v.report(Warning, CodeInputIgnored, s, set.pos, "", "%s has no effect on %s", set.name, s.Action)
		}
	}
}

// Settings returns the timeout and the number of attempts that hold for the step: those of the action where it fixes
// them, else those of the step.
func (s *Step) Settings(spec action.Spec) (timeoutSeconds, maxAttempts int) {
	timeoutSeconds, maxAttempts = s.TimeoutSeconds, s.MaxAttempts
	if n, err := strconv.Atoi(spec.Fixed["timeoutSeconds"]); err == nil {
		timeoutSeconds = n
	}
	if n, err := strconv.Atoi(spec.Fixed["maxAttempts"]); err == nil {
		maxAttempts = n
	}
	return timeoutSeconds, maxAttempts
}

// inputs checks all entries of a step against the specification of its action.
func (v *validator) inputs(s *stepInfo) {
	if s.spec.Shape == action.Map && len(s.Inputs) > 1 {
		v.report(Error, CodeWrongType, s, s.Inputs[1].Pos, "", "%s takes one map of inputs, not a list of %d", s.Action, len(s.Inputs))
	}
	for _, in := range s.Inputs {
		c := converter{spec: &s.spec.Spec, pending: true, step: s.Name}
		if c.takesCondition() && s.InputsPos.Line == 0 {
			v.report(Error, CodeInputMissing, s, s.Pos, "", "%s needs a condition in its inputs", s.Action)
			continue
		}
		e := c.entry(in)
		v.diags = append(v.diags, c.diags...)
		if in.Condition == nil {
			v.tildes(s, in)
		}
		v.conditionTildes(s, in.Condition)
		if s.spec.checker == nil || c.takesCondition() {
			continue
		}
		// The entry lacks what is wrong and what waits for references, so that only sound keys are compared.
		warnings, err := s.spec.checker.CheckEntry(e)
		for _, w := range warnings {
			v.report(Warning, CodeInputIgnored, s, in.Pos, "", "%s", w)
		}
		if err != nil {
			v.report(Error, CodeBadValue, s, in.Pos, "", "%v", err)
		}
	}
}

// pathKeys are the inputs whose text is a path.
var pathKeys = []string{"path", "source", "destination", "target", "file", "logFile", "document"}

// tildes warns about paths in inputs that begin as if a shell would read them.
func (v *validator) tildes(s *stepInfo, in Input) {
	for i := range in.Keys {
		if slices.Contains(pathKeys, in.Keys[i].Name) {
			v.tilde(s, &in.Keys[i].Value)
		}
	}
}

// conditionTildes is tildes for the paths in a condition.
func (v *validator) conditionTildes(s *stepInfo, c *Condition) {
	if c == nil {
		return
	}
	if op, _ := expr.LookupOperator(c.Operator); op.Class == expr.FileTest {
		v.tilde(s, &c.Operand)
	}
	if c.Path != nil {
		v.tilde(s, c.Path)
	}
	for i := range c.Terms {
		v.conditionTildes(s, &c.Terms[i])
	}
}

func (v *validator) tilde(s *stepInfo, value *Value) {
	if value.Kind == Scalar && strings.HasPrefix(value.Text, "~/") {
		v.report(Warning, CodePathTilde, s, value.Pos, "write the home folder's path, or {{ env:HOME }}/...",
			"%q is not expanded: ~ is a folder of that name", value.Text)
	}
}

// forLoop checks the numbers of a counting loop as far as they are known.
func (v *validator) forLoop(s *stepInfo) {
	if s.Loop == nil || s.Loop.For == nil {
		return
	}
	f := s.Loop.For
	start, ok1 := v.bound(s, "start", f.Start, f.StartPos)
	end, ok2 := v.bound(s, "end", f.End, f.EndPos)
	by, ok3 := v.bound(s, "updateBy", f.UpdateBy, f.UpdateByPos)
	if ok3 && by == 0 {
		// No other number can mend this one.
		start, end, ok1, ok2 = 0, 0, true, true
	}
	if !ok1 || !ok2 || !ok3 {
		return
	}
	if err := expr.CheckCount(start, end, by); err != nil {
		v.report(Error, CodeLoopInfinite, s, f.UpdateByPos, hintOf(err), "%v", err)
	}
}

// bound returns a number of a counting loop, and false when it is not known yet or wrong.
func (v *validator) bound(s *stepInfo, name, text string, pos Pos) (int64, bool) {
	value := Value{Text: text}
	if ref, ok := expr.Single(text); ok {
		if ref.Kind != expr.Variable {
			return 0, false
		}
		resolved, known := v.vars[ref.Name]
		if !known {
			return 0, false
		}
		value.Text = resolved
	}
	n, ok := value.Int()
	if !ok && text != "" {
		v.report(Error, CodeBadValue, s, pos, "", "%s must be an integer, but %s is %q", name, text, value.Text)
	}
	return n, ok
}

// hintOf returns the hint of an error that has one.
func hintOf(err error) string {
	if h, ok := err.(interface{ Hint() string }); ok {
		return h.Hint()
	}
	return ""
}
