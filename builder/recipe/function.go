package recipe

import (
	"cmp"
	"regexp"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"

	"github.com/slipway-oci/slipway/runner/document/near"
)

// The work on functions is bounded: an alias inside itself would never end, and a few that repeat each other would
// take for ever.
const (
	maxFunctionDepth = 16
	maxEvaluations   = 5000
)

// pseudoParameters are those that CloudFormation gives every template, as they are where no account is.
var pseudoParameters = map[string]string{
	"AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::AccountId": "000000000000", "AWS::URLSuffix": "amazonaws.com",
	"AWS::StackName": "slipway",
}

// call takes a function apart: the name of its long form, and its argument.
func call(n *yaml.Node) (name string, argument *yaml.Node) {
	if tag := n.Tag; strings.HasPrefix(tag, "!") && !strings.HasPrefix(tag, "!!") && len(tag) > 1 {
		plain := *n
		plain.Tag, plain.Style = "", n.Style&^yaml.TaggedStyle
		if tag == "!Ref" || tag == "!Condition" {
			return tag[1:], &plain
		}
		return "Fn::" + tag[1:], &plain
	}
	if n.Kind == yaml.MappingNode && len(n.Content) == 2 {
		if key := n.Content[0].Value; key == "Ref" || strings.HasPrefix(key, "Fn::") {
			return key, deref(n.Content[1])
		}
	}
	return "", nil
}

// evaluate gives the value of a function, and every other node as it is. Values have the place of the function.
func (t *cloudFormation) evaluate(r *reader, n *yaml.Node) *yaml.Node {
	if v, ok := t.values[n]; ok {
		return v
	}
	name, argument := call(n)
	if name == "" {
		return n
	}
	if !t.enter(r, n) {
		return t.failed
	}
	v := t.apply(r, n, name, argument)
	t.leave()
	t.values[n] = v
	return v
}

// enter counts an evaluation; beyond the bounds it is false, and the problem is reported once.
func (t *cloudFormation) enter(r *reader, n *yaml.Node) bool {
	t.evaluations++
	if t.depth >= maxFunctionDepth || t.evaluations > maxEvaluations {
		if !t.exceeded {
			r.fail(n, "the template has too many functions inside functions")
		}
		t.exceeded = true
		return false
	}
	t.depth++
	return true
}

func (t *cloudFormation) leave() { t.depth-- }

func (t *cloudFormation) apply(r *reader, n *yaml.Node, name string, argument *yaml.Node) *yaml.Node {
	switch name {
	case "Ref":
		if argument.Kind == yaml.ScalarNode {
			return t.ref(r, n, argument.Value)
		}
	case "Fn::GetAtt":
		if id, attribute, ok := attributeOf(argument); ok {
			return t.attribute(r, n, id, attribute)
		}
	case "Fn::Sub":
		return t.sub(r, n, argument)
	case "Fn::Join":
		return t.join(r, n, argument)
	case "Fn::FindInMap":
		return t.findInMap(r, n, argument)
	case "Fn::If":
		return t.choice(r, n, argument)
	case "Fn::Select":
		return t.selected(r, n, argument)
	case "Fn::Split":
		return t.split(r, n, argument)
	default:
		r.advise(n, "put the value in its place", "function %s is not evaluated here", name)
		return t.failed
	}
	r.fail(n, "the argument of %s is %s", name, r.kindName(argument))
	return t.failed
}

// attributeOf reads Resource.Attribute or [Resource, Attribute].
func attributeOf(n *yaml.Node) (id, attribute string, ok bool) {
	if n.Kind == yaml.SequenceNode && len(n.Content) == 2 {
		return deref(n.Content[0]).Value, deref(n.Content[1]).Value, true
	}
	id, attribute, ok = strings.Cut(n.Value, ".")
	return id, attribute, ok && n.Kind == yaml.ScalarNode
}

// textAt makes a text in the place of a function. It stays a literal one as long as its lines are those of the file.
func textAt(n *yaml.Node, text string, style yaml.Style) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text, Line: n.Line, Column: n.Column, Style: style}
}

// ref gives what Ref of a parameter or a resource stands for.
func (t *cloudFormation) ref(r *reader, n *yaml.Node, name string) *yaml.Node {
	if name == "AWS::NoValue" {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Line: n.Line, Column: n.Column}
	}
	if v, ok := pseudoParameters[name]; ok {
		return textAt(n, v, 0)
	}
	if p := member(t.parameters, name); p != nil {
		return t.parameter(r, n, name, p)
	}
	if body := t.resources[name]; body != nil {
		return t.resource(r, n, name, body)
	}
	r.advise(n, near.Hint(name, t.names()), "the template has no parameter or resource %q", name)
	return t.failed
}

// parameter gives the default of a parameter; of a list, as a list.
func (t *cloudFormation) parameter(r *reader, n *yaml.Node, name string, p *yaml.Node) *yaml.Node {
	d := member(p, "Default")
	if d == nil || d.Kind != yaml.ScalarNode {
		r.advise(n, "give it a Default in the template", "parameter %q of the template has no default", name)
		return t.failed
	}
	if kind := typeOf(p); strings.HasPrefix(kind, "AWS::SSM::") {
		r.advise(n, "put the value in its place, or make it a String with that Default",
			"parameter %q of the template is looked up in Systems Manager when it is deployed", name)
		return t.failed
	} else if kind != "CommaDelimitedList" && !strings.HasPrefix(kind, "List<") {
		return textAt(n, d.Value, 0)
	}
	list := &yaml.Node{Kind: yaml.SequenceNode, Line: n.Line, Column: n.Column}
	for item := range strings.SplitSeq(d.Value, ",") {
		list.Content = append(list.Content, textAt(n, strings.TrimSpace(item), 0))
	}
	return list
}

// resource gives what stands for a resource: a component for the list of a recipe, the name of a repository.
func (t *cloudFormation) resource(r *reader, n *yaml.Node, id string, body *yaml.Node) *yaml.Node {
	switch kind := typeOf(body); kind {
	case componentType:
		v := textAt(n, id, 0)
		t.components[v] = id
		return v
	case repositoryType:
		if name := member(member(body, "Properties"), "RepositoryName"); name != nil {
			return textAt(n, r.value(name).Value, 0)
		}
		return textAt(n, strings.ToLower(id), 0)
	default:
		r.advise(n, "put the value in its place", "resource %q (%s) has no value before it is deployed", id, cmp.Or(kind, "without a type"))
		return t.failed
	}
}

func (t *cloudFormation) attribute(r *reader, n *yaml.Node, id, attribute string) *yaml.Node {
	body := t.resources[id]
	switch kind := typeOf(body); {
	case body == nil, kind == componentType && attribute == "Arn", kind == repositoryType && attribute == "RepositoryUri":
		return t.ref(r, n, id)
	default:
		r.advise(n, "put the value in its place", "attribute %q of resource %q has no value before it is deployed", attribute, id)
		return t.failed
	}
}

var subPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$\{(!?)([^${}]*)\}`) })

// sub puts values in place of ${NAME}; ${!NAME} stands for ${NAME}.
func (t *cloudFormation) sub(r *reader, n, argument *yaml.Node) *yaml.Node {
	text, names := argument, (*yaml.Node)(nil)
	if argument.Kind == yaml.SequenceNode && len(argument.Content) == 2 {
		text, names = deref(argument.Content[0]), deref(argument.Content[1])
	}
	if text.Kind != yaml.ScalarNode {
		r.fail(n, "the argument of Fn::Sub is %s", r.kindName(argument))
		return t.failed
	}
	if m := subPattern().FindStringSubmatch(text.Value); m != nil && m[0] == text.Value && m[1] == "" {
		return t.substitute(r, n, m[2], names) // it may be a component
	}
	ok, style := true, text.Style&yaml.LiteralStyle
	result := subPattern().ReplaceAllStringFunc(text.Value, func(match string) string {
		m := subPattern().FindStringSubmatch(match)
		if m[1] == "!" {
			return "${" + m[2] + "}"
		}
		v := t.substitute(r, n, m[2], names)
		if !t.isText(r, n, v) {
			ok = false
			return ""
		}
		if strings.Contains(v.Value, "\n") {
			style = 0
		}
		return v.Value
	})
	if !ok {
		return t.failed
	}
	v := textAt(n, result, style)
	if style != 0 {
		v.Line, v.Column = text.Line, text.Column
	}
	return v
}

func (t *cloudFormation) substitute(r *reader, n *yaml.Node, name string, names *yaml.Node) *yaml.Node {
	name = strings.TrimSpace(name)
	if v := member(names, name); v != nil {
		return r.value(v)
	}
	if id, attribute, dotted := strings.Cut(name, "."); dotted {
		return t.attribute(r, n, id, attribute)
	}
	return t.ref(r, n, name)
}

// isText reports whether a value can be part of a text; others are a problem.
func (t *cloudFormation) isText(r *reader, n, v *yaml.Node) bool {
	if v.Kind == yaml.ScalarNode && !r.isFailed(v) && !r.isComponent(v) {
		return true
	}
	if !r.isFailed(v) {
		r.fail(n, "%s cannot be a part of a text", r.kindName(v))
	}
	return false
}

// join is Fn::Join: a separator and a list.
func (t *cloudFormation) join(r *reader, n, argument *yaml.Node) *yaml.Node {
	if argument.Kind != yaml.SequenceNode || len(argument.Content) != 2 {
		r.fail(n, "the argument of Fn::Join is not a separator and a list")
		return t.failed
	}
	var parts []string
	list := r.value(argument.Content[1])
	if list.Kind != yaml.SequenceNode {
		r.mismatch(list, "the list of Fn::Join", "a list")
		return t.failed
	}
	for _, item := range list.Content {
		v := r.value(item)
		if !t.isText(r, n, v) {
			return t.failed
		}
		parts = append(parts, v.Value)
	}
	return textAt(n, strings.Join(parts, r.value(argument.Content[0]).Value), 0)
}

// findInMap is Fn::FindInMap: a map, and two keys in it.
func (t *cloudFormation) findInMap(r *reader, n, argument *yaml.Node) *yaml.Node {
	if argument.Kind != yaml.SequenceNode || len(argument.Content) != 3 {
		r.fail(n, "the argument of Fn::FindInMap is not a map and two keys")
		return t.failed
	}
	found, path := t.mappings, []string{}
	for _, item := range argument.Content {
		v := r.value(item)
		if !t.isText(r, n, v) {
			return t.failed
		}
		path = append(path, v.Value)
		found = member(found, v.Value)
	}
	if found == nil {
		r.fail(n, "the mappings of the template have no %s", strings.Join(path, "."))
		return t.failed
	}
	value := *found
	value.Line, value.Column = n.Line, n.Column
	return &value
}
