package recipe

import (
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/slipway-oci/slipway/runner/document/near"
)

// choice is Fn::If: the name of a condition, the value if it holds and the one if it does not.
func (t *cloudFormation) choice(r *reader, n, argument *yaml.Node) *yaml.Node {
	if argument.Kind != yaml.SequenceNode || len(argument.Content) != 3 {
		r.fail(n, "the argument of Fn::If is not a condition and two values")
		return t.failed
	}
	holds, ok := t.named(r, n, deref(argument.Content[0]).Value)
	if !ok {
		return t.failed
	}
	if holds {
		return r.value(argument.Content[1])
	}
	return r.value(argument.Content[2])
}

// named evaluates a condition of the template by its name. ok is false when that is a problem, which is then reported.
func (t *cloudFormation) named(r *reader, n *yaml.Node, name string) (holds, ok bool) {
	condition := member(t.conditions, name)
	if condition == nil {
		r.advise(n, near.Hint(name, keys(t.conditions)), "the template has no condition %q", name)
		return false, false
	}
	return t.condition(r, condition)
}

// condition evaluates the expression of a condition.
func (t *cloudFormation) condition(r *reader, n *yaml.Node) (holds, ok bool) {
	n = deref(n)
	if !t.enter(r, n) {
		return false, false
	}
	defer t.leave()
	name, argument := call(n)
	if name == "" && len(keys(n)) == 1 && keys(n)[0] == "Condition" {
		name, argument = "Condition", member(n, "Condition")
	}
	if name == "Condition" {
		return t.named(r, n, argument.Value)
	}
	if argument == nil || argument.Kind != yaml.SequenceNode || len(argument.Content) == 0 {
		r.fail(n, "not a condition: Fn::Equals, Fn::And, Fn::Or and Fn::Not are")
		return false, false
	}
	switch name {
	case "Fn::Equals":
		return t.equal(r, n, argument.Content)
	case "Fn::Not":
		holds, ok = t.condition(r, argument.Content[0])
		return !holds, ok
	case "Fn::And", "Fn::Or":
		for _, item := range argument.Content {
			if holds, ok = t.condition(r, item); !ok || holds == (name == "Fn::Or") {
				return holds, ok
			}
		}
		return holds, ok
	default:
		r.fail(n, "function %s is no condition", name)
		return false, false
	}
}

func (t *cloudFormation) equal(r *reader, n *yaml.Node, operands []*yaml.Node) (holds, ok bool) {
	if len(operands) != 2 {
		r.fail(n, "Fn::Equals compares two values, not %d", len(operands))
		return false, false
	}
	left, right := r.value(operands[0]), r.value(operands[1])
	if !t.isText(r, n, left) || !t.isText(r, n, right) {
		return false, false
	}
	return left.Value == right.Value, true
}

// selected is Fn::Select: an index from 0, and a list.
func (t *cloudFormation) selected(r *reader, n, argument *yaml.Node) *yaml.Node {
	if argument.Kind != yaml.SequenceNode || len(argument.Content) != 2 {
		r.fail(n, "the argument of Fn::Select is not an index and a list")
		return t.failed
	}
	list := r.value(argument.Content[1])
	if list.Kind != yaml.SequenceNode {
		r.mismatch(list, "the list of Fn::Select", "a list")
		return t.failed
	}
	before := len(r.problems)
	index := r.integer(argument.Content[0], "the index of Fn::Select", 0, len(list.Content)-1)
	if len(r.problems) > before || len(list.Content) == 0 {
		return t.failed
	}
	return r.value(list.Content[index])
}

// split is Fn::Split: a separator, and the text to take apart.
func (t *cloudFormation) split(r *reader, n, argument *yaml.Node) *yaml.Node {
	if argument.Kind != yaml.SequenceNode || len(argument.Content) != 2 {
		r.fail(n, "the argument of Fn::Split is not a separator and a text")
		return t.failed
	}
	separator, text := r.value(argument.Content[0]), r.value(argument.Content[1])
	if !t.isText(r, n, separator) || !t.isText(r, n, text) {
		return t.failed
	}
	list := &yaml.Node{Kind: yaml.SequenceNode, Line: n.Line, Column: n.Column}
	for item := range strings.SplitSeq(text.Value, separator.Value) {
		list.Content = append(list.Content, textAt(n, item, 0))
	}
	return list
}

// keys are those of a map, in its order.
func keys(n *yaml.Node) []string {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	var list []string
	for i := 0; i+1 < len(n.Content); i += 2 {
		list = append(list, n.Content[i].Value)
	}
	return list
}

// names are those that Ref may have in this template.
func (t *cloudFormation) names() []string {
	return slices.Concat(slices.Sorted(maps.Keys(t.resources)), keys(t.parameters))
}
