package catalog_test

import (
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/catalog"
)

func TestEveryModuleIsDocumented(t *testing.T) {
	set, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range set.All() {
		spec := m.Spec()
		t.Run(spec.Name, func(t *testing.T) {
			checkSentence(t, "summary", spec.Summary)
			if !slices.Contains([]string{"file", "command", "transfer", "system"}, spec.Family) {
				t.Errorf("family is %q", spec.Family)
			}
			if len(spec.Platforms) == 0 {
				t.Error("no platforms")
			}
			for _, in := range spec.Inputs {
				checkSentence(t, "summary of input "+in.Name, in.Summary)
				if in.Default != "" && in.Required {
					t.Errorf("input %s is required and has a default", in.Name)
				}
				if in.Default != "" && len(in.Values) > 0 && !slices.Contains(in.Values, in.Default) {
					t.Errorf("default of %s is %q, which is not one of its values", in.Name, in.Default)
				}
				if in.Type == action.Boolean && in.Default != "true" && in.Default != "false" {
					t.Errorf("boolean input %s has default %q", in.Name, in.Default)
				}
			}
			for _, out := range spec.Outputs {
				checkSentence(t, "summary of output "+out.Name, out.Summary)
			}
			for _, group := range slices.Concat(spec.ExactlyOne, spec.Together) {
				for _, name := range group {
					if _, ok := spec.Input(name); !ok {
						t.Errorf("group %q names no input", group)
					}
				}
			}
			checkExample(t, spec)
		})
	}
}

func checkSentence(t *testing.T, what, text string) {
	t.Helper()
	if text == "" || !strings.HasSuffix(text, ".") || strings.Contains(text, "\n") {
		t.Errorf("%s is not a sentence: %q", what, text)
	}
}

// checkExample checks that the example is a step of this action with known inputs, required ones included.
func checkExample(t *testing.T, spec action.Spec) {
	t.Helper()
	var step struct {
		Name   string    `yaml:"name"`
		Action string    `yaml:"action"`
		Inputs yaml.Node `yaml:"inputs"`
	}
	if err := yaml.Unmarshal([]byte(spec.Example), &step); err != nil {
		t.Fatalf("example: %v", err)
	}
	if step.Name == "" || step.Action != spec.Name {
		t.Errorf("example is a step %q of action %q", step.Name, step.Action)
	}
	if len(spec.Inputs) == 1 && spec.Inputs[0].Type == action.Condition {
		return // its keys are operators
	}
	for _, entry := range exampleEntries(t, spec, step.Inputs) {
		for key := range entry {
			if _, ok := spec.Input(key); !ok {
				t.Errorf("example has the unknown input %q", key)
			}
		}
		for _, in := range spec.Inputs {
			value, given := entry[in.Name]
			if in.Required && !given {
				t.Errorf("example lacks input %q", in.Name)
			}
			if given && in.Check != nil {
				if err := in.Check(value.Value); err != nil {
					t.Errorf("example: %v", err)
				}
			}
			if given && len(in.Values) > 0 && !slices.Contains(in.Values, value.Value) {
				t.Errorf("example gives %q for %s", value.Value, in.Name)
			}
		}
	}
}

func exampleEntries(t *testing.T, spec action.Spec, inputs yaml.Node) []map[string]yaml.Node {
	t.Helper()
	if inputs.IsZero() {
		return []map[string]yaml.Node{{}}
	}
	var entries []map[string]yaml.Node
	var err error
	if spec.Shape == action.List {
		err = inputs.Decode(&entries)
	} else {
		entries = make([]map[string]yaml.Node, 1)
		err = inputs.Decode(&entries[0])
	}
	if err != nil {
		t.Fatalf("inputs of the example: %v", err)
	}
	return entries
}
