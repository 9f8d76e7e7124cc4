package reference_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/catalog"
	"github.com/slipway-oci/slipway/runner/action/reference"
)

// page is where the reference page is kept.
const page = "../../../docs/modules.md"

func TestPageIsUpToDate(t *testing.T) {
	set, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	want := reference.Page(set)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/modules.md is stale, UPDATE_GOLDEN=1 writes it:\n%s", diff)
	}
	for _, m := range set.All() {
		if name := m.Spec().Name; !strings.Contains(want, "\n### "+name+"\n") {
			t.Errorf("%s is not on the page", name)
		}
	}
}

func TestModule(t *testing.T) {
	var b strings.Builder
	reference.Module(&b, action.Spec{
		Name: "Do", Summary: "Does it.", Shape: action.Map, Platforms: []string{"linux", "darwin"},
		Inputs: []action.Input{
			{Name: "a", Type: action.String, Required: true, Summary: "With a | in it."},
			{Name: "b", Type: action.Boolean, Default: "true", Summary: "B."},
			{Name: "c", Type: action.StringList, Summary: "C."},
			{Name: "d", Type: action.String, Summary: "D.", Values: []string{"x", "y"}, FoldCase: true},
		},
		Outputs:    []action.Output{{Name: "o", Summary: "O.", PerEntry: true}},
		ExactlyOne: [][]string{{"b", "c"}},
		Example:    "name: X\naction: Do\n", Notes: "More.",
	})
	want := "Does it. Takes one map. Runs on Linux, macOS.\n\n" +
		"| input | type | required | default | |\n|---|---|---|---|---|\n" +
		"| `a` | text | yes |  | With a \\| in it. |\n" +
		"| `b` | boolean | exactly one of `b`, `c` | `true` | B. |\n" +
		"| `c` | list of texts | exactly one of `b`, `c` |  | C. |\n" +
		"| `d` | text |  |  | D. One of `x`, `y`, in any letter case. |\n\n" +
		"| output | |\n|---|---|\n| `o` | O. One for each entry. |\n\nMore.\n\n```yaml\nname: X\naction: Do\n```\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}
