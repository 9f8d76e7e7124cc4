package examples_test

import (
	"path/filepath"
	"testing"

	"github.com/slipway-oci/slipway/builder/component"
	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/runner/action/catalog"
)

// TestExamplesAreValid reads every recipe here, its template and its components. Warnings count: others copy what
// they see here.
func TestExamplesAreValid(t *testing.T) {
	files, err := filepath.Glob("*/recipe.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recipes here: %v", err)
	}
	actions, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(filepath.Dir(file), func(t *testing.T) {
			r, err := recipe.Load(file)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.ReadTemplate(t.Context(), nil); err != nil {
				t.Error(err)
			}
			source := component.Files{Dir: r.Dir, Actions: actions}
			for _, c := range r.Components {
				found, err := source.Find(t.Context(), c.Reference.Value)
				if err != nil {
					t.Error(err)
					continue
				}
				for _, warning := range found.Warnings {
					t.Errorf("warning: %v", warning)
				}
			}
		})
	}
}
