package document

import (
	"fmt"

	"github.com/slipway-oci/slipway/runner/expr"
)

var parameterKeys = []string{"type", "default", "description", "allowedValues"}

func (r *reader) parameters(v Value, declared *nameSet) []Parameter {
	var list []Parameter
	r.declarations(v, "parameters", declared, func(k Key) {
		p := Parameter{Name: k.Name, Pos: k.Pos}
		where := fmt.Sprintf("parameter %q", k.Name)
		for _, a := range present(k.Value.Map) {
			switch a.Name {
			case "type":
			case "default":
				if text, ok := r.text(a); ok {
					p.Default = &text
				}
			case "description":
				p.Description, _ = r.text(a)
			case "allowedValues":
				p.AllowedValues = r.texts(a.Value, `"allowedValues"`)
			default:
				r.unknownKey(Warning, a, where, parameterKeys)
			}
		}
		if p.Default != nil && !p.Allows(*p.Default) {
			d, _ := k.Value.key("default")
			r.hinted(Error, CodeParamNotAllowed, d.Value.Pos, "", "the default %q of %s is not one of its allowedValues", *p.Default, where)
		}
		list = append(list, p)
	})
	return list
}

var constantKeys = []string{"type", "value"}

func (r *reader) constants(v Value, declared *nameSet) []Constant {
	var list []Constant
	r.declarations(v, "constants", declared, func(k Key) {
		c := Constant{Name: k.Name, Pos: k.Pos}
		where := fmt.Sprintf("constant %q", k.Name)
		given := false
		for _, a := range present(k.Value.Map) {
			switch a.Name {
			case "type":
			case "value":
				given = true
				c.Value, _ = r.text(a)
			default:
				r.unknownKey(Warning, a, where, constantKeys)
			}
		}
		if !given {
			r.missingKey(k.Pos, where, "value")
		}
		list = append(list, c)
	})
	return list
}

// declarations walks the list shape that parameters and constants share and checks names and types.
func (r *reader) declarations(v Value, what string, declared *nameSet, each func(Key)) {
	if !r.sequence(v, fmt.Sprintf("%q", what)) {
		return
	}
	for _, item := range v.List {
		if item.Kind != Mapping || len(item.Map) != 1 {
			r.hinted(Error, CodeWrongType, item.Pos, "write `- NAME: { type: string }`",
				"each item of %q must be a map with one key, the name", what)
			continue
		}
		k := item.Map[0]
		switch first, added := declared.add(k.Name, k.Pos.Line); {
		case k.Tag != tagStr || !expr.IsVariableName(k.Name):
			r.hinted(Error, CodeBadName, k.Pos, "a name is a text of 3 to 128 characters A-Z a-z 0-9 _ -", "%q cannot name one of the %s", k.Name, what)
			continue
		case !added:
			r.errorf(CodeDuplicateName, k.Pos, "the name %q is declared twice, first on line %d", k.Name, first)
			continue
		}
		if !r.mapping(k.Value, fmt.Sprintf("%q", k.Name)) {
			continue
		}
		r.declaredType(k)
		each(k)
	}
}

func (r *reader) declaredType(k Key) {
	t, ok := k.Value.key("type")
	if !ok || t.Value.isNull() {
		r.missingKey(k.Pos, fmt.Sprintf("%q", k.Name), "type")
		return
	}
	if text, ok := r.text(t); ok && text != "string" {
		r.hinted(Error, CodeBadValue, t.Value.Pos, `the only type is "string"`, "unknown type %q of %q", text, k.Name)
	}
}
