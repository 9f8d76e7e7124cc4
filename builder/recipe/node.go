package recipe

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/slipway-oci/slipway/runner/document"
	"github.com/slipway-oci/slipway/runner/document/near"
)

// Merge keys inside merged maps are bounded: an anchor that merges itself would never end, and a few that merge each
// other many times would take for ever.
const (
	maxMergeDepth = 16
	maxMerges     = 1000
)

// reader turns YAML nodes into values and collects every problem on the way, so that a file is reported whole.
type reader struct {
	file     string
	lines    []string
	problems []*Error
	merges   int

	maxComponents int

	ignored   []string     // what has no effect, for one warning
	ignoredAt document.Pos // of the first one

	outline  *outline // set when the reader only tells what it would read
	dialect  dialect
	template *cloudFormation // the template that the recipe is a resource of, nil for other files
}

// field is one known key of a map and what to do with its value.
type field struct {
	key      string
	required bool
	read     func(*yaml.Node)
}

func (r *reader) pos(n *yaml.Node) document.Pos {
	return document.Pos{File: r.file, Line: n.Line, Column: n.Column}
}

func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	r.advise(n, "", format, args...)
}

// advise is fail with a hint how to mend it.
func (r *reader) advise(n *yaml.Node, advice, format string, args ...any) {
	r.problems = append(r.problems, &Error{Pos: r.pos(n), Message: fmt.Sprintf(format, args...), Advice: advice})
}

// ignore notes something that has no effect.
func (r *reader) ignore(n *yaml.Node, what string) {
	if len(r.ignored) == 0 {
		r.ignoredAt = r.pos(n)
	}
	r.ignored = append(r.ignored, what)
}

// warnings is one warning that names everything without effect.
func (r *reader) warnings() []string {
	if len(r.ignored) == 0 {
		return nil
	}
	return []string{Position(r.ignoredAt) + ": no effect, containers are built and not machines: " + strings.Join(r.ignored, ", ")}
}

// value follows an alias to what it stands for, and evaluates a function of a template.
func (r *reader) value(n *yaml.Node) *yaml.Node {
	n = deref(n)
	if r.template != nil {
		n = r.template.evaluate(r, n)
	}
	return n
}

// deref follows an alias to what it stands for.
func deref(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// mapping reads a map strictly: unknown and repeated keys are problems, null values count as absent.
func (r *reader) mapping(n *yaml.Node, what string, fields []field) {
	if r.outline != nil {
		r.outline.mapping(n, fields)
		return
	}
	n = r.value(n)
	if n.Kind != yaml.MappingNode {
		r.mismatch(n, what, "a map")
		return
	}
	seen := map[string]bool{}
	r.entries(n, what, fields, seen, 0)
	for _, f := range fields {
		if key := r.dialect.key(f.key); f.required && !seen[key] {
			r.fail(n, "%s has no %q", what, key)
		}
	}
}

func (r *reader) entries(n *yaml.Node, what string, fields []field, seen map[string]bool, depth int) {
	written := map[string]int{}
	var merges []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := deref(n.Content[i]), n.Content[i+1]
		if key.Tag == "!!merge" {
			merges = append(merges, deref(value))
			continue
		}
		if key.Kind != yaml.ScalarNode {
			r.fail(n.Content[i], "a key of %s is %s, not a text", what, r.kindName(key))
			continue
		}
		if line, twice := written[key.Value]; twice {
			r.fail(n.Content[i], "key %q is there twice, first in line %d", key.Value, line)
			continue
		}
		written[key.Value] = key.Line
		at := slices.IndexFunc(fields, func(f field) bool { return r.dialect.key(f.key) == key.Value })
		if at < 0 {
			r.unknownKey(n.Content[i], what, key.Value, fields)
			continue
		}
		if seen[key.Value] {
			continue
		}
		switch value = r.value(value); {
		case isNull(value):
		case r.isFailed(value):
			seen[key.Value] = true
		default:
			seen[key.Value] = true
			fields[at].read(value)
		}
	}
	r.merged(merges, what, fields, seen, depth)
}

// merged reads the maps behind "<<" after the map's own keys, which win over them.
func (r *reader) merged(merges []*yaml.Node, what string, fields []field, seen map[string]bool, depth int) {
	for _, m := range merges {
		sources := []*yaml.Node{m}
		if m.Kind == yaml.SequenceNode {
			sources = m.Content
		}
		for _, s := range sources {
			r.merges++
			switch s = deref(s); {
			case r.merges > maxMerges:
				if r.merges == maxMerges+1 {
					r.fail(s, "there are more than %d merge keys", maxMerges)
				}
				return
			case s.Kind != yaml.MappingNode:
				r.fail(s, "a merge key takes a map, not %s", r.kindName(s))
			case depth >= maxMergeDepth:
				r.fail(s, "merge keys are nested more than %d deep", maxMergeDepth)
				return
			default:
				r.entries(s, what, fields, seen, depth+1)
			}
		}
	}
}

func (r *reader) unknownKey(n *yaml.Node, what, key string, fields []field) {
	known := make([]string, len(fields))
	for i, f := range fields {
		known[i] = r.dialect.key(f.key)
	}
	advice := cmp.Or(near.Hint(key, known), "known keys: "+strings.Join(known, ", "))
	r.advise(n, advice, "unknown key %q in %s", key, what)
}

// scalar gives the text of a scalar as it stands in the file.
func (r *reader) scalar(n *yaml.Node, what string) (string, bool) {
	if r.outline != nil {
		r.outline.scalar(n)
		return "", false
	}
	n = r.value(n)
	if n.Kind != yaml.ScalarNode || r.isFailed(n) || r.isComponent(n) {
		r.mismatch(n, what, "a text")
		return "", false
	}
	return n.Value, true
}

// text reads a text of minimum to maximum characters.
func (r *reader) text(n *yaml.Node, what string, minimum, maximum int) (Text, bool) {
	if r.outline != nil {
		r.outline.text(n, minimum, maximum)
		return Text{}, false
	}
	value, ok := r.scalar(n, what)
	if !ok {
		return Text{}, false
	}
	t := Text{Value: value, Pos: r.pos(n)}
	switch length := utf8.RuneCountInString(value); {
	case length < minimum && length == 0:
		r.fail(n, "%s is empty", what)
	case length < minimum || length > maximum:
		r.fail(n, "%s has %d characters; %d to %d are allowed", what, length, minimum, maximum)
	case strings.ContainsRune(value, 0):
		r.fail(n, "%s holds a NUL character", what)
	default:
		return t, true
	}
	return t, false
}

func (r *reader) oneOf(n *yaml.Node, what string, allowed ...string) Text {
	if r.outline != nil {
		r.outline.oneOf(n, allowed)
		return Text{}
	}
	value, ok := r.scalar(n, what)
	if !ok {
		return Text{}
	}
	if !slices.Contains(allowed, value) {
		r.advise(n, near.Hint(value, allowed),
			"%s is %q; allowed: %s", what, value, strings.Join(allowed, ", "))
		return Text{}
	}
	return Text{Value: value, Pos: r.pos(n)}
}

func (r *reader) integer(n *yaml.Node, what string, minimum, maximum int) int {
	if r.outline != nil {
		r.outline.integer(n, minimum, maximum)
		return 0
	}
	value, ok := r.scalar(n, what)
	if !ok {
		return 0
	}
	number, err := strconv.Atoi(value)
	if err != nil || number < minimum || number > maximum {
		r.fail(n, "%s is %q; a number from %d to %d is allowed", what, value, minimum, maximum)
		return 0
	}
	return number
}

func (r *reader) boolean(n *yaml.Node, what string) *bool {
	if r.outline != nil {
		r.outline.boolean(n)
		return nil
	}
	value, ok := r.scalar(n, what)
	if !ok {
		return nil
	}
	var b bool
	switch strings.ToLower(value) {
	case "true", "yes", "on":
		b = true
	case "false", "no", "off":
	default:
		r.fail(n, "%s is %q; true or false is allowed", what, value)
		return nil
	}
	return &b
}

// list calls read for each element.
func (r *reader) list(n *yaml.Node, what string, read func(*yaml.Node)) {
	if r.outline != nil {
		r.outline.list(n, read)
		return
	}
	n = r.value(n)
	if n.Kind != yaml.SequenceNode {
		r.mismatch(n, what, "a list")
		return
	}
	for _, item := range n.Content {
		if value := r.value(item); r.isFailed(value) || value != deref(item) && isNull(value) {
			continue // a function without a value, which AWS::NoValue gives
		}
		read(item)
	}
}

// mismatch reports a value of another kind, unless it is one that was reported before.
func (r *reader) mismatch(n *yaml.Node, what, kind string) {
	if !r.isFailed(n) {
		r.fail(n, "%s is %s, not %s", what, r.kindName(n), kind)
	}
}

func (r *reader) kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a map"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		if isNull(n) {
			return "nothing"
		}
		if r.isComponent(n) {
			return "a component"
		}
		return "a text"
	default:
		return "empty"
	}
}
