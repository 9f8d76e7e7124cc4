package document

import (
	"strconv"

	"github.com/slipway-oci/slipway/runner/expr"
)

var (
	loopKeys = []string{"name", "for", "forEach"}
	forKeys  = []string{"start", "end", "updateBy"}
	eachKeys = []string{"list", "delimiter"}
)

// loop reads a step's loop, or returns nil when there is none to go on with.
func (r *reader) loop(v Value, names *nameSet) *Loop {
	if !r.mapping(v, `"loop"`) {
		return nil
	}
	l := &Loop{Pos: v.Pos}
	forms := 0
	for _, k := range present(v.Map) {
		switch k.Name {
		case "name":
			l.Name = r.loopName(k, names)
		case "for":
			forms++
			l.For = r.forLoop(k.Value)
		case "forEach":
			forms++
			l.Each = r.eachLoop(k.Value)
		default:
			r.unknownKey(Error, k, `"loop"`, loopKeys)
		}
	}
	if forms != 1 {
		r.errorf(CodeLoopShape, v.Pos, `a loop has either "for" or "forEach"`)
		return nil
	}
	return l
}

func (r *reader) loopName(k Key, names *nameSet) string {
	name, ok := r.text(k)
	switch {
	case !ok:
		return ""
	case !expr.IsName(name):
		r.hinted(Error, CodeBadName, k.Value.Pos, "use 1 to 128 characters A-Z a-z 0-9 _ -", "%q cannot name a loop", name)
		return ""
	case name == "loop" || name == "secrets":
		r.errorf(CodeBadName, k.Value.Pos, "%q cannot name a loop: references use this word for something else", name)
		return ""
	}
	if first, ok := names.add(name, k.Value.Pos.Line); !ok {
		r.errorf(CodeDuplicateName, k.Value.Pos, "two loops of the phase are named %q, the first on line %d", name, first)
	}
	return name
}

func (r *reader) forLoop(v Value) *ForLoop {
	if !r.mapping(v, `"for"`) {
		return nil
	}
	f := &ForLoop{}
	for _, k := range present(v.Map) {
		switch k.Name {
		case "start":
			f.Start, f.StartPos = r.bound(k), k.Value.Pos
		case "end":
			f.End, f.EndPos = r.bound(k), k.Value.Pos
		case "updateBy":
			f.UpdateBy, f.UpdateByPos = r.bound(k), k.Value.Pos
		default:
			r.unknownKey(Error, k, `"for"`, forKeys)
		}
	}
	for _, b := range []struct {
		name string
		pos  Pos
	}{{"start", f.StartPos}, {"end", f.EndPos}, {"updateBy", f.UpdateByPos}} {
		if b.pos.Line == 0 {
			r.missingKey(v.Pos, `"for"`, b.name)
		}
	}
	return f
}

// bound returns a number of a counting loop in decimal, or the text of its one reference.
func (r *reader) bound(k Key) string {
	if n, ok := k.Value.Int(); ok {
		return strconv.FormatInt(n, 10)
	}
	if k.Value.Kind == Scalar {
		// Which references may stand here is for Validate.
		if _, ok := expr.Single(k.Value.Text); ok {
			return k.Value.Text
		}
	}
	r.hinted(Error, CodeWrongType, k.Value.Pos, "write an integer or one reference to a parameter or constant",
		"%s must be an integer, not %s", k.Name, k.Value.describe())
	return ""
}

func (r *reader) eachLoop(v Value) *EachLoop {
	e := &EachLoop{Delimiter: expr.DefaultDelimiter}
	switch {
	case v.Kind == Sequence && len(v.List) == 0:
		r.errorf(CodeLoopShape, v.Pos, `"forEach" is an empty list`)
		return nil
	case v.Kind == Sequence:
		r.texts(v, `"forEach"`)
		e.Items = v.List
		return e
	case v.Kind == Scalar:
		r.hinted(Error, CodeWrongType, v.Pos, "to split a text write `forEach: { list: TEXT, delimiter: ',' }`",
			`"forEach" must be a list or a map, not %s`, v.describe())
		return nil
	}
	for _, k := range present(v.Map) {
		switch k.Name {
		case "list":
			if _, ok := r.text(k); ok {
				list := k.Value
				e.List = &list
			}
		case "delimiter":
			e.Delimiter = r.delimiter(k)
		default:
			r.unknownKey(Error, k, `"forEach"`, eachKeys)
		}
	}
	if k, ok := v.key("list"); !ok || k.Value.isNull() {
		r.missingKey(v.Pos, `"forEach"`, "list")
	}
	return e
}

func (r *reader) delimiter(k Key) string {
	text, ok := r.text(k)
	if !ok {
		return expr.DefaultDelimiter
	}
	d, ok := expr.Delimiter(text)
	if !ok {
		r.hinted(Error, CodeLoopDelimiter, k.Value.Pos, "use one of . , ; : - _ space, newline or tab", "%q cannot separate a list", text)
		return expr.DefaultDelimiter
	}
	return d
}
