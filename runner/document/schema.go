package document

import (
	"encoding/json"
	"fmt"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/expr"
)

// Schema returns a JSON Schema (draft 7) of component documents with the inputs of these modules, for editors. It is
// no stricter than Load: what only the whole document can tell, such as whether a reference has a target, is not in it.
func Schema(set *action.Set) ([]byte, error) {
	var actions []any
	var byAction []any
	for _, m := range set.All() {
		spec := m.Spec()
		actions = append(actions, schema{"const": spec.Name, "description": spec.Summary})
		byAction = append(byAction, schema{
			"if":   schema{"properties": schema{"action": schema{"const": spec.Name}}, "required": []string{"action"}},
			"then": inputsSchema(spec),
		})
	}
	root := object(schema{
		"name":          text("Free text."),
		"description":   text("Free text."),
		"schemaVersion": schema{"enum": []any{1, "1", "1.0"}},
		"parameters":    declarationsSchema("Values that a run may supply.", parameterSchema()),
		"constants":     declarationsSchema("Values that never change.", constantSchema()),
		"phases":        schema{"type": "array", "minItems": 1, "items": ref("phase")},
	}, "schemaVersion", "phases")
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["title"] = "Component document"
	step := stepSchema(actions)
	step["allOf"] = byAction
	root["definitions"] = schema{
		"phase": object(schema{
			"name":  text("build, validate, test, container-host-test, or a name of your own."),
			"steps": nullable(schema{"type": "array", "items": ref("step")}),
		}, "name", "steps"),
		"step":      step,
		"loop":      loopSchema(),
		"if":        oneOrList(conditionSchema(true)),
		"condition": conditionSchema(false),
	}
	return json.MarshalIndent(root, "", "  ")
}

// schema is a node of a JSON Schema.
type schema map[string]any

func ref(name string) schema { return schema{"$ref": "#/definitions/" + name} }

// scalarTypes are what stands for a text: any scalar but null. optionalTypes are those of a key that may be null, which
// counts as absent everywhere.
var (
	scalarTypes   = []string{"string", "number", "boolean"}
	optionalTypes = []string{"string", "number", "boolean", "null"}
)

// text is an optional scalar taken by its text.
func text(description string) schema {
	s := schema{"type": optionalTypes}
	if description != "" {
		s["description"] = description
	}
	return s
}

// object is a map with these keys and no other.
func object(properties schema, required ...string) schema {
	s := schema{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

func nullable(s schema) schema { return anyOf(s, schema{"type": "null"}) }

func anyOf(list ...schema) schema { return schema{"anyOf": list} }

// oneOrList accepts what item accepts, or a list of one of it.
func oneOrList(item schema) schema {
	return anyOf(item, schema{"type": "array", "items": item, "minItems": 1, "maxItems": 1})
}

func integerSchema(description string) schema {
	return schema{
		"anyOf":       []schema{{"type": []string{"integer", "null"}}, {"type": "string", "pattern": integer().String()}},
		"description": description,
	}
}

func choice(description string, values ...string) schema {
	list := make([]any, 0, len(values)+1)
	for _, v := range values {
		list = append(list, v)
	}
	return schema{"enum": append(list, nil), "description": description}
}

func declarationsSchema(description string, attributes schema) schema {
	item := schema{
		"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": false,
		"patternProperties": schema{"^[A-Za-z0-9_-]{3,128}$": attributes},
	}
	return schema{"type": []string{"array", "null"}, "items": item, "description": description}
}

// parameterSchema allows unknown attributes, which are only a warning.
func parameterSchema() schema {
	return schema{"type": "object", "required": []string{"type"}, "properties": schema{
		"type":          schema{"const": "string"},
		"default":       text("The value when none is supplied."),
		"description":   text("What the parameter is for."),
		"allowedValues": schema{"type": []string{"array", "null"}, "items": text(""), "description": "The values that may be supplied."},
	}}
}

func constantSchema() schema {
	return schema{"type": "object", "required": []string{"type", "value"}, "properties": schema{
		"type":  schema{"const": "string"},
		"value": schema{"type": scalarTypes},
	}}
}

func stepSchema(actions []any) schema {
	return object(schema{
		"name":           schema{"type": scalarTypes, "description": "Unique in the phase."},
		"action":         schema{"oneOf": actions, "description": "The action module."},
		"inputs":         schema{"description": "The inputs of the action."},
		"timeoutSeconds": integerSchema("Limit for one attempt; -1 is none. Default 7200."),
		"maxAttempts":    integerSchema("How often the step is tried. Default 1."),
		"onFailure":      choice("What follows a failure. Default Abort.", Abort, Continue, Ignore),
		"loop":           nullable(ref("loop")),
		"if":             nullable(ref("if")),
		"disableLogging": schema{"type": []string{"boolean", "string", "null"}, "description": "Keep inputs and outputs out of logs."},
	}, "name", "action")
}

func loopSchema() schema {
	bound := schema{"type": []string{"integer", "string"}}
	return object(schema{
		"name": text("Lets references say NAME.index and NAME.value."),
		"for":  nullable(object(schema{"start": bound, "end": bound, "updateBy": bound}, "start", "end", "updateBy")),
		"forEach": anyOf(
			schema{"type": "array", "minItems": 1, "items": text("")},
			object(schema{
				"list":      schema{"type": scalarTypes, "description": "Text to split."},
				"delimiter": text("One of . , ; : - _ space, newline or tab. Default a comma."),
			}, "list"),
			schema{"type": "null"},
		),
	})
}

// conditionSchema describes the operators; spellings in other letter case, which only earn a warning, are left out so
// that editors offer one of each.
func conditionSchema(branches bool) schema {
	scalar := text("")
	properties := schema{"value": scalar, "path": scalar}
	for _, op := range expr.Operators() {
		switch {
		case op.Name == expr.Not && branches:
			properties[op.Name] = anyOf(oneOrList(ref("condition")), ref("if"))
		case op.Name == expr.Not:
			properties[op.Name] = oneOrList(ref("condition"))
		case op.Class == expr.Logical:
			properties[op.Name] = schema{"type": "array", "minItems": 1, "items": ref("condition")}
		default:
			properties[op.Name] = scalar
		}
	}
	if branches {
		properties["then"] = choice("When the condition is true. Default Execute.", Execute, Skip, Abort)
		properties["else"] = choice("When the condition is false. Default Skip.", Execute, Skip, Abort)
	}
	return object(properties)
}

// inputsSchema describes the inputs of a module. Unknown keys are allowed, since they are only a warning.
func inputsSchema(spec action.Spec) schema {
	properties := schema{}
	var required []string
	for _, in := range spec.Inputs {
		if in.Type == action.Condition {
			return schema{"properties": schema{"inputs": oneOrList(ref("condition"))}, "required": []string{"inputs"}}
		}
		properties[in.Name] = inputSchema(in)
		if in.Required {
			required = append(required, in.Name)
		}
	}
	entry := schema{"type": "object", "properties": properties}
	if len(required) > 0 {
		entry["required"] = required
	}
	list := schema{"type": "array", "items": entry, "minItems": 1}
	if spec.Shape == action.Map {
		list["maxItems"] = 1
	}
	inputs := anyOf(entry, list)
	if len(required) > 0 || len(spec.ExactlyOne) > 0 {
		return schema{"properties": schema{"inputs": inputs}, "required": []string{"inputs"}}
	}
	return schema{"properties": schema{"inputs": nullable(inputs)}}
}

// inputSchema describes one input. Any text may hold a reference, so types and values of texts are offered rather than
// asked for.
// mapSchema is a map of texts with exactly these keys, or with any.
func mapSchema(keys []string) schema {
	if keys == nil {
		return schema{"type": "object", "additionalProperties": text("")}
	}
	properties := schema{}
	for _, name := range keys {
		properties[name] = text("")
	}
	return schema{"type": "object", "properties": properties, "required": keys, "additionalProperties": false}
}

func inputSchema(in action.Input) schema {
	var s schema
	texts := schema{"type": "array", "items": text("")}
	switch in.Type {
	case action.Integer:
		s = schema{"type": []string{"integer", "string"}}
	case action.Boolean:
		s = schema{"type": []string{"boolean", "string"}}
	case action.StringList:
		s = texts
	case action.StringMap:
		s = schema{"type": "object", "additionalProperties": text("")}
	case action.MapList:
		s = schema{"type": "array", "items": mapSchema(in.Keys)}
	case action.Any:
		s = anyOf(schema{"type": scalarTypes}, texts)
	default:
		s = schema{"type": scalarTypes}
		if len(in.Values) > 0 {
			s = anyOf(schema{"enum": in.Values}, schema{"type": scalarTypes})
		}
	}
	if !in.Required {
		s = nullable(s)
	}
	s["description"] = in.Summary
	if in.Default != "" {
		s["description"] = fmt.Sprintf("%s Default %s.", in.Summary, in.Default)
	}
	return s
}
