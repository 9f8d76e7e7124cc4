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
	problems []*Error
	warnings []string
	merges   int
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

func (r *reader) warn(n *yaml.Node, text string) {
	r.warnings = append(r.warnings, Position(r.pos(n))+": "+text)
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
	n = deref(n)
	if n.Kind != yaml.MappingNode {
		r.fail(n, "%s is %s, not a map", what, kindName(n))
		return
	}
	seen := map[string]bool{}
	r.entries(n, what, fields, seen, 0)
	for _, f := range fields {
		if f.required && !seen[f.key] {
			r.fail(n, "%s has no %q", what, f.key)
		}
	}
}

func (r *reader) entries(n *yaml.Node, what string, fields []field, seen map[string]bool, depth int) {
	written := map[string]int{}
	var merges []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := deref(n.Content[i]), deref(n.Content[i+1])
		if key.Tag == "!!merge" {
			merges = append(merges, value)
			continue
		}
		if key.Kind != yaml.ScalarNode {
			r.fail(n.Content[i], "a key of %s is %s, not a text", what, kindName(key))
			continue
		}
		if line, twice := written[key.Value]; twice {
			r.fail(n.Content[i], "key %q is there twice, first in line %d", key.Value, line)
			continue
		}
		written[key.Value] = key.Line
		at := slices.IndexFunc(fields, func(f field) bool { return f.key == key.Value })
		if at < 0 {
			r.unknownKey(n.Content[i], what, key.Value, fields)
			continue
		}
		if seen[key.Value] || isNull(value) {
			continue
		}
		seen[key.Value] = true
		fields[at].read(value)
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
				r.fail(s, "a merge key takes a map, not %s", kindName(s))
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
		known[i] = f.key
	}
	advice := cmp.Or(near.Hint(key, known), "known keys: "+strings.Join(known, ", "))
	r.advise(n, advice, "unknown key %q in %s", key, what)
}

// scalar gives the text of a scalar as it stands in the file.
func (r *reader) scalar(n *yaml.Node, what string) (string, bool) {
	n = deref(n)
	if n.Kind != yaml.ScalarNode {
		r.fail(n, "%s is %s, not a text", what, kindName(n))
		return "", false
	}
	return n.Value, true
}

// text reads a text of minimum to maximum characters.
func (r *reader) text(n *yaml.Node, what string, minimum, maximum int) (Text, bool) {
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
	n = deref(n)
	if n.Kind != yaml.SequenceNode {
		r.fail(n, "%s is %s, not a list", what, kindName(n))
		return
	}
	for _, item := range n.Content {
		read(item)
	}
}

func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a map"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		if isNull(n) {
			return "nothing"
		}
		return "a text"
	default:
		return "empty"
	}
}
