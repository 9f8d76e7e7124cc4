//go:build unix

package check

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/action/catalog"
)

// project writes files into a folder of their own, which becomes the working directory.
func project(t *testing.T, files map[string]string) *Checker {
	t.Helper()
	t.Chdir(t.TempDir())
	for path, text := range files {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	actions, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return &Checker{Actions: actions}
}

// found returns "file:line code" of all problems.
func (c *Checker) found() []string {
	var list []string
	for _, p := range c.Problems() {
		list = append(list, fmt.Sprintf("%s:%d %s", p.File, p.Line, p.Code))
	}
	return list
}

const wrong = "schemaVersion: 9\nphases: [{name: build, steps: [{name: A, action: UpdateOS}]}]\n"

func TestFoldersAndPatterns(t *testing.T) {
	files := map[string]string{
		"web/recipe.yaml":            "name: web\nparentImage: scratch\ncomponents: [{component: ./parts/a.yaml}]\n",
		"web/parts/a.yaml":           wrong,
		"web/parts/b.yml":            wrong,
		"web/parts/c.json":           `{"name":"c","schemaVersion":9,"phases":[{"name":"build","steps":[{"name":"A","action":"UpdateOS"}]}]}`,
		"web/parts/broken.yaml":      "name: x\nphases: [\n",
		"web/values.yaml":            "image: nginx\n",
		"web/api.yaml":               "openapi: 3.0.0\ncomponents: {}\n",
		"web/template.yaml":          "{{- range .Items }}\n",
		"web/notes.txt":              wrong,
		"web/.git/x.yaml":            wrong,
		"web/TOE_1/document.yaml":    wrong,
		"second/other.json":          `{"name": "other", "parentImage": "scratch", "componentz": []}`,
		"second/deep/er/recipe.yaml": "name: [\n",
		"none/values.yaml":           "a: b\n",
	}
	tests := map[string]struct {
		paths []string
		want  []string
	}{
		"folder": {[]string{"web"}, []string{
			"web/parts/a.yaml:1 bad-schema-version", "web/parts/b.yml:1 bad-schema-version",
			"web/parts/broken.yaml:2 yaml-syntax", "web/parts/c.json:1 bad-schema-version",
		}},
		"below a folder": {[]string{"second"}, []string{"second/deep/er/recipe.yaml:1 recipe", "second/other.json:1 recipe"}},
		"pattern":        {[]string{"web/parts/?.y*ml"}, []string{"web/parts/a.yaml:1 bad-schema-version", "web/parts/b.yml:1 bad-schema-version"}},
		"pattern of folders": {[]string{"we*"}, []string{
			"web/parts/a.yaml:1 bad-schema-version", "web/parts/b.yml:1 bad-schema-version",
			"web/parts/broken.yaml:2 yaml-syntax", "web/parts/c.json:1 bad-schema-version",
		}},
		"each once":                     {[]string{"web/parts/b.yml", "web/parts/*.yml", "web/recipe.yaml", "web/parts/a.yaml", "web/recipe.yaml"}, []string{"web/parts/b.yml:1 bad-schema-version", "web/parts/a.yaml:1 bad-schema-version"}},
		"nothing matches":               {[]string{"web/*.nope", "[", "gone.yaml"}, []string{"web/*.nope:0 file", "[:0 file", "gone.yaml:0 file"}},
		"nothing of ours":               {[]string{"none"}, []string{"none:0 file"}},
		"a hidden folder that is named": {[]string{"web/.git"}, []string{"web/.git/x.yaml:1 bad-schema-version"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := project(t, files)
			for _, path := range tt.paths {
				c.Path(t.Context(), path)
			}
			if diff := cmp.Diff(tt.want, c.found()); diff != "" {
				t.Errorf("problems (-want +got):\n%s\n%+v", diff, c.Problems())
			}
		})
	}
}

// TestPipesAreNotWaitedFor shows that a named pipe is a problem and does not stop the check.
func TestPipesAreNotWaitedFor(t *testing.T) {
	c := project(t, nil)
	if err := syscall.Mkfifo("pipe.yaml", 0o600); err != nil {
		t.Skipf("no named pipes here: %v", err)
	}
	c.Path(t.Context(), "pipe.yaml")
	c.Path(t.Context(), ".")
	if diff := cmp.Diff([]string{"pipe.yaml:0 file", "pipe.yaml:0 file"}, c.found()); diff != "" {
		t.Error(diff)
	}
}
