package document_test

import (
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/catalog"
	"github.com/slipway-oci/slipway/runner/document"
)

// modules returns the built-in modules.
func modules(tb testing.TB) *action.Set {
	tb.Helper()
	set, err := catalog.Builtin()
	if err != nil {
		tb.Fatal(err)
	}
	return set
}

// The example of each real module is a step that validates.
func TestExamplesOfModules(t *testing.T) {
	set := modules(t)
	for _, m := range set.All() {
		spec := m.Spec()
		text := head + "  - " + strings.ReplaceAll(strings.TrimSpace(spec.Example), "\n", "\n    ") + "\n"
		_, ds := document.Load(spec.Name+".yaml", []byte(text), set, document.Options{})
		for _, d := range ds {
			if d.Code != document.CodeUnsupportedPlatform {
				t.Errorf("%s\n%s", d, numbered(text))
			}
		}
	}
}

func TestDemoWithRealModules(t *testing.T) {
	_, ds := document.Load("demo.yaml", []byte(demo), modules(t), document.Options{Workflow: true, Strict: true, Run: &document.Run{}})
	if len(ds) > 0 {
		t.Errorf("problems: %v", ds)
	}
}
