package check

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/action/catalog"
)

func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPeek(t *testing.T) {
	tests := []struct {
		name, file, text string
		want             bool
	}{
		{"document", "a.yaml", "name: a\nphases: []\n", true},
		{"document named like a recipe", "recipe.yaml", "schemaVersion: 1.0\n", true},
		{"recipe", "a.yaml", "name: a\nparentImage: debian:12\n", false},
		{"recipe as JSON", "a.json", `{"semanticVersion": "1.0.0"}`, false},
		{"no YAML, by its name", "recipe.yaml", "a: [", false},
		{"no YAML", "a.yaml", "a: [", true},
		{"no map", "a.yaml", "- a\n", true},
		{"empty", "recipe.yaml", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := peek(file(t, tt.file, tt.text)); err != nil || got != tt.want {
				t.Errorf("peek = %v, %v, want %v", got, err, tt.want)
			}
		})
	}
}

func TestWarning(t *testing.T) {
	tests := []struct {
		text string
		want Problem
	}{
		{"r.yaml:3:5: no effect: x", Problem{Severity: "warning", Code: "recipe", File: "r.yaml", Line: 3, Column: 5, Message: "no effect: x"}},
		{"r.yaml:3: no effect", Problem{Severity: "warning", Code: "recipe", File: "r.yaml", Line: 3, Message: "no effect"}},
		{"no place", Problem{Severity: "warning", Code: "recipe", File: "r.yaml", Message: "no place"}},
		{"r.yaml: no line: x", Problem{Severity: "warning", Code: "recipe", File: "r.yaml", Message: "r.yaml: no line: x"}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, warning("r.yaml", tt.text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.text, diff)
		}
	}
}

func TestADocumentIsCheckedOnce(t *testing.T) {
	actions, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	c := Checker{Actions: actions}
	path := file(t, "a.yaml", "schemaVersion: 1.0\nphasez: []\n")
	c.File(t.Context(), path)
	once := len(c.Problems())
	c.File(t.Context(), path)
	if once == 0 || len(c.Problems()) != once || !c.Failed() {
		t.Errorf("%d problems at first, then %d", once, len(c.Problems()))
	}
}

func TestStrictMakesWarningsErrors(t *testing.T) {
	c := Checker{Strict: true}
	c.add(Problem{Severity: "warning"})
	if !c.Failed() {
		t.Error("a warning is still one")
	}
}

func TestSARIFPlaces(t *testing.T) {
	log := ToSARIF([]Problem{
		{Severity: "error", Code: "a", File: "f.yaml", Line: 2, Column: 3, Message: "m", Hint: "h"},
		{Severity: "warning", Code: "a", File: "f.yaml", Message: "n"},
	}, "1.0")
	run := log.Runs[0]
	if len(run.Tool.Driver.Rules) != 1 || len(run.Results) != 2 {
		t.Fatalf("%d rules and %d results, want 1 and 2", len(run.Tool.Driver.Rules), len(run.Results))
	}
	if got := run.Results[0]; got.Message.Text != "m (h)" || got.Locations[0].Physical.Region.StartColumn != 3 {
		t.Errorf("result = %+v", got)
	}
	if got := run.Results[1]; got.Level != "warning" || got.Locations[0].Physical.Region != nil {
		t.Errorf("a result without a line = %+v", got)
	}
}
