package recipe

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// dialect is how a file writes the members of a recipe. They are the same in all of them.
type dialect int

const (
	native   dialect = iota // recipe files, and the input of create-container-recipe
	answer                  // the output of get-container-recipe
	resource                // the properties of a CloudFormation resource
)

// key gives a member's name as the dialect writes it.
func (d dialect) key(name string) string {
	switch {
	case d == answer && name == "semanticVersion":
		return "version"
	case d == answer && name == "platformOverride":
		return "platform"
	case d == resource && name == "semanticVersion":
		return "Version"
	case d == resource:
		return strings.ToUpper(name[:1]) + name[1:]
	default:
		return name
	}
}

// silent are the members that the dialect has besides those of a recipe, and that describe the resource only.
func (d dialect) silent() []field {
	if d != answer {
		return nil
	}
	var list []field
	for _, key := range []string{"arn", "owner", "encrypted", "dateCreated", "latestVersionReferences"} {
		list = append(list, field{key, false, func(*yaml.Node) {}})
	}
	return list
}

// more are the members at the top level that not all dialects have.
func (r *reader) more(c *Recipe) []field {
	if r.dialect == native {
		return []field{
			{"budgets", false, func(n *yaml.Node) { c.Budgets = r.budgets(n) }},
			{"platforms", false, func(n *yaml.Node) { c.Platforms = r.platforms(n) }},
			{"imageTestsConfiguration", false, func(n *yaml.Node) { c.Tests = r.tests(n) }},
			{"reports", false, func(n *yaml.Node) { c.Reports = r.reports(n) }},
		}
	}
	return r.dialect.silent()
}

// open finds the recipe in the root of a file and sets how to read it. The name of a resource chooses among the
// recipes of a template; other files have one recipe, without such a name.
func (r *reader) open(root *yaml.Node, name string) (*yaml.Node, error) {
	root = deref(root)
	if resources := member(root, "Resources"); resources != nil {
		return r.openTemplate(root, resources, name)
	}
	if name != "" {
		return nil, &Error{Pos: r.pos(root), Message: "the file is no CloudFormation template, and has no resource " + quoted(name)}
	}
	if inner := member(root, "containerRecipe"); inner != nil {
		r.dialect = answer
		return inner, nil
	}
	return root, nil
}

// member gives the value of a key of a map, nil when it has none.
func member(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Kind == yaml.ScalarNode && n.Content[i].Value == key {
			return deref(n.Content[i+1])
		}
	}
	return nil
}

// typeOf gives the Type of a resource or a parameter, "" when it has none.
func typeOf(n *yaml.Node) string {
	if m := member(n, "Type"); m != nil && m.Kind == yaml.ScalarNode && !isNull(m) {
		return m.Value
	}
	return ""
}
