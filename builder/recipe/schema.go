package recipe

import (
	"encoding/json"
	"fmt"
	"slices"

	"gopkg.in/yaml.v3"
)

// Schema returns a JSON Schema (draft 7) of recipe files, for editors. The reader itself makes it: it is shown an empty
// file and tells which keys and values it asks for, so the two cannot differ. It describes recipe files in Slipway's own
// form, not CloudFormation templates, and is no stricter than Load.
func Schema() ([]byte, error) {
	o := &outline{schemas: map[*yaml.Node]schema{}}
	r := &reader{outline: o}
	root := o.node()
	r.recipe(root)
	s := o.schemas[root]
	s.at("properties", "components", "items")["anyOf"] = []schema{{"required": []string{"component"}}, {"required": []string{"componentArn"}}}
	s["$schema"] = "http://json-schema.org/draft-07/schema#"
	s["title"] = "Recipe"
	return json.MarshalIndent(s, "", "  ")
}

// schema is a node of a JSON Schema.
type schema map[string]any

// at returns the node that the keys lead to.
func (s schema) at(keys ...string) schema {
	for _, key := range keys {
		s, _ = s[key].(schema)
	}
	return s
}

// scalarTypes are what stands for a text: any scalar but null, taken as it is written.
var scalarTypes = []string{"string", "number", "boolean"}

// outline notes what a reader asks of the nodes that it is given. Those are empty texts; what is wrong with them does not
// count.
type outline struct{ schemas map[*yaml.Node]schema }

func (o *outline) node() *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str"} }

// read shows a new node to read and returns what it asked for.
func (o *outline) read(read func(*yaml.Node)) schema {
	n := o.node()
	read(n)
	if s := o.schemas[n]; s != nil {
		return s
	}
	return schema{}
}

// mapping notes a map with these keys and no other. A key without a value counts as absent.
func (o *outline) mapping(n *yaml.Node, fields []field) {
	properties := schema{}
	required := []string{}
	for _, f := range fields {
		s := o.read(f.read)
		if f.required {
			required = append(required, f.key)
		} else {
			s = optional(s)
		}
		if text := descriptions[f.key]; text != "" {
			s["description"] = text
		}
		properties[f.key] = s
	}
	o.schemas[n] = schema{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		o.schemas[n]["required"] = required
	}
}

// optional is s, or null.
func optional(s schema) schema {
	switch {
	case s["enum"] != nil:
		values, _ := s["enum"].([]any)
		s["enum"] = append(slices.Clone(values), nil)
	case s["anyOf"] != nil:
		list, _ := s["anyOf"].([]schema)
		s["anyOf"] = append(slices.Clone(list), schema{"type": "null"})
	default:
		switch types := s["type"].(type) {
		case string:
			s["type"] = []string{types, "null"}
		case []string:
			s["type"] = append(slices.Clone(types), "null")
		}
	}
	return s
}

func (o *outline) list(n *yaml.Node, read func(*yaml.Node)) {
	o.schemas[n] = schema{"type": "array", "items": o.read(read)}
}

// scalar notes a text, unless more is known of it.
func (o *outline) scalar(n *yaml.Node) {
	if o.schemas[n] == nil {
		o.schemas[n] = schema{"type": scalarTypes}
	}
}

// text notes a text with a limit of its length.
func (o *outline) text(n *yaml.Node, minimum, maximum int) {
	s := schema{"type": scalarTypes, "maxLength": maximum}
	if minimum > 0 {
		s["minLength"] = minimum
	}
	o.schemas[n] = s
}

func (o *outline) oneOf(n *yaml.Node, allowed []string) {
	values := make([]any, len(allowed))
	for i, v := range allowed {
		values[i] = v
	}
	o.schemas[n] = schema{"enum": values}
}

func (o *outline) integer(n *yaml.Node, minimum, maximum int) {
	o.schemas[n] = schema{"anyOf": []schema{
		{"type": "integer", "minimum": minimum, "maximum": maximum}, {"type": "string", "pattern": "^[-+]?[0-9]+$"},
	}}
}

func (o *outline) boolean(n *yaml.Node) {
	o.schemas[n] = schema{"type": []string{"boolean", "string"}}
}

// either notes what may be written in two ways.
func (o *outline) either(n *yaml.Node, one, other func(*yaml.Node)) {
	o.schemas[n] = schema{"anyOf": []schema{o.read(one), o.read(other)}}
}

// parameterValue notes a text, or a list with one.
func (o *outline) parameterValue(n *yaml.Node) {
	o.schemas[n] = schema{"anyOf": []schema{
		{"type": scalarTypes},
		{"type": "array", "items": schema{"type": append(slices.Clone(scalarTypes), "null")}, "minItems": 1, "maxItems": 1},
	}}
}

func (o *outline) tags(n *yaml.Node) {
	o.schemas[n] = schema{
		"type": "object", "maxProperties": maxTags, "propertyNames": schema{"minLength": 1, "maxLength": maxTagKey},
		"additionalProperties": schema{"type": append(slices.Clone(scalarTypes), "null"), "maxLength": maxTagValue},
	}
}

// descriptions say in an editor what a key is for. A key has one meaning wherever it stands.
var descriptions = map[string]string{
	"name":                    "The name of the recipe, or of the parameter.",
	"semanticVersion":         fmt.Sprintf("major.minor.patch. Default %s.", DefaultVersion),
	"description":             "Free text.",
	"parentImage":             "The image to start from: a reference, store:NAME, oci-layout:PATH, docker-daemon:NAME or scratch.",
	"platformOverride":        "The platform of the parent image, when it does not say.",
	"components":              "What is built into the image, and its tests, in this order.",
	"component":               "A component: a file, NAME/VERSION in the library, or an ARN.",
	"componentArn":            "A component, as component.",
	"parameters":              "Values for the parameters of the component.",
	"value":                   "The value of the parameter.",
	"cache":                   "false runs the component in every build.",
	"budget":                  "What the component may use.",
	"budgets":                 "Limits that the build fails on.",
	"image":                   "For all that the build adds, or the image of a machine.",
	"size":                    "Bytes, such as 500kB, 20MB or 1.5GiB.",
	"files":                   "A number of files.",
	"seconds":                 "A time.",
	"imageTestsConfiguration": "Whether tests run, and how long they may take.",
	"imageTestsEnabled":       "false runs no tests. Default true.",
	"timeoutMinutes":          "How long all tests may take together. Default 720.",
	"reports":                 "Files that components and tests write and that are kept with the run: paths with * and **.",
	"path":                    "A file of the container, or several by * and **.",
	"type":                    "junit for test results that are merged into the JUnit report, or file.",
	"platforms":               "What to build for, such as linux/amd64 and linux/arm64. Default: what fits this machine.",
	"workingDirectory":        "Where components run. Default /tmp.",
	"dockerfileTemplateData":  "The Dockerfile template itself.",
	"dockerfileTemplateUri":   "A file with the Dockerfile template.",
	"targetRepository":        "Where the image is pushed to.",
	"service":                 "ECR, or OCI for any registry.",
	"repositoryName":          "The repository, with its registry for OCI.",
	"tags":                    "Key and value pairs that are kept with the image.",
	"containerType":           "DOCKER, the only type.",
	"imageOsVersionOverride":  "The version of the operating system, when the parent image does not say.",
	"instanceConfiguration":   "Without effect: containers are built and not machines.",
	"kmsKeyId":                "The key that encrypts the recipe in the component store: an AWS KMS ARN, a URI, or an id in kms.keys of the settings.",
	"clientToken":             "Without effect.",
}
