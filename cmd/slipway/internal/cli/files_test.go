package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/cmd/slipway/internal/golden"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestInitWritesAPlanThatIsValid(t *testing.T) {
	w := newWorld(t).in(t.TempDir())
	if got, want := w.ok("init", "--parent", "scratch", "web"), "web/components/hello.yaml\nweb/recipe.yaml\n"; got != want {
		t.Errorf("init wrote %q, want %q", got, want)
	}
	if got := w.ok("validate", "--strict", "web"); got != "" {
		t.Errorf("the new recipe has problems:\n%s", got)
	}
	golden.Check(t, w.ok("plan", "web", "-p", "Greeting=Hi", "-t", "localhost:5000/web:edge", "--platform", "linux/amd64"))
}

func TestInitOverwritesNothing(t *testing.T) {
	w := newWorld(t).in(t.TempDir())
	write(t, "web/recipe.yaml", "mine\n")
	code, _, stderr := w.run("init", "web")
	if code != WrongInput || !strings.Contains(stderr, "recipe.yaml") {
		t.Errorf("init into a used folder = %d, %q", code, stderr)
	}
	if data, _ := os.ReadFile("web/recipe.yaml"); string(data) != "mine\n" {
		t.Errorf("init changed the file to %q", data)
	}
	if _, err := os.Stat("web/components"); err == nil {
		t.Error("init wrote some of its files")
	}
}

func TestInitTakesItsNameFromTheFolder(t *testing.T) {
	tests := []struct{ dir, want string }{
		{"web", "name: web\n"},
		{"My Web Ünit", "name: My-Web--nit\n"},
		{"x", "name: x-image\n"},
	}
	for _, tt := range tests {
		w := newWorld(t).in(t.TempDir())
		w.ok("init", "--parent", "scratch", tt.dir)
		data, err := os.ReadFile(filepath.Join(tt.dir, "recipe.yaml"))
		if err != nil || !strings.Contains(string(data), tt.want) {
			t.Errorf("init %q wrote no %q (%v):\n%s", tt.dir, tt.want, err, data)
		}
		if got := w.ok("validate", tt.dir); got != "" {
			t.Errorf("init %q: %s", tt.dir, got)
		}
	}
}

func TestInitRefusesBadValues(t *testing.T) {
	for _, args := range [][]string{{"--name", "a: b"}, {"--name", "x"}, {"--name", "two\nlines"}, {"--parent", "UPPER"}, {"--parent", "a b"}} {
		w := newWorld(t).in(t.TempDir())
		code, _, stderr := w.run(append([]string{"init"}, args...)...)
		if code != WrongInput || !strings.Contains(stderr, args[0]) {
			t.Errorf("init %q = %d, %q", args, code, stderr)
		}
		if entries, _ := os.ReadDir("."); len(entries) > 0 {
			t.Errorf("init %q wrote files", args)
		}
	}
}

const badDocument = `name: demo
schemaVersion: 1.0
phasez: []
phases:
  - name: build
    steps:
      - name: A
        action: ExecuteBsh
        inputs:
          commands: [echo]
`

const badRecipe = `name: web
parentImage: debian:12
componentz: []
components:
  - component: ./demo.yaml
  - component: ./missing.yaml
`

func TestValidate(t *testing.T) {
	w := newWorld(t).in(t.TempDir())
	write(t, "recipe.yaml", badRecipe)
	write(t, "demo.yaml", badDocument)
	write(t, "good.yaml", strings.ReplaceAll(strings.ReplaceAll(badDocument, "phasez: []\n", ""), "ExecuteBsh", "ExecuteBash"))
	for _, format := range []string{"text", "json", "sarif"} {
		t.Run(format, func(t *testing.T) {
			code, stdout, stderr := w.run("validate", "--format", format, ".", "demo.yaml", "good.yaml", "none.yaml")
			if code != WrongInput || stderr != "" {
				t.Errorf("validate = %d, %q", code, stderr)
			}
			if format != "text" && !json.Valid([]byte(stdout)) {
				t.Error("no JSON")
			}
			golden.Check(t, strings.ReplaceAll(stdout, versionOf(nil).Version, "VERSION"))
		})
	}
	if got := w.ok("validate", "good.yaml"); got != "" {
		t.Errorf("a good document has problems: %s", got)
	}
}

func TestValidateTakesAnyMix(t *testing.T) {
	w := newWorld(t).in(t.TempDir())
	w.ok("init", "--parent", "scratch", "web")
	write(t, "web/components/other.yaml", badDocument)
	write(t, "web/values.yaml", "image: nginx\n")
	write(t, "lone.yaml", strings.ReplaceAll(strings.ReplaceAll(badDocument, "phasez: []\n", ""), "ExecuteBsh", "ExecuteBash"))
	for _, paths := range [][]string{{"web"}, {"."}, {"web/recipe.yaml", "web/components"}, {"lone.yaml", "web/comp*/*.yaml"}} {
		code, stdout, stderr := w.run(append([]string{"validate"}, paths...)...)
		if code != WrongInput || strings.Count(stdout, "web/components/other.yaml:3:1: ") != 1 || strings.Contains(stdout, "hello.yaml") || stderr != "" {
			t.Errorf("validate %q = %d, %q, %q", paths, code, stdout, stderr)
		}
	}
	write(t, "web/components/other.yaml", strings.ReplaceAll(badDocument, "phasez: []\n", ""))
	write(t, "warned/a.yaml", "schemaVersion: 1.0\nphases: [{name: build, steps: []}]\n")
	if got := w.ok("validate", "warned"); !strings.Contains(got, "warned/a.yaml:2:31: warning: ") {
		t.Errorf("validate: %q", got)
	}
	if code, stdout, _ := w.run("validate", "--strict", "warned"); code != WrongInput || strings.Contains(stdout, "warning: ") {
		t.Errorf("validate --strict = %d, %q", code, stdout)
	}
}

func TestPlanAsJSON(t *testing.T) {
	w := newWorld(t).in(t.TempDir())
	w.ok("init", "--parent", "scratch", "web")
	var got struct {
		Recipe     struct{ Name, Version string }
		Components []struct{ Name, Digest string }
		Push       bool
	}
	if err := json.Unmarshal([]byte(w.ok("plan", "web", "--format", "json")), &got); err != nil {
		t.Fatal(err)
	}
	if got.Recipe.Name != "web" || len(got.Components) != 1 || !strings.HasPrefix(got.Components[0].Digest, "sha256:") || got.Push {
		t.Errorf("plan = %+v", got)
	}
}

func TestPlanOfAWrongRecipe(t *testing.T) {
	w := newWorld(t).in(t.TempDir())
	write(t, "recipe.yaml", badRecipe)
	code, stdout, stderr := w.run("plan")
	if code != WrongInput || stdout != "" {
		t.Errorf("plan = %d, %q", code, stdout)
	}
	golden.Check(t, stderr)
}

func TestValidateNamesMissingDocuments(t *testing.T) {
	w := newWorld(t).in(t.TempDir())
	write(t, "web/recipe.yaml", "name: web\nparentImage: scratch\ncomponents:\n  - component: ./missing.yaml\n")
	code, stdout, _ := w.run("validate", "web")
	if want := "web/recipe.yaml:4:16: component \"./missing.yaml\": no such file or directory [recipe]\n"; code != WrongInput || stdout != want {
		t.Errorf("validate = %d, %q, want %q", code, stdout, want)
	}
}
