package document

import (
	"fmt"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/document/near"
	"github.com/slipway-oci/slipway/runner/expr"
)

// fieldError is a chain reference to something that its step does not have.
type fieldError struct{ text, hint string }

func (e *fieldError) Error() string { return e.text }

// Hint names the nearest field.
func (e *fieldError) Hint() string { return e.hint }

// InputAt returns the scalar that a chain reference to the inputs of this step names, as written, so references are
// still in it. A key that is absent yields the default of the specification. The result must not be changed.
func (s *Step) InputAt(spec action.Spec, ref expr.Ref) (*Value, error) {
	at := max(ref.Entry, 0)
	if at >= len(s.Inputs) {
		return nil, fmt.Errorf("inputs of step %q have %d entries, so there is none with index %d", s.Name, len(s.Inputs), at)
	}
	first := ref.Path[0]
	in := s.Inputs[at]
	value := (&Value{Map: in.Keys}).member(first.Name)
	given := value != nil
	c := converter{spec: &spec}
	input, ok := spec.Input(first.Name)
	if c.takesCondition() {
		ok = given
	}
	if !ok {
		return nil, &fieldError{fmt.Sprintf("%s has no input %q", s.Action, first.Name), near.Hint(first.Name, c.inputNames())}
	}
	if given {
		return value.at(ref.Path)
	}
	switch input.Type {
	case action.StringList, action.MapList:
		if first.Index >= 0 {
			return nil, fmt.Errorf("%q is not given, so it has no element %d", first.Name, first.Index)
		}
		return nil, errWhole(first.Name, "list")
	case action.StringMap:
		if len(ref.Path) == 1 {
			return nil, errWhole(first.Name, "map")
		}
		return nil, fmt.Errorf("%q is not given, so it has no %q", first.Name, ref.Path[1].Name)
	}
	absent := Value{Kind: Scalar, Text: input.Default, Tag: tagStr, Pos: in.Pos}
	return absent.at(ref.Path)
}

// at walks the path of a reference; v is the value of the first word.
func (v *Value) at(path []expr.Segment) (*Value, error) {
	for i, seg := range path {
		if i > 0 {
			member := v.member(seg.Name)
			if member == nil {
				return nil, fmt.Errorf("%q has no member %q", path[i-1].Name, seg.Name)
			}
			v = member
		}
		if seg.Index < 0 {
			continue
		}
		if v.Kind != Sequence {
			return nil, fmt.Errorf("%q is no list", seg.Name)
		}
		if seg.Index >= len(v.List) {
			return nil, fmt.Errorf("%q has %d elements, so there is none with index %d", seg.Name, len(v.List), seg.Index)
		}
		v = &v.List[seg.Index]
	}
	switch v.Kind {
	case Sequence:
		return nil, errWhole(path[len(path)-1].Name, "list")
	case Mapping:
		return nil, errWhole(path[len(path)-1].Name, "map")
	}
	return v, nil
}

// member returns the value of a key of a map, or nil.
func (v *Value) member(name string) *Value {
	for i := range v.Map {
		if v.Map[i].Name == name {
			return &v.Map[i].Value
		}
	}
	return nil
}

func errWhole(name, shape string) error {
	return fmt.Errorf("%q is a %s and has no text as a whole", name, shape)
}

// checkOutput reports what is wrong with a chain reference to outputs of s, as far as it shows before the step ran.
func (s *stepInfo) checkOutput(ref expr.Ref) error {
	name := ref.Path[0].Name
	out, ok := s.spec.Output(name)
	if !ok {
		names := make([]string, len(s.spec.Outputs))
		for i, o := range s.spec.Outputs {
			names[i] = o.Name
		}
		if len(names) == 0 {
			return fmt.Errorf("%s has no outputs", s.Action)
		}
		return &fieldError{fmt.Sprintf("%s has no output %q", s.Action, name), near.Hint(name, names)}
	}
	if len(ref.Path) > 1 || ref.Path[0].Index >= 0 {
		return fmt.Errorf("the output %q is a text and has no parts", name)
	}
	count := 1
	switch {
	case out.PerEntry:
		count = len(s.Inputs)
	case s.Loop != nil && s.Action == executeDocument:
		// One object for each iteration: how many there are shows only at run time.
		return nil
	}
	if ref.Entry >= count {
		return fmt.Errorf("%s has %d output objects, so there is none with index %d", s.Action, count, ref.Entry)
	}
	return nil
}

// executeDocument is the one action whose outputs in a loop are not joined.
const executeDocument = "ExecuteDocument"
