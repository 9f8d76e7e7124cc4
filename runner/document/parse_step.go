package document

import (
	"math"
	"slices"
	"time"

	"github.com/slipway-oci/slipway/runner/document/near"
)

// The defaults of step settings.
const (
	DefaultTimeoutSeconds = 7200
	DefaultMaxAttempts    = 1
)

// assertAction is the one action whose inputs are a condition of the language itself.
const assertAction = "Assert"

var stepKeys = []string{"name", "action", "inputs", "timeoutSeconds", "maxAttempts", "onFailure", "loop", "if", "disableLogging"}

func (r *reader) steps(v Value, where string) []Step {
	if !r.sequence(v, `"steps"`) {
		return nil
	}
	if len(v.List) == 0 {
		r.hinted(Warning, CodeBadValue, v.Pos, "", "%s has no steps", where)
	}
	names, loops := sized(len(v.List)), &nameSet{}
	steps := make([]Step, 0, len(v.List))
	for _, item := range v.List {
		if r.mapping(item, "a step") {
			steps = append(steps, r.step(item, names, loops))
		}
		r.current = ""
	}
	return steps
}

func (r *reader) step(v Value, names, loops *nameSet) Step {
	s := Step{
		Pos: v.Pos, TimeoutSeconds: DefaultTimeoutSeconds, MaxAttempts: DefaultMaxAttempts, OnFailure: Abort,
	}
	if k, ok := v.key("name"); ok && k.Value.Kind == Scalar && !k.Value.isNull() {
		r.current = k.Value.Text
	}
	var named, acts bool
	var inputs *Value
	keys := present(v.Map)
	for i, k := range keys {
		switch k.Name {
		case "name":
			named = true
			s.Name = r.name(k, "step", names)
		case "action":
			acts = true
			s.Action, _ = r.text(k)
			s.ActionPos = k.Value.Pos
		case "inputs":
			inputs = &keys[i].Value
		case "loop":
			s.Loop = r.loop(k.Value, loops)
		case "if":
			s.If = r.ifCondition(k.Value)
		default:
			r.stepSetting(&s, k)
		}
	}
	if inputs != nil {
		s.InputsPos = inputs.Pos
		s.Inputs = r.inputs(*inputs, s.Action)
	} else {
		s.Inputs = []Input{{Pos: v.Pos}}
	}
	if !named {
		r.missingKey(v.Pos, "a step", "name")
	}
	if !acts {
		r.missingKey(v.Pos, "a step", "action")
	}
	return s
}

// stepSetting reads one of the scalar settings of a step.
func (r *reader) stepSetting(s *Step, k Key) {
	switch k.Name {
	case "timeoutSeconds":
		s.TimeoutPos = k.Value.Pos
		n, ok := r.integer(k)
		if ok && (n < -1 || n == 0 || n > int64(math.MaxInt64/time.Second)) {
			r.hinted(Error, CodeBadValue, k.Value.Pos, "write a number of seconds, or -1 for no limit", "timeoutSeconds cannot be %d", n)
		} else if ok {
			s.TimeoutSeconds = int(n)
		}
	case "maxAttempts":
		s.AttemptsPos = k.Value.Pos
		n, ok := r.integer(k)
		if ok && (n < 1 || n > math.MaxInt32) {
			r.errorf(CodeBadValue, k.Value.Pos, "maxAttempts must be at least 1, not %d", n)
		} else if ok {
			s.MaxAttempts = int(n)
		}
	case "onFailure":
		text, ok := r.text(k)
		if values := []string{Abort, Continue, Ignore}; ok && !slices.Contains(values, text) {
			hint := near.Hint(text, values)
			if hint == "" {
				hint = "use Abort, Continue or Ignore"
			}
			r.hinted(Error, CodeBadValue, k.Value.Pos, hint, "onFailure cannot be %q", text)
		} else if ok {
			s.OnFailure = text
		}
	case "disableLogging":
		b, ok := k.Value.Bool()
		if !ok {
			r.errorf(CodeWrongType, k.Value.Pos, "disableLogging must be true or false, not %s", k.Value.describe())
		}
		s.DisableLogging = b
	default:
		r.unknownKey(Error, k, "a step", stepKeys)
	}
}

func (r *reader) integer(k Key) (int64, bool) {
	n, ok := k.Value.Int()
	if !ok {
		r.errorf(CodeWrongType, k.Value.Pos, "%s must be an integer, not %s", k.Name, k.Value.describe())
	}
	return n, ok
}

// inputs normalises inputs to a list of entries.
func (r *reader) inputs(v Value, action string) []Input {
	entries := []Value{v}
	switch {
	case v.Kind == Scalar:
		r.errorf(CodeWrongType, v.Pos, `"inputs" must be a map or a list of maps, not %s`, v.describe())
		return nil
	case v.Kind == Sequence && len(v.List) == 0:
		r.errorf(CodeBadValue, v.Pos, `"inputs" is an empty list`)
		return nil
	case v.Kind == Sequence:
		entries = v.List
	}
	list := make([]Input, 0, len(entries))
	for _, e := range entries {
		if !r.mapping(e, `each item of "inputs"`) {
			continue
		}
		in := Input{Pos: e.Pos, Keys: present(e.Map)}
		if action == assertAction {
			in.Condition = r.condition(e, conditionPlace{what: `"inputs" of Assert`})
		}
		list = append(list, in)
	}
	return list
}

// present returns keys without those that have no value.
func present(keys []Key) []Key {
	for i, k := range keys {
		if !k.Value.isNull() {
			continue
		}
		kept := append([]Key(nil), keys[:i]...)
		for _, k := range keys[i+1:] {
			if !k.Value.isNull() {
				kept = append(kept, k)
			}
		}
		return kept
	}
	return keys
}
