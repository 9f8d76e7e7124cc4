package document

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/document/near"
	"github.com/slipway-oci/slipway/runner/expr"
)

// Entry returns the typed form of one entry whose references are resolved (see Input.Expand), as a module takes it.
// Keys that the module does not know are left out. The error is the first value that breaks the specification; it is
// of type *ProblemError and names the action and the key.
//
// The entry of a condition (Assert) holds an expr.Condition under action.ConditionKey, with the references still in
// its operands.
func Entry(spec action.Spec, in Input) (action.Entry, error) {
	c := converter{spec: &spec}
	e := c.entry(in)
	for _, d := range c.diags {
		if d.Severity == Error {
			d.Message = spec.Name + ": " + d.Message
			return nil, d.Err()
		}
	}
	return e, nil
}

// converter turns the values of an entry into the types of a module's inputs and collects what is wrong with them. It
// serves validation, where texts with references wait until they are resolved, and the moment behind the resolution.
type converter struct {
	spec    *action.Spec
	pending bool   // values hold references still
	step    string // for messages; "" when there is none
	diags   Diagnostics
	open    bool // a value had a reference, so the entry is not complete
}

func (c *converter) errorf(code string, pos Pos, hint, format string, args ...any) {
	c.diags.add(Error, code, pos, hint, "%s%s", inStep(c.step), fmt.Sprintf(format, args...))
}

func (c *converter) warnf(code string, pos Pos, hint, format string, args ...any) {
	c.diags.add(Warning, code, pos, hint, "%s%s", inStep(c.step), fmt.Sprintf(format, args...))
}

// waits reports whether v cannot be checked before its references are resolved.
func (c *converter) waits(v Value) bool {
	if c.pending && expr.HasRef(v.Text) {
		c.open = true
		return true
	}
	return false
}

// entry converts and checks one entry.
func (c *converter) entry(in Input) action.Entry {
	e := make(action.Entry, len(in.Keys))
	if c.takesCondition() {
		c.open = true
		if in.Condition != nil {
			e[action.ConditionKey] = in.Condition.Expr()
		}
		return e
	}
	for _, k := range in.Keys {
		spec, ok := c.spec.Input(k.Name)
		if !ok {
			c.warnf(CodeInputUnknown, k.Pos, near.Hint(k.Name, c.inputNames()), "%s has no input %q; it is ignored", c.spec.Name, k.Name)
			continue
		}
		if value, ok := c.value(spec, k.Value); ok {
			e[k.Name] = value
		}
	}
	c.groups(in)
	return e
}

// takesCondition reports whether the inputs of the module are a condition rather than keys with values.
func (c *converter) takesCondition() bool {
	for i := range c.spec.Inputs {
		if c.spec.Inputs[i].Type == action.Condition {
			return true
		}
	}
	return false
}

func (c *converter) inputNames() []string {
	names := make([]string, len(c.spec.Inputs))
	for i, in := range c.spec.Inputs {
		names[i] = in.Name
	}
	return names
}

// groups checks which keys stand together: required ones, exactly one of several, and pairs.
func (c *converter) groups(in Input) {
	has := func(name string) bool {
		_, ok := in.key(name)
		return ok
	}
	for i := range c.spec.Inputs {
		if spec := &c.spec.Inputs[i]; spec.Required && !has(spec.Name) {
			c.errorf(CodeInputMissing, in.Pos, "", "%s needs the input %q", c.spec.Name, spec.Name)
		}
	}
	for _, group := range c.spec.ExactlyOne {
		var given []string
		for _, name := range group {
			if has(name) {
				given = append(given, name)
			}
		}
		switch len(given) {
		case 0:
			c.errorf(CodeInputMissing, in.Pos, "", "%s needs one of the inputs %s", c.spec.Name, strings.Join(group, ", "))
		case 1:
		default:
			k, _ := in.key(given[1])
			c.errorf(CodeInputConflict, k.Pos, "", "%s takes only one of the inputs %s", c.spec.Name, strings.Join(given, ", "))
		}
	}
	for _, group := range c.spec.Together {
		c.together(in, group)
	}
}

// together warns about keys without effect because another one of their group is absent.
func (c *converter) together(in Input, group []string) {
	var given []Key
	var absent []string
	for _, name := range group {
		if k, ok := in.key(name); ok {
			given = append(given, k)
		} else {
			absent = append(absent, name)
		}
	}
	if len(absent) == 0 {
		return
	}
	for _, k := range given {
		c.warnf(CodeInputIgnored, k.Pos, "", "%q has no effect without %q", k.Name, strings.Join(absent, `", "`))
	}
}

// key returns the named key of the entry.
func (in Input) key(name string) (Key, bool) { return Value{Map: in.Keys}.key(name) }

// value converts v to the type of the input. ok is false when it is wrong, or waits for its references.
func (c *converter) value(in action.Input, v Value) (value any, ok bool) {
	switch in.Type {
	case action.StringList:
		return c.list(in, v)
	case action.StringMap:
		return c.texts(in, v)
	case action.MapList:
		return c.maps(in, v)
	case action.Any:
		if v.Kind == Sequence {
			return c.list(in, v)
		}
	}
	if v.Kind != Scalar {
		c.errorf(CodeWrongType, v.Pos, quoteHint(v), "%q must be %s, not %s", in.Name, typeNames[in.Type], v.describe())
		return nil, false
	}
	if c.waits(v) {
		return nil, false
	}
	return c.scalar(in, v)
}

// typeNames are the words for types in messages.
var typeNames = map[action.Type]string{
	action.String: "a text", action.Integer: "an integer", action.Boolean: "true or false",
	action.StringList: "a list", action.StringMap: "a map", action.MapList: "a list of maps",
	action.Any: "a text or a list",
}

func (c *converter) scalar(in action.Input, v Value) (value any, ok bool) {
	switch in.Type {
	case action.Integer:
		value, ok = v.Int()
	case action.Boolean:
		value, ok = v.Bool()
	default:
		value, ok = v.Text, true
	}
	if !ok {
		c.errorf(CodeWrongType, v.Pos, "", "%q must be %s, not %s", in.Name, typeNames[in.Type], v.describe())
		return nil, false
	}
	if in.Required && in.Type == action.String && v.Text == "" {
		c.errorf(CodeBadValue, v.Pos, "", "%q must not be empty", in.Name)
		return nil, false
	}
	if !allowed(in, v.Text) {
		hint := near.Hint(v.Text, in.Values)
		if hint == "" {
			hint = "use one of " + strings.Join(in.Values, ", ")
		}
		c.errorf(CodeBadValue, v.Pos, hint, "%q cannot be %q", in.Name, v.Text)
		return nil, false
	}
	return value, c.checked(in, v)
}

// checked applies the module's own check of one text.
func (c *converter) checked(in action.Input, v Value) bool {
	if in.Check == nil {
		return true
	}
	err := in.Check(v.Text)
	if err == nil {
		return true
	}
	// Most checks name their input themselves.
	message := err.Error()
	if !strings.HasPrefix(message, in.Name+" ") {
		message = in.Name + ": " + message
	}
	c.errorf(CodeBadValue, v.Pos, hintOf(err), "%s", message)
	return false
}

func allowed(in action.Input, text string) bool {
	if len(in.Values) == 0 {
		return true
	}
	for _, v := range in.Values {
		if v == text || in.FoldCase && strings.EqualFold(v, text) {
			return true
		}
	}
	return false
}

func (c *converter) list(in action.Input, v Value) (any, bool) {
	if v.Kind != Sequence {
		c.errorf(CodeWrongType, v.Pos, "write the value as an item of a list: `- ...`", "%q must be a list, not %s", in.Name, v.describe())
		return nil, false
	}
	if in.Required && len(v.List) == 0 {
		c.errorf(CodeBadValue, v.Pos, "", "%q must have at least one item", in.Name)
		return nil, false
	}
	list, ok := make([]string, 0, len(v.List)), true
	for _, item := range v.List {
		switch {
		case item.Kind != Scalar:
			c.errorf(CodeWrongType, item.Pos, quoteHint(item), "each item of %q must be a text, not %s", in.Name, item.describe())
			ok = false
		case c.waits(item):
			ok = false
		default:
			ok = c.checked(in, item) && ok
			list = append(list, item.Text)
		}
	}
	return list, ok
}

func (c *converter) texts(in action.Input, v Value) (map[string]string, bool) {
	if v.Kind != Mapping {
		c.errorf(CodeWrongType, v.Pos, "", "%q must be a map, not %s", in.Name, v.describe())
		return nil, false
	}
	texts, ok := make(map[string]string, len(v.Map)), true
	for _, k := range v.Map {
		switch {
		case k.Value.isNull():
		case k.Value.Kind != Scalar:
			c.errorf(CodeWrongType, k.Value.Pos, "", "%q in %q must be a text, not %s", k.Name, in.Name, k.Value.describe())
			ok = false
		case c.waits(k.Value):
			ok = false
		default:
			texts[k.Name] = k.Value.Text
		}
	}
	return texts, ok
}

func (c *converter) maps(in action.Input, v Value) (any, bool) {
	if v.Kind != Sequence {
		c.errorf(CodeWrongType, v.Pos, "", "%q must be a list of maps, not %s", in.Name, v.describe())
		return nil, false
	}
	list, ok := make([]map[string]string, 0, len(v.List)), true
	for _, item := range v.List {
		m, good := c.texts(in, item)
		ok = c.keys(in, item) && good && ok
		list = append(list, m)
	}
	return list, ok
}

// keys checks the keys of one map of a list. References are in values alone, so it does not wait for them.
func (c *converter) keys(in action.Input, item Value) bool {
	if item.Kind != Mapping || in.Keys == nil {
		return true
	}
	ok := true
	for _, k := range present(item.Map) {
		if !slices.Contains(in.Keys, k.Name) {
			c.errorf(CodeUnknownKey, k.Pos, near.Hint(k.Name, in.Keys), "an item of %q has no key %q", in.Name, k.Name)
			ok = false
		}
	}
	for _, name := range in.Keys {
		if k, has := item.key(name); !has || k.Value.isNull() {
			c.errorf(CodeMissingKey, item.Pos, "", "an item of %q needs the key %q", in.Name, name)
			ok = false
		}
	}
	return ok
}
