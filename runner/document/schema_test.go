package document_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"github.com/slipway-oci/slipway/runner/document"
)

// TestSchema shows that the schema takes what Load takes, and refuses mistakes that an editor should underline.
func TestSchema(t *testing.T) {
	set := modules(t)
	data, err := document.Schema(set)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("component.json", value); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("component.json")
	if err != nil {
		t.Fatal(err)
	}
	check := func(text string, want bool) {
		t.Helper()
		var value any
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); (err == nil) != want {
			t.Errorf("%v, want valid: %t\n%s", err, want, numbered(text))
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
