package document_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/slipway-oci/slipway/runner/document"
)

// validator checks values against the keywords of JSON Schema that Schema uses; any other keyword fails the test.
type validator struct {
	t    *testing.T
	root map[string]any
}

func (v validator) valid(schema map[string]any, value any) bool {
	v.t.Helper()
	for keyword, arg := range schema {
		if !v.keyword(keyword, arg, schema, value) {
			return false
		}
	}
	return true
}

func (v validator) keyword(keyword string, arg any, schema map[string]any, value any) bool {
	m, isMap := value.(map[string]any)
	l, isList := value.([]any)
	count := func(schemas any) (n int) {
		for _, s := range schemas.([]any) {
			if v.valid(s.(map[string]any), value) {
				n++
			}
		}
		return n
	}
	switch keyword {
	case "$schema", "title", "description", "definitions", "then":
		return true
	case "$ref":
		name := strings.TrimPrefix(arg.(string), "#/definitions/")
		return v.valid(v.root["definitions"].(map[string]any)[name].(map[string]any), value)
	case "type":
		types, ok := arg.([]any)
		if !ok {
			types = []any{arg}
		}
		return slices.Contains(types, any(typeOf(value))) || typeOf(value) == "integer" && slices.Contains(types, any("number"))
	case "const":
		return arg == value
	case "enum":
		return slices.ContainsFunc(arg.([]any), func(a any) bool { return fmt.Sprint(a) == fmt.Sprint(value) })
	case "pattern":
		s, ok := value.(string)
		return !ok || regexp.MustCompile(arg.(string)).MatchString(s)
	case "anyOf":
		return count(arg) > 0
	case "oneOf":
		return count(arg) == 1
	case "allOf":
		return count(arg) == len(arg.([]any))
	case "if":
		return !v.valid(arg.(map[string]any), value) || v.valid(schema["then"].(map[string]any), value)
	case "minItems":
		return !isList || len(l) >= int(arg.(float64))
	case "maxItems":
		return !isList || len(l) <= int(arg.(float64))
	case "minProperties":
		return !isMap || len(m) >= int(arg.(float64))
	case "maxProperties":
		return !isMap || len(m) <= int(arg.(float64))
	case "items":
		return !slices.ContainsFunc(l, func(item any) bool { return !v.valid(arg.(map[string]any), item) })
	case "required":
		return !isMap || !slices.ContainsFunc(arg.([]any), func(key any) bool { return m[key.(string)] == nil })
	case "properties", "patternProperties", "additionalProperties":
		return v.members(keyword, arg, schema, m)
	}
	v.t.Fatalf("unexpected keyword %q", keyword)
	return false
}

func (v validator) members(keyword string, arg any, schema map[string]any, m map[string]any) bool {
	properties, _ := schema["properties"].(map[string]any)
	patterns, _ := schema["patternProperties"].(map[string]any)
	for key, member := range m {
		known := false
		if s, ok := properties[key].(map[string]any); ok {
			known = true
			if keyword == "properties" && !v.valid(s, member) {
				return false
			}
		}
		for pattern, s := range patterns {
			if regexp.MustCompile(pattern).MatchString(key) {
				known = true
				if keyword == "patternProperties" && !v.valid(s.(map[string]any), member) {
					return false
				}
			}
		}
		if keyword != "additionalProperties" || known {
			continue
		}
		if s, ok := arg.(map[string]any); arg == false || ok && !v.valid(s, member) {
			return false
		}
	}
	return true
}

func typeOf(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case bool:
		return "boolean"
	case int:
		return "integer"
	case float64:
		return "number"
	case map[string]any:
		return "object"
	}
	return "array"
}

// TestSchema shows that the schema takes what Load takes, and refuses mistakes that an editor should underline.
func TestSchema(t *testing.T) {
	set := modules(t)
	data, err := document.Schema(set)
	if err != nil {
		t.Fatal(err)
	}
	v := validator{t: t}
	if err := json.Unmarshal(data, &v.root); err != nil {
		t.Fatal(err)
	}
	check := func(text string, want bool) {
		t.Helper()
		var value any
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		if got := v.valid(v.root, value); got != want {
			t.Errorf("valid is %t, want %t:\n%s", got, want, numbered(text))
		}
	}
	check(demo, true)
	for _, m := range set.All() {
		check(head+"  - "+strings.ReplaceAll(strings.TrimSpace(m.Spec().Example), "\n", "\n    ")+"\n", true)
	}
	for _, text := range []string{
		step("timeoutSeconds: '60'", "if: [{not: {fileExists: f, then: Skip, else: Execute}}]"),
		step("loop: {for: {start: 1, end: '{{ Count }}', updateBy: 1}}", "maxAttempts: ~"),
		act("CreateFile", "path: 1.0", "overwrite: '{{ Flag }}'", "stray: 1", "owner: ~"),
		act("Assert", "and: [{fileExists: a}, {not: [{stringIsEmpty: ''}]}]"),
		head + "  - {name: A, action: UpdateOS}\n",
	} {
		check(text, true)
	}
	for _, text := range []string{
		"phases: []\nschemaVersion: 1.0\n", strings.Replace(head+echo, "1.0", "2.0", 1), "nam: x\n" + head + echo, step("maxAttemps: 2"), step("onFailure: abort"),
		step("loop: {nme: x, forEach: [a]}"), step("loop: {forEach: []}"), step("if: {fileExist: a}"), step("if: {and: [{fileExists: a, then: Skip}]}"),
		act("executebash", "commands: [a]"), act("ExecuteBash", "commands: echo"), act("ExecuteBash", "comands: [a]"), head + "  - {name: A, action: ExecuteBash}\n",
		act("ExecuteBash", "- commands: [a]", "- commands: [b]"), act("Assert", "fileExists: a", "then: Skip"),
		"parameters: [{ab: {type: string}}]\n" + head + echo, "parameters: [{Port: {type: number}}]\n" + head + echo, "constants: [{Port: {type: string}}]\n" + head + echo,
	} {
		check(text, false)
	}
}
