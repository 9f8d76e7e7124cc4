package plan

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/builder/component"
	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/runner/action/catalog"
)

// BenchmarkPlan is a recipe of twenty components, read and resolved, as every build does.
func BenchmarkPlan(b *testing.B) {
	dir := b.TempDir()
	var list strings.Builder
	list.WriteString("name: web\nsemanticVersion: 1.0.0\nparentImage: debian:12\ncomponents:\n")
	for i := range 20 {
		fmt.Fprintf(&list, "  - component: ./c%d.yaml\n", i)
		text := fmt.Sprintf("name: c%d\nschemaVersion: 1.0\nphases:\n  - name: build\n    steps:\n"+
			"      - {name: A, action: ExecuteBash, inputs: {commands: [echo %d]}}\n", i, i)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("c%d.yaml", i)), []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "recipe.yaml"), []byte(list.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	actions, err := catalog.Builtin()
	if err != nil {
		b.Fatal(err)
	}
	options := Options{
		Images: &images{}, Components: component.Files{Dir: dir, Actions: actions},
		Machine: v1.Platform{OS: "linux", Architecture: "amd64"},
	}
	b.ReportAllocs()
	for b.Loop() {
		r, err := recipe.Load(dir)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := New(b.Context(), r, options); err != nil {
			b.Fatal(err)
		}
	}
}
