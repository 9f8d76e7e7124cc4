package recipe

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"
)

// The limits of a recipe's members.
const (
	maxText         = 1024
	maxComponents   = 20
	maxTags         = 50
	maxTagKey       = 128
	maxTagValue     = 256
	maxName         = 256
	maxTemplateData = 65535 // bytes
)

var tagKeyPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-zA-Z0-9\s_.:/=+\-@]*$`) })

// recipe reads the top level.
func (r *reader) recipe(root *yaml.Node) *Recipe {
	c := &Recipe{Version: Text{Value: DefaultVersion}}
	short := func(to *string, what string) func(*yaml.Node) {
		return func(n *yaml.Node) { t, _ := r.text(n, what, 1, maxText); *to = t.Value }
	}
	r.mapping(root, "the recipe", append([]field{
		{"name", true, func(n *yaml.Node) { c.Name = r.name(n) }},
		{"semanticVersion", false, func(n *yaml.Node) { c.Version = r.version(n) }},
		{"description", false, short(&c.Description, "description")},
		{"parentImage", true, func(n *yaml.Node) { c.ParentImage, _ = r.text(n, "parentImage", 1, maxText) }},
		{"platformOverride", false, func(n *yaml.Node) { c.PlatformOverride = r.platform(n) }},
		{"components", false, func(n *yaml.Node) { c.Components = r.components(n) }},
		{"workingDirectory", false, func(n *yaml.Node) { c.WorkingDirectory = r.workingDirectory(n) }},
		{"dockerfileTemplateData", false, func(n *yaml.Node) { r.templateData(n, &c.Template) }},
		{"dockerfileTemplateUri", false, func(n *yaml.Node) { c.Template.URI, _ = r.text(n, "dockerfileTemplateUri", 1, maxText) }},
		{"targetRepository", false, func(n *yaml.Node) { c.TargetRepository = r.repository(n) }},
		{"tags", false, func(n *yaml.Node) { c.Tags = r.tags(n) }},
		{"containerType", false, func(n *yaml.Node) { r.oneOf(n, "containerType", "DOCKER") }},
		{"instanceConfiguration", false, func(n *yaml.Node) { c.InstanceConfiguration = r.instanceConfiguration(n) }},
		{"imageOsVersionOverride", false, short(&c.ImageOSVersionOverride, "imageOsVersionOverride")},
		{"kmsKeyId", false, short(&c.KMSKeyID, "kmsKeyId")},
		// A request body that was written for the API carries one; it has no meaning in a file.
		{"clientToken", false, func(n *yaml.Node) { r.text(n, "clientToken", 1, 64) }},
	}, r.more(c)...))
	if c.Template.Data.Pos.Line > 0 && c.Template.URI.Pos.Line > 0 {
		r.problems = append(r.problems, &Error{
			Pos:     c.Template.URI.Pos,
			Message: "dockerfileTemplateUri and dockerfileTemplateData are both set; a recipe has one template",
		})
	}
	return c
}

func (r *reader) name(n *yaml.Node) Text {
	value, ok := r.scalar(n, "name")
	if ok && !ValidName(value) {
		r.advise(n, "3 to 128 letters, digits, - and _, with blanks only between them",
			"name %q is not allowed", value)
	}
	return Text{Value: value, Pos: r.pos(n)}
}

func (r *reader) version(n *yaml.Node) Text {
	value, ok := r.scalar(n, "semanticVersion")
	if ok {
		if _, err := ParseVersion(value); err != nil {
			r.problems = append(r.problems, &Error{Pos: r.pos(n), Message: "semanticVersion", Err: err})
		}
	}
	return Text{Value: value, Pos: r.pos(n)}
}

func (r *reader) platform(n *yaml.Node) Text {
	if value := r.value(n).Value; value == "macOS" {
		r.fail(n, "platformOverride is %q; there are no macOS containers", value)
		return Text{}
	}
	return r.oneOf(n, "platformOverride", "Linux", "Windows")
}

var drivePath = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z]:[\\/]`) })

func (r *reader) workingDirectory(n *yaml.Node) Text {
	t, ok := r.text(n, "workingDirectory", 1, maxText)
	if ok && !path.IsAbs(t.Value) && !drivePath().MatchString(t.Value) {
		r.fail(n, "workingDirectory %q is not an absolute path", t.Value)
	}
	return t
}

func (r *reader) components(n *yaml.Node) []Component {
	var list []Component
	if items := r.value(n); items.Kind == yaml.SequenceNode && len(items.Content) > r.maxComponents {
		r.advise(n, "the setting limits.componentsPerRecipe allows more",
			"components has %d entries; at most %d are allowed", len(items.Content), r.maxComponents)
		return nil
	}
	r.list(n, "components", func(item *yaml.Node) { list = append(list, r.component(item)) })
	return list
}

func (r *reader) component(n *yaml.Node) Component {
	var c Component
	reference := func(key string) field {
		return field{key, false, func(n *yaml.Node) {
			if c.Reference.Pos.Line > 0 {
				r.fail(n, "component and componentArn are both set; an entry names one component")
			}
			if r.isComponent(n) {
				c.Reference, c.Document = r.template.component(r, n)
				return
			}
			c.Reference, _ = r.text(n, key, 1, maxText)
			c.Reference.Pos = r.pos(n)
		}}
	}
	before := len(r.problems)
	fields := []field{
		reference("component"),
		reference("componentArn"),
		{"parameters", false, func(n *yaml.Node) { c.Parameters = r.parameters(n) }},
	}
	if r.dialect == native { // these are extensions
		fields = append(fields, field{"cache", false, func(n *yaml.Node) {
			cache := r.boolean(n, "cache")
			c.NoCache = cache != nil && !*cache
		}}, field{"budget", false, func(n *yaml.Node) { c.Budget = r.budget(n, "budget") }})
	}
	r.mapping(n, "an entry of components", fields)
	if c.Reference.Pos.Line == 0 && len(r.problems) == before {
		r.fail(n, `an entry of components has no "component"`)
	}
	return c
}

func (r *reader) parameters(n *yaml.Node) []Parameter {
	var list []Parameter
	lines := map[string]int{}
	r.list(n, "parameters", func(item *yaml.Node) {
		p := r.parameter(item)
		if line, twice := lines[p.Name.Value]; twice && p.Name.Value != "" {
			r.fail(item, "parameter %q is set twice, first in line %d", p.Name.Value, line)
		}
		lines[p.Name.Value] = p.Name.Pos.Line
		list = append(list, p)
	})
	return list
}

func (r *reader) parameter(n *yaml.Node) Parameter {
	var p Parameter
	r.mapping(n, "an entry of parameters", []field{
		{"name", true, func(n *yaml.Node) { p.Name, _ = r.text(n, "the name of a parameter", 1, maxName) }},
		{"value", true, func(n *yaml.Node) { p.Value = r.parameterValue(n) }},
	})
	return p
}

// parameterValue reads a list with one text; a text alone stands for such a list.
func (r *reader) parameterValue(n *yaml.Node) Text {
	if r.outline != nil {
		r.outline.parameterValue(n)
		return Text{}
	}
	n = r.value(n)
	if n.Kind == yaml.SequenceNode {
		if len(n.Content) != 1 {
			r.fail(n, "the value of a parameter has %d elements; exactly one is allowed", len(n.Content))
			return Text{}
		}
		n = r.value(n.Content[0])
		if isNull(n) {
			return Text{Pos: r.pos(n)}
		}
	}
	value, _ := r.scalar(n, "the value of a parameter")
	return Text{Value: value, Pos: r.pos(n)}
}

func (r *reader) templateData(n *yaml.Node, to *TemplateSource) {
	value, ok := r.scalar(n, "dockerfileTemplateData")
	if !ok {
		return
	}
	to.Data = Text{Value: value, Pos: r.pos(n)}
	if n.Style&yaml.LiteralStyle != 0 {
		to.Line = n.Line + 1
	}
	switch {
	case strings.TrimSpace(value) == "":
		r.fail(n, "dockerfileTemplateData is empty")
	case len(value) > maxTemplateData:
		r.advise(n, "keep it as a file and name it with dockerfileTemplateUri",
			"dockerfileTemplateData has %d bytes; at most %d are allowed", len(value), maxTemplateData)
	case strings.ContainsRune(value, 0):
		r.fail(n, "dockerfileTemplateData holds a NUL character")
	}
}

func (r *reader) repository(n *yaml.Node) *Repository {
	var repository Repository
	r.mapping(n, "targetRepository", []field{
		{"service", true, func(n *yaml.Node) { repository.Service = r.oneOf(n, "service", "ECR", "OCI").Value }},
		{"repositoryName", true, func(n *yaml.Node) { repository.Name, _ = r.text(n, "repositoryName", 1, maxText) }},
	})
	return &repository
}

func (r *reader) tags(n *yaml.Node) map[string]string {
	if r.outline != nil {
		r.outline.tags(n)
		return nil
	}
	n = r.value(n)
	if n.Kind != yaml.MappingNode {
		r.mismatch(n, "tags", "a map")
		return nil
	}
	if count := len(n.Content) / 2; count > maxTags {
		r.fail(n, "tags has %d entries; at most %d are allowed", count, maxTags)
		return nil
	}
	tags := map[string]string{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, ok := r.text(n.Content[i], "the key of a tag", 1, maxTagKey)
		if !ok {
			continue
		}
		if _, twice := tags[key.Value]; twice {
			r.fail(n.Content[i], "tag %q is there twice", key.Value)
			continue
		}
		if strings.HasPrefix(key.Value, "aws:") || !tagKeyPattern().MatchString(key.Value) {
			r.advise(n.Content[i], "letters, digits, blanks and _.:/=+-@, not starting with aws:",
				"tag key %q is not allowed", key.Value)
		}
		tags[key.Value] = ""
		if value := r.value(n.Content[i+1]); !isNull(value) {
			t, _ := r.text(value, fmt.Sprintf("the value of tag %q", key.Value), 0, maxTagValue)
			tags[key.Value] = t.Value
		}
	}
	return tags
}
