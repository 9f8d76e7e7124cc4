package document

import (
	"fmt"
	"slices"

	"gopkg.in/yaml.v3"
)

// The limits on what a file may unfold to. Without aliases no document comes near them.
const (
	maxNodes = 100_000
	maxDepth = 100
)

// standardTags are the tags of YAML itself; any other is an error.
var standardTags = []string{
	"!!str", "!!int", "!!float", "!!bool", "!!null", "!!timestamp", "!!binary", "!!merge",
	"!!map", "!!seq", "!!set", "!!omap", "!!pairs",
}

// tree turns YAML nodes into values: aliases and merge keys unfolded, keys unique, tags known.
type tree struct {
	file  string
	diags *Diagnostics
	nodes int
	full  bool // a limit was passed: nothing more is unfolded
}

func (t *tree) pos(n *yaml.Node) Pos { return Pos{File: t.file, Line: n.Line, Column: n.Column} }

// value returns the value of n. Problems inside it are reported; what they leave is still usable.
func (t *tree) value(n *yaml.Node, depth int) Value {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	v := Value{Pos: t.pos(n), Tag: tagNull}
	if !t.grow(n, depth) {
		return v
	}
	tag := t.tag(n)
	switch n.Kind {
	case yaml.SequenceNode:
		v.Kind, v.Tag = Sequence, "!!seq"
		v.List = make([]Value, 0, len(n.Content))
		for _, item := range n.Content {
			if t.full {
				break
			}
			v.List = append(v.List, t.value(item, depth+1))
		}
	case yaml.MappingNode:
		if text, ok := unquotedRef(n); ok {
			t.diags.add(Error, CodeRefUnquoted, v.Pos, "put quotes around the value",
				"%s stands without quotes, so YAML reads it as a map", text)
			return Value{Kind: Scalar, Text: text, Tag: tagStr, Pos: v.Pos}
		}
		v.Kind, v.Tag = Mapping, "!!map"
		v.Map = t.keys(n, depth)
	case yaml.ScalarNode:
		v.Tag, v.Plain = tag, n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
		if tag != tagNull {
			v.Text = n.Value
		}
	}
	return v
}

// grow counts a node against the limits.
func (t *tree) grow(n *yaml.Node, depth int) bool {
	if t.full {
		return false
	}
	t.nodes++
	switch {
	case depth > maxDepth:
		t.diags.add(Error, CodeTooLarge, t.pos(n), "", "nested more than %d levels deep", maxDepth)
	case t.nodes > maxNodes:
		t.diags.add(Error, CodeTooLarge, t.pos(n), "use fewer aliases", "more than %d values after its aliases are expanded", maxNodes)
	default:
		return true
	}
	t.full = true
	return false
}

// tag returns the resolved tag of n and reports one that YAML does not know.
func (t *tree) tag(n *yaml.Node) string {
	tag := n.ShortTag()
	if n.Style&yaml.TaggedStyle == 0 || tag == "!" || slices.Contains(standardTags, tag) {
		if tag == "!" {
			return tagStr
		}
		return tag
	}
	t.diags.add(Error, CodeTag, t.pos(n), "render the template first: a component document has only the tags of YAML itself",
		"unknown tag %q", tag)
	return tagStr
}

// keys returns the keys of a map in file order, those of merged maps behind them.
func (t *tree) keys(n *yaml.Node, depth int) []Key {
	keys := make([]Key, 0, len(n.Content)/2)
	var seen nameSet
	var merges []*yaml.Node
	for i := 0; i+1 < len(n.Content) && !t.full; i += 2 {
		kn, vn := n.Content[i], n.Content[i+1]
		if kn.Kind == yaml.AliasNode {
			kn = kn.Alias
		}
		if kn.Kind != yaml.ScalarNode {
			t.diags.add(Error, CodeWrongType, t.pos(kn), "", "a key must be a text")
			continue
		}
		tag := t.tag(kn)
		if tag == tagMerge {
			merges = append(merges, vn)
			continue
		}
		if first, ok := seen.add(kn.Value, kn.Line); !ok {
			t.diags.add(Error, CodeDuplicateKey, t.pos(kn), "", "key %q is given twice, first on line %d", kn.Value, first)
			continue
		}
		keys = append(keys, Key{Name: kn.Value, Tag: tag, Pos: t.pos(kn), Value: t.value(vn, depth+1)})
	}
	for _, m := range merges {
		for _, k := range t.merged(m, depth+1) {
			if _, ok := seen.add(k.Name, k.Pos.Line); ok {
				keys = append(keys, k)
			}
		}
	}
	return keys
}

// merged returns the keys that a merge key brings: those of a map, or of each map of a list.
func (t *tree) merged(n *yaml.Node, depth int) []Key {
	at := t.pos(n)
	v := t.value(n, depth)
	switch v.Kind {
	case Mapping:
		return v.Map
	case Sequence:
		var keys []Key
		for _, item := range v.List {
			if item.Kind != Mapping {
				t.diags.add(Error, CodeWrongType, item.Pos, "", "a merge key takes maps only")
				continue
			}
			keys = append(keys, item.Map...)
		}
		return keys
	}
	if !t.full {
		t.diags.add(Error, CodeWrongType, at, "", "a merge key takes a map or a list of maps")
	}
	return nil
}

// unquotedRef recognises the map that YAML makes of {{ Name }} without quotes: a flow map whose only key is a flow map.
func unquotedRef(n *yaml.Node) (string, bool) {
	if n.Style&yaml.FlowStyle == 0 || len(n.Content) != 2 {
		return "", false
	}
	inner, value := n.Content[0], n.Content[1]
	if inner.Kind != yaml.MappingNode || inner.Style&yaml.FlowStyle == 0 || value.Kind != yaml.ScalarNode || value.Value != "" {
		return "", false
	}
	text := ""
	if len(inner.Content) == 2 && inner.Content[0].Kind == yaml.ScalarNode {
		text = inner.Content[0].Value
	}
	return fmt.Sprintf("{{ %s }}", text), true
}

// nameSet remembers names with the line they were first seen on. Its zero value is empty. Nearly all maps are small, so
// it begins with a list and goes on with an index.
type nameSet struct {
	few [8]struct {
		name string
		line int
	}
	count int // of few
	index map[string]int
}

// sized returns a set that has room for n names.
func sized(n int) *nameSet {
	s := &nameSet{}
	if n > len(s.few) {
		s.index = make(map[string]int, n-len(s.few))
	}
	return s
}

// add adds name unless it is there already; then it returns the line it was first seen on.
func (s *nameSet) add(name string, line int) (first int, added bool) {
	for i := range s.few[:s.count] {
		if s.few[i].name == name {
			return s.few[i].line, false
		}
	}
	if s.count < len(s.few) {
		s.few[s.count].name, s.few[s.count].line = name, line
		s.count++
		return line, true
	}
	if l, ok := s.index[name]; ok {
		return l, false
	}
	if s.index == nil {
		s.index = make(map[string]int)
	}
	s.index[name] = line
	return line, true
}
