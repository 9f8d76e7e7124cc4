package build

import (
	"os"
	"path/filepath"
	"testing"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/stage"
)

// place is where the outcome of a small build is remembered, "" for nowhere, after change.
func place(t *testing.T, change func(*stage.Services, *Input, *engine.BuildSpec)) string {
	t.Helper()
	s := stage.Services{Outcomes: "outcomes"}
	in := Input{Plan: &plan.Plan{}, Platform: plan.Platform{Name: "linux/amd64"}}
	in.Plan.Components = []plan.Component{{Name: "web", Phases: plan.Phases{Build: []string{"build"}}}}
	spec := engine.BuildSpec{
		Platform: ocispecs.Platform{OS: "linux", Architecture: "amd64"}, Parent: &engine.Image{Digest: "sha256:1"},
		Labels: map[string]string{"a": "b"}, Compression: "gzip",
		Components: []engine.Component{{Title: "web/1.0.0", Files: map[string][]byte{"config.json": []byte("{}")}, Secrets: []string{"TOKEN"}}},
	}
	change(&s, &in, &spec)
	r := recollect(s, in, &spec)
	if r == nil {
		return ""
	}
	return r.file
}

func TestOutcomeIsKnownByAllThatItDependsOn(t *testing.T) {
	same := place(t, func(*stage.Services, *Input, *engine.BuildSpec) {})
	if same == "" || filepath.Dir(same) != "outcomes" {
		t.Fatalf("the outcome is at %q", same)
	}
	found := map[string]string{same: "the same"}
	for name, change := range map[string]func(*engine.BuildSpec){
		"platform":    func(b *engine.BuildSpec) { b.Platform.Architecture = "arm64" },
		"parent":      func(b *engine.BuildSpec) { b.Parent = &engine.Image{Digest: "sha256:2"} },
		"no parent":   func(b *engine.BuildSpec) { b.Parent = nil },
		"label":       func(b *engine.BuildSpec) { b.Labels = map[string]string{"a": "c"} },
		"compression": func(b *engine.BuildSpec) { b.Compression = "zstd" },
		"title":       func(b *engine.BuildSpec) { b.Components[0].Title = "web/1.0.1" },
		"document":    func(b *engine.BuildSpec) { b.Components[0].Files["config.json"] = []byte("{ }") },
		"secret":      func(b *engine.BuildSpec) { b.Components[0].Secrets = nil },
		"order":       func(b *engine.BuildSpec) { b.Components = append([]engine.Component{{Title: "db"}}, b.Components...) },
		"other order": func(b *engine.BuildSpec) { b.Components = append(b.Components, engine.Component{Title: "db"}) },
	} {
		at := place(t, func(_ *stage.Services, _ *Input, b *engine.BuildSpec) { change(b) })
		if other, taken := found[at]; taken || at == "" {
			t.Errorf("%s: the outcome is at %q, that of %q", name, at, other)
		}
		found[at] = name
	}
	for name, change := range map[string]func(*engine.BuildSpec){
		"secret's value":    func(b *engine.BuildSpec) { b.Secrets = map[string][]byte{"TOKEN": []byte("x")} },
		"run without cache": func(b *engine.BuildSpec) { b.Components[0].NoCache = true },
	} {
		if at := place(t, func(_ *stage.Services, _ *Input, b *engine.BuildSpec) { change(b) }); at != same {
			t.Errorf("%s: the outcome is at %q, want %q", name, at, same)
		}
	}
}

func TestOutcomeIsNotRememberedOfBuildsThatDependOnMore(t *testing.T) {
	for name, change := range map[string]func(*stage.Services, *Input, *engine.BuildSpec){
		"another builder": func(s *stage.Services, _ *Input, _ *engine.BuildSpec) { s.Outcomes = "" },
		"never cached":    func(_ *stage.Services, in *Input, _ *engine.BuildSpec) { in.Plan.Components[0].NoCache = true },
		"template":        func(_ *stage.Services, _ *Input, b *engine.BuildSpec) { b.Template.Prefix = "FROM x" },
		"build arguments": func(_ *stage.Services, _ *Input, b *engine.BuildSpec) {
			b.Args = func([]string) ([]string, error) { return nil, nil }
		},
		"reports":           func(_ *stage.Services, _ *Input, b *engine.BuildSpec) { b.Reports = &engine.Reports{} },
		"cache from others": func(_ *stage.Services, _ *Input, b *engine.BuildSpec) { b.CacheFrom = []engine.Cache{{Type: "local"}} },
		"cache for others":  func(_ *stage.Services, _ *Input, b *engine.BuildSpec) { b.CacheTo = []engine.Cache{{Type: "local"}} },
	} {
		if at := place(t, change); at != "" {
			t.Errorf("%s: the outcome is remembered at %q", name, at)
		}
	}
}

func into(dir string) func(int) (string, error) { return func(int) (string, error) { return dir, nil } }

func TestLogsAreLinkedAllOrNone(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	for _, name := range []string{"a.log", "b.log"} {
		if err := os.WriteFile(filepath.Join(from, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := linkFiles([]string{from}, into(to)); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(filepath.Join(to, "b.log")); err != nil || string(data) != "b.log" {
		t.Errorf("linked %q, %v", data, err)
	}
	other := t.TempDir()
	if err := linkFiles([]string{from, filepath.Join(from, "none")}, into(other)); err == nil {
		t.Error("a folder that does not exist is no error")
	}
	if left, err := os.ReadDir(other); err != nil || len(left) > 0 {
		t.Errorf("%v is left after a failure (%v)", left, err)
	}
}
