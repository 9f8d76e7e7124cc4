package document

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/slipway-oci/slipway/runner/document/near"
)

// Parse reads a document that was loaded from a location; file is its name in messages. It reports every problem that
// shows in the document alone, all at once. The document is nil only when the text is no YAML; otherwise it holds what
// could be read, so that Validate can go on to find the rest, but it must not run unless there is no error.
func Parse(file string, data []byte) (*Document, Diagnostics) { return parse(file, data, MaxFile) }

// ParseInline is Parse with the size limit of a document that stands inside a recipe, a component record or a call.
func ParseInline(file string, data []byte) (*Document, Diagnostics) {
	return parse(file, data, MaxInline)
}

func parse(file string, data []byte, limit int) (*Document, Diagnostics) {
	r := &reader{file: file}
	root := readYAML(file, data, limit, &r.diags)
	if root == nil {
		return nil, r.diags.arranged()
	}
	t := &tree{file: file, diags: &r.diags}
	v := t.value(root, 1)
	if t.full {
		return nil, r.diags.arranged()
	}
	sum := sha256.Sum256(data)
	doc := &Document{File: file, Bytes: data, Digest: "sha256:" + hex.EncodeToString(sum[:])}
	r.document(doc, v)
	return doc, r.diags.arranged()
}

// reader builds a document from values and collects problems on the way.
type reader struct {
	file    string
	diags   Diagnostics
	current string // the step that is being read, for messages
}

func (r *reader) errorf(code string, pos Pos, format string, args ...any) {
	r.hinted(Error, code, pos, "", format, args...)
}

func (r *reader) hinted(s Severity, code string, pos Pos, hint, format string, args ...any) {
	r.diags.add(s, code, pos, hint, "%s%s", inStep(r.current), fmt.Sprintf(format, args...))
}

// inStep is what stands in front of a message about a step.
func inStep(name string) string {
	if name == "" {
		return ""
	}
	return fmt.Sprintf("step %q: ", name)
}

// unknownKey reports a key that does not belong into a map.
func (r *reader) unknownKey(s Severity, k Key, where string, known []string) {
	hint := near.Hint(k.Name, known)
	if hint == "" {
		hint = "known keys: " + strings.Join(known, ", ")
	}
	r.hinted(s, CodeUnknownKey, k.Pos, hint, "unknown key %q in %s", k.Name, where)
}

// missingKey reports a required key that is absent.
func (r *reader) missingKey(pos Pos, where, key string) {
	r.errorf(CodeMissingKey, pos, "%s needs the key %q", where, key)
}

// mapping reports whether v is a map, and reports a problem if it is not.
func (r *reader) mapping(v Value, what string) bool {
	if v.Kind != Mapping {
		r.errorf(CodeWrongType, v.Pos, "%s must be a map, not %s", what, v.describe())
	}
	return v.Kind == Mapping
}

// sequence is mapping for lists.
func (r *reader) sequence(v Value, what string) bool {
	if v.Kind != Sequence {
		r.errorf(CodeWrongType, v.Pos, "%s must be a list, not %s", what, v.describe())
	}
	return v.Kind == Sequence
}

// text returns the text of the scalar k, and reports a problem when it is no scalar.
func (r *reader) text(k Key) (string, bool) {
	if k.Value.Kind != Scalar {
		r.errorf(CodeWrongType, k.Value.Pos, "%q must be a text, not %s", k.Name, k.Value.describe())
		return "", false
	}
	return k.Value.Text, true
}

// describe names the shape of a value for messages.
func (v Value) describe() string {
	switch {
	case v.Kind == Mapping:
		return "a map"
	case v.Kind == Sequence:
		return "a list"
	case v.isNull():
		return "nothing"
	}
	return fmt.Sprintf("%q", v.Text)
}

var documentKeys = []string{"name", "description", "schemaVersion", "parameters", "constants", "phases"}

func (r *reader) document(doc *Document, v Value) {
	if !r.mapping(v, "the document") {
		return
	}
	declared := &nameSet{}
	var version, phases bool
	for _, k := range present(v.Map) {
		switch k.Name {
		case "name":
			doc.Name, _ = r.text(k)
		case "description":
			doc.Description, _ = r.text(k)
		case "schemaVersion":
			version = true
			doc.SchemaVersion = r.schemaVersion(k)
		case "parameters":
			doc.Parameters = r.parameters(k.Value, declared)
		case "constants":
			doc.Constants = r.constants(k.Value, declared)
		case "phases":
			phases = true
			doc.Phases = r.phases(k.Value)
		default:
			r.unknownKey(Error, k, "the document", documentKeys)
		}
	}
	if !version {
		r.missingKey(v.Pos, "the document", "schemaVersion")
	}
	if !phases {
		r.missingKey(v.Pos, "the document", "phases")
	}
}

func (r *reader) schemaVersion(k Key) string {
	text, ok := r.text(k)
	if ok && text != "1" && text != "1.0" {
		r.hinted(Error, CodeBadSchemaVersion, k.Value.Pos, `write "schemaVersion: 1.0"`, "unknown schema version %q", text)
	}
	return text
}

var phaseKeys = []string{"name", "steps"}

func (r *reader) phases(v Value) []Phase {
	if !r.sequence(v, `"phases"`) {
		return nil
	}
	if len(v.List) == 0 {
		r.errorf(CodeBadValue, v.Pos, `"phases" is empty: a document has at least one phase`)
		return nil
	}
	seen := &nameSet{}
	phases := make([]Phase, 0, len(v.List))
	standard := false
	for _, item := range v.List {
		if !r.mapping(item, "a phase") {
			standard = true // it may have been one
			continue
		}
		p := r.phase(item, seen)
		phases = append(phases, p)
		standard = standard || p.Name == "" || p.Name == "build" || p.Name == "validate" || p.Name == "test"
	}
	if !standard {
		r.hinted(Error, CodeNoStandardPhase, v.Pos, "", `no phase is named "build", "validate" or "test"`)
	}
	return phases
}

func (r *reader) phase(v Value, seen *nameSet) Phase {
	p := Phase{Pos: v.Pos}
	steps := false
	where := "a phase"
	if k, ok := v.key("name"); ok && k.Value.Kind == Scalar {
		where = fmt.Sprintf("phase %q", k.Value.Text)
	}
	named := false
	for _, k := range present(v.Map) {
		switch k.Name {
		case "name":
			named = true
			p.Name = r.name(k, "phase", seen)
		case "steps":
			steps = true
			p.Steps = r.steps(k.Value, where)
		default:
			r.unknownKey(Error, k, where, phaseKeys)
		}
	}
	if !named {
		r.missingKey(v.Pos, where, "name")
	}
	if !steps {
		r.missingKey(v.Pos, where, "steps")
	}
	return p
}

// name reads the name of a phase or step. A wrong one is returned too, so that the rest can be checked.
func (r *reader) name(k Key, what string, seen *nameSet) string {
	name, ok := r.text(k)
	if !ok {
		return ""
	}
	problem, odd := nameProblem(name)
	if problem != "" {
		r.errorf(CodeBadName, k.Value.Pos, "the name of %s %q %s", what, name, problem)
		return name
	}
	if odd {
		r.hinted(Warning, CodeBadName, k.Value.Pos, "use A-Z a-z 0-9 _ - only",
			"%s %q cannot be referred to because of the characters in its name", what, name)
	}
	if first, ok := seen.add(name, k.Value.Pos.Line); !ok {
		r.errorf(CodeDuplicateName, k.Value.Pos, "two %ss are named %q, the first on line %d", what, name, first)
	}
	return name
}

// key returns the named key of a map.
func (v Value) key(name string) (Key, bool) {
	for _, k := range present(v.Map) {
		if k.Name == name {
			return k, true
		}
	}
	return Key{}, false
}

// texts returns the items of a list of texts; a null item is the empty text.
func (r *reader) texts(v Value, what string) []string {
	if !r.sequence(v, what) {
		return nil
	}
	list := make([]string, 0, len(v.List))
	for _, item := range v.List {
		if item.Kind != Scalar {
			r.hinted(Error, CodeWrongType, item.Pos, quoteHint(item), "each item of %s must be a text, not %s", what, item.describe())
			continue
		}
		list = append(list, item.Text)
	}
	return list
}

// quoteHint is the hint for a map in the place of a text, which is nearly always an unquoted ": ".
func quoteHint(v Value) string {
	if v.Kind == Mapping {
		return "quote this line"
	}
	return ""
}
