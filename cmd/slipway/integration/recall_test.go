//go:build linux

package integration

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// withoutRuntime is the home of somebody on whose machine no container can be started.
func (h *home) withoutRuntime() *home {
	h.t.Helper()
	return h.with("PATH=" + h.t.TempDir())
}

// logFiles are the log files of the only component's build stage in a run, by name.
func (h *home) logFiles(o *outcome) map[string]string {
	t := h.t
	t.Helper()
	r := o.result()
	if len(r.Components) != 1 || r.Components[0].LogFolder == "" {
		t.Fatalf("%d components, want one with logs", len(r.Components))
	}
	folder := filepath.Join(h.dir, "runs", r.RunID, r.Components[0].LogFolder)
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, entry := range entries {
		data, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[entry.Name()] = string(data)
	}
	return files
}

func TestUnchangedBuildAsksTheBuilderForItsTestsOnly(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.base("first")
	p := newProject(t, "store:base:1", component("tested", build(createFile("/a", "1")), test(exists("/a"))))
	first := h.build(p).wantCode(0)
	again := h.withoutRuntime().build(p, "--cache-tests").wantCode(0)
	if got, want := again.digest(), first.digest(); got != want {
		t.Errorf("an unchanged build made %s after %s", got, want)
	}
	again.wantReasons("unchanged", map[string]string{"tested": "cached"})
	had, has := h.logFiles(first), h.logFiles(again)
	if len(had) < 3 || len(has) != len(had) {
		t.Errorf("%d log files after %d", len(has), len(had))
	}
	for name, text := range had {
		if has[name] != text {
			t.Errorf("log file %s: %q, then %q", name, text, has[name])
		}
	}
	// The logs are the run's own: they outlive those they were taken from.
	h.run("runs", "prune", "--keep", "1").wantCode(0)
	h.withoutRuntime().build(p, "--cache-tests").wantCode(0)

	failed := h.withoutRuntime().build(p).wantCode(5, "is not in PATH")
	if state := failed.result().Status; state != "failed" {
		t.Errorf("the run of a build without a builder is recorded as %q", state)
	}
	h.wantNothingLeft()
}

func TestOutcomeIsForgotten(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		forget func(t *testing.T, h *home, p *project)
		ran    bool // the component ran again
	}{
		{"changed document", func(_ *testing.T, _ *home, p *project) { p.change(component("one", build(createFile("/a", "2")))) }, true},
		{"builder prune", func(_ *testing.T, h *home, _ *project) { h.run("builder", "prune").wantCode(0) }, true},
		{"deleted logs", func(t *testing.T, h *home, _ *project) {
			t.Helper()
			if err := os.RemoveAll(filepath.Join(h.dir, "runs")); err != nil {
				t.Error(err)
			}
		}, false},
		{"deleted image", func(_ *testing.T, h *home, p *project) {
			h.run("image", "delete", p.pointer(1), p.pointer(2)).wantCode(0)
			h.run("image", "prune").wantCode(0)
		}, false},
		{"lost layer", func(t *testing.T, h *home, p *project) {
			t.Helper()
			layers := layersOf(t, h.image(h.pointers()[p.pointer(1)]))
			digest, err := layers[len(layers)-1].Digest()
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(filepath.Join(h.dir, "images", "blobs", "sha256", digest.Hex)); err != nil {
				t.Error(err)
			}
		}, false},
		{"a day", func(t *testing.T, h *home, _ *project) {
			t.Helper()
			files, err := filepath.Glob(filepath.Join(h.dir, "buildkit", "outcomes", "*.json"))
			if err != nil || len(files) != 1 {
				t.Fatalf("outcomes: %v, %v", files, err)
			}
			var note map[string]any
			data, err := os.ReadFile(files[0])
			if err == nil {
				err = json.Unmarshal(data, &note)
			}
			if err != nil {
				t.Fatal(err)
			}
			note["asked"] = time.Now().Add(-25 * time.Hour)
			if data, err = json.Marshal(note); err == nil {
				err = os.WriteFile(files[0], data, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			h := newHome(t)
			h.base("first")
			p := newProject(t, "store:base:1", component("one", build(createFile("/a", "1")))).rename("forgotten")
			first := h.build(p).wantCode(0).digest()
			h.withoutRuntime().build(p).wantCode(0) // remembered
			row.forget(t, h, p)
			h.withoutRuntime().build(p).wantCode(5)
			again := h.build(p).wantCode(0)
			if ran := !again.result().Components[0].Cached; ran != row.ran {
				t.Errorf("the component ran again: %v, want %v", ran, row.ran)
			}
			if again.digest() != first && !row.ran {
				t.Errorf("%s, then %s", first, again.digest())
			}
			h.withoutRuntime().build(p).wantCode(0) // and remembered again
		})
	}
}

func TestOutcomeIsThatOfTheLastRun(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.run("image", "import", busyBox(t), "busybox:static").wantCode(0)
	random := execute("/bin/busybox", "sh", "-ec", "busybox dd if=/dev/urandom bs=16 count=1 of=/random 2>/dev/null")
	p := newProject(t, "store:busybox:static", component("random", build(random)))
	first := h.build(p).digest()
	if again := h.build(p).digest(); again != first {
		t.Errorf("an unchanged build made %s after %s", again, first)
	}
	second := h.build(p, "--no-cache").digest()
	if second == first {
		t.Errorf("--no-cache made %s again", first)
	}
	if again := h.build(p).digest(); again != second {
		t.Errorf("an unchanged build made %s after %s", again, second)
	}
	if fresh := h.build(p, "--no-cache=random").digest(); slices.Contains([]string{first, second}, fresh) {
		t.Errorf("--no-cache=random made %s again", fresh)
	}
	p.write("recipe.yaml", p.recipe+"    cache: false\n")
	third := h.build(p).digest()
	if again := h.build(p).digest(); again == third {
		t.Errorf("a component with cache: false was not run again")
	}
}
