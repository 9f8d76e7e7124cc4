package recipe

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/slipway-oci/slipway/runner/document/near"
)

// The types of resources that say something about a recipe.
const (
	recipeType     = "AWS::ImageBuilder::ContainerRecipe"
	componentType  = "AWS::ImageBuilder::Component"
	repositoryType = "AWS::ECR::Repository"
)

// cloudFormation is a CloudFormation template. Its functions are evaluated where a member is read, so that only what
// the recipe uses has to be something that can be known without deploying the template.
type cloudFormation struct {
	parameters *yaml.Node // nil when there are none
	mappings   *yaml.Node
	conditions *yaml.Node
	resources  map[string]*yaml.Node

	values      map[*yaml.Node]*yaml.Node // evaluated functions
	components  map[*yaml.Node]string     // values that stand for a component resource
	failed      *yaml.Node                // the value of functions whose problem is reported
	evaluations int
	depth       int
	exceeded    bool // one of the bounds, which is reported once
}

// isFailed reports whether a value is that of a function whose problem is reported already.
func (r *reader) isFailed(n *yaml.Node) bool { return r.template != nil && n == r.template.failed }

// isComponent reports whether a value stands for a component resource.
func (r *reader) isComponent(n *yaml.Node) bool {
	return r.template != nil && r.template.components[n] != ""
}

// openTemplate finds the recipe among the resources of a template.
func (r *reader) openTemplate(root, resources *yaml.Node, name string) (*yaml.Node, error) {
	t := &cloudFormation{
		parameters: member(root, "Parameters"), mappings: member(root, "Mappings"), conditions: member(root, "Conditions"),
		resources: map[string]*yaml.Node{},
		values:    map[*yaml.Node]*yaml.Node{}, components: map[*yaml.Node]string{}, failed: &yaml.Node{Kind: yaml.ScalarNode},
	}
	r.dialect, r.template = resource, t
	if resources.Kind != yaml.MappingNode {
		return nil, &Error{Pos: r.pos(resources), Message: "Resources is " + r.kindName(resources) + ", not a map"}
	}
	var recipes []string
	for i := 0; i+1 < len(resources.Content); i += 2 {
		id, body := resources.Content[i].Value, deref(resources.Content[i+1])
		t.resources[id] = body
		switch kind := typeOf(body); kind {
		case recipeType:
			recipes = append(recipes, id)
		case componentType, repositoryType:
		default:
			r.ignore(resources.Content[i], strings.TrimSpace(id+" "+parenthesized(kind)))
		}
	}
	id, err := r.choose(resources, recipes, name)
	if err != nil {
		return nil, err
	}
	properties := member(t.resources[id], "Properties")
	if properties == nil {
		return nil, &Error{Pos: r.pos(t.resources[id]), Message: fmt.Sprintf("resource %q has no Properties", id)}
	}
	return properties, nil
}

func parenthesized(s string) string {
	if s == "" {
		return ""
	}
	return "(" + s + ")"
}

// choose gives the recipe that is meant.
func (r *reader) choose(resources *yaml.Node, recipes []string, name string) (string, error) {
	e := &Error{Pos: r.pos(resources)}
	base := filepath.Base(r.file)
	switch {
	case name != "" && r.template.resources[name] == nil:
		e.Message = fmt.Sprintf("the template has no resource %q", name)
		e.Advice = cmp.Or(near.Hint(name, recipes), "its container recipes: "+strings.Join(recipes, ", "))
		return "", e
	case name != "":
		if kind := typeOf(r.template.resources[name]); kind != recipeType {
			e.Pos = r.pos(r.template.resources[name])
			e.Message = fmt.Sprintf("resource %q is no %s but %q", name, recipeType, kind)
			return "", e
		}
		return name, nil
	case len(recipes) == 0:
		e.Message = "the template has no " + recipeType
		return "", e
	case len(recipes) > 1:
		e.Message = fmt.Sprintf("the template has %d container recipes: %s", len(recipes), strings.Join(recipes, ", "))
		e.Advice = fmt.Sprintf("name the one to build: %s#%s", base, recipes[0])
		return "", e
	default:
		return recipes[0], nil
	}
}

// component reads the component resource that a value stands for: the reference to it, and its document when the
// template holds that.
func (t *cloudFormation) component(r *reader, n *yaml.Node) (Text, *Document) {
	id := t.components[n]
	reference := Text{Value: filepath.Base(r.file) + "#" + id, Pos: r.pos(n)}
	properties := member(t.resources[id], "Properties")
	if properties == nil {
		r.fail(t.resources[id], "resource %q has no Properties", id)
		return reference, nil
	}
	d := &Document{}
	var uri Text
	ignored := func(*yaml.Node) {}
	r.mapping(properties, fmt.Sprintf("component %q", id), []field{
		{"name", true, func(n *yaml.Node) { d.Name = r.name(n) }},
		{"semanticVersion", true, func(n *yaml.Node) { d.Version = r.version(n) }},
		{"platform", true, func(n *yaml.Node) { d.Platform = r.oneOf(n, "platform", "Linux", "Windows", "macOS").Value }},
		{"data", false, func(n *yaml.Node) {
			n = r.value(n)
			if value, ok := r.scalar(n, "data"); ok {
				d.Data = Text{Value: value, Pos: r.pos(n)}
				if n.Style&yaml.LiteralStyle != 0 {
					d.Line = n.Line + 1
					d.Indent = indent(r.lines, d.Line, value)
				}
			}
		}},
		{"uri", false, func(n *yaml.Node) { uri, _ = r.text(n, "uri", 1, maxText) }},
		{"supportedOsVersions", false, func(n *yaml.Node) {
			r.list(n, "supportedOsVersions", func(item *yaml.Node) {
				v, _ := r.text(item, "an OS version", 1, maxText)
				d.SupportedOSVersions = append(d.SupportedOSVersions, v.Value)
			})
		}},
		{"description", false, ignored},
		{"changeDescription", false, ignored},
		{"tags", false, ignored},
		{"kmsKeyId", false, func(n *yaml.Node) { r.ignore(n, id+".KmsKeyId") }},
	})
	switch hasData, hasURI := d.Data.Pos.Line > 0, uri.Pos.Line > 0; {
	case hasData && hasURI:
		r.fail(properties, "component %q has both Data and Uri", id)
	case hasURI:
		return uri, nil
	case !hasData && member(properties, "Data") == nil:
		r.fail(properties, "component %q has neither Data nor Uri", id)
	}
	return reference, d
}

func quoted(s string) string { return fmt.Sprintf("%q", s) }
