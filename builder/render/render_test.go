package render

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/engine/runnerbin"
	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/oci/ref"
)

// newPlan is a plan on an empty parent with one component that needs a secret.
func newPlan(t *testing.T, template, folder string) *plan.Plan {
	t.Helper()
	parsed, err := recipe.ParseTemplate("Dockerfile", 1, template)
	if err != nil {
		t.Fatal(err)
	}
	return &plan.Plan{
		Recipe: plan.Recipe{Name: "It's Web", Normal: "it-s-web", Version: "1.0.0"}, Context: folder,
		Parent:    plan.Parent{Name: "scratch", Pinned: "scratch", Reference: ref.Ref{Transport: ref.Scratch}},
		Platforms: []plan.Platform{{Name: "linux/amd64"}}, WorkingDirectory: "/tmp", Template: parsed,
		Components: []plan.Component{
			{Index: 1, Reference: "./c.yaml", Name: "c", Digest: "sha256:1", Document: []byte("x"), Secrets: []string{"key"}, Phases: plan.Phases{Build: []string{"build"}}},
			{Index: 2, Reference: "./t.yaml", Name: "t", Phases: plan.Phases{Test: []string{"test"}}},
		},
		Secrets: []string{"key"}, Labels: map[string]string{"title": "It's Web"},
	}
}

func TestDockerfileRunsComponentsAsRootBetweenUsers(t *testing.T) {
	r := &renderer{plan: newPlan(t, "FROM {{{ imagebuilder:parentImage }}}\nUSER $APP\n{{{ imagebuilder:components }}}\nCMD [\"x\"]\n", ""), user: "$APP", dir: t.TempDir()}
	if err := r.dockerfile(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(r.path(dockerfileName))
	if err != nil {
		t.Fatal(err)
	}
	want := `FROM scratch
USER $APP
USER 0
ARG SLIPWAY_WORK_DIR=/run/slipway/work
RUN --mount=type=bind,from=slipway-files,source=runner,target=/run/slipway` +
		` --mount=type=bind,from=slipway-files,source=component-01,target=/run/slipway/component` +
		` --mount=type=tmpfs,target=/run/slipway/work --mount=type=tmpfs,target=/var/lib/amazon/toe` +
		` --mount=type=tmpfs,target=/dev/shm --mount=type=tmpfs,target=/sys/kernel/debug` +
		` --mount=type=bind,from=slipway-files,source=empty,target=/proc/swaps` +
		` --mount=type=secret,id=key,target=/run/secrets/key,mode=0400` +
		` ["/run/slipway/slipway-runner","run","--config","/run/slipway/component/config.json"]
USER $APP
CMD ["x"]
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("Dockerfile (-want +got):\n%s", diff)
	}
}

func TestUserBeforeTheComponents(t *testing.T) {
	for _, test := range []struct{ name, template, want string }{
		{"none", "FROM {{{ imagebuilder:parentImage }}}\n{{{ imagebuilder:components }}}\n", ""},
		{"last one before", "FROM {{{ imagebuilder:parentImage }}}\nUSER a\nUSER b\n{{{ imagebuilder:components }}}\nUSER c\n", "b"},
		{"of an earlier stage", "FROM {{{ imagebuilder:parentImage }}} AS x\nUSER a\nFROM x\n{{{ imagebuilder:components }}}\n", "a"},
		{"root", "FROM {{{ imagebuilder:parentImage }}}\nUSER root\n{{{ imagebuilder:components }}}\n", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPlan(t, test.template, "")
			if got, err := (Sources{}).user(t.Context(), p, p.Platforms[0]); err != nil || got != test.want {
				t.Errorf("got %q, %v, want %q", got, err, test.want)
			}
		})
	}
}

func TestScriptQuotesWhatItIsGiven(t *testing.T) {
	r := &renderer{plan: newPlan(t, recipe.DefaultTemplate, ""), dir: t.TempDir(), platform: plan.Platform{Name: "linux/amd64"}}
	if err := r.script(t.Context()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(r.path(scriptName))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`--label 'title=It'\''s Web'`, "--secret 'id=key,src=FILE'", `--build-context slipway-files="$dir/slipway"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}

func TestContextIsWhatTheTemplateMayRead(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{"a": "1", "b/c": "2", "no/x": "3", "out/old": "4", ".dockerignore": "no\n"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("a", filepath.Join(folder, "link")); err != nil {
		t.Fatal(err)
	}
	template := "FROM {{{ imagebuilder:parentImage }}}\nCOPY . /x\n{{{ imagebuilder:components }}}\n"
	r := &renderer{plan: newPlan(t, template, folder), dir: filepath.Join(folder, "out")}
	if err := r.context(t.Context()); err != nil {
		t.Fatal(err)
	}
	var got []string
	err := fs.WalkDir(os.DirFS(r.path(contextFolder)), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			info, err := entry.Info()
			if err != nil {
				return err
			}
			got = append(got, name+" "+info.Mode().String())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{".dockerignore -rw-r-----", "a -rw-r-----", "b/c -rw-r-----", "link Lrwxrwxrwx"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("context (-want +got):\n%s", diff)
	}
}

func TestConfigHasNoEvents(t *testing.T) {
	data, err := withoutEvents([]byte(`{"phases":"build","eventsFd":"2","eventsOutputLimit":"1"}`))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]string
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"phases": "build"}, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", engine.Config, diff)
	}
}

func TestWriteRefusesAFolderWithContent(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := Write(t.Context(), newPlan(t, recipe.DefaultTemplate, ""), Sources{}, dir)
	var full *NotEmptyError
	if !errors.As(err, &full) || full.Dir != dir {
		t.Errorf("got %v", err)
	}
}

func TestRunnerIsUnpackedWithItsMountPoints(t *testing.T) {
	if _, err := runnerbin.For("amd64"); err != nil {
		t.Skip(err)
	}
	p := newPlan(t, recipe.DefaultTemplate, "")
	dir := filepath.Join(t.TempDir(), "new")
	if err := Write(t.Context(), p, Sources{}, dir); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]string{
		"runner/slipway-runner": "-rwxr-xr-x", "runner/component": "drwxr-xr-x", "runner/work": "drwxr-xr-x", "runner/ca.crt": "-r--r--r--",
		"component-01/document.yaml": "-rw-r--r--", "empty": "-rw-r--r--",
	} {
		info, err := os.Stat(filepath.Join(dir, filesFolder, name))
		if err != nil || info.Mode().String() != mode {
			t.Errorf("%s: %v, %v, want %s", name, info, err, mode)
		}
	}
}
