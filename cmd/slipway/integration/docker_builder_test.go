//go:build linux

package integration

import (
	"archive/tar"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/builder/engine/docker"
	"github.com/slipway-oci/slipway/oci/ocitest"
)

// tool is a program of the tools module, built once.
func tool(t *testing.T, name string) string {
	t.Helper()
	goProgram := needs(t, "go", "golang")
	out, err := exec.CommandContext(t.Context(), goProgram, "tool", "-n", "-modfile="+filepath.Join("..", "..", "..", ".tools", "go.mod"), name).Output()
	if err != nil {
		t.Fatalf("%s cannot be built from .tools/go.mod: %v", name, err)
	}
	return strings.TrimSpace(string(out))
}

// buildkitImage is an archive of a root file system with what moby/buildkit has: buildkitd, buildctl and runc, here with
// the libraries that it needs.
func buildkitImage(t *testing.T) string {
	t.Helper()
	runc := needs(t, "runc", "runc")
	files := map[string]string{
		"usr/bin/buildkitd": tool(t, "buildkitd"), "usr/bin/buildctl": tool(t, "buildctl"), "usr/bin/runc": runc,
	}
	libraries, err := exec.CommandContext(t.Context(), "ldd", runc).Output() // "libc.so.6 => /lib/libc.so.6 (0x...)"
	if err != nil {
		t.Fatalf("ldd %s: %v", runc, err)
	}
	for field := range strings.FieldsSeq(string(libraries)) {
		if name, ok := strings.CutPrefix(field, "/"); ok {
			files[name] = field
		}
	}
	path := filepath.Join(t.TempDir(), "buildkit.tar")
	archive, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(archive)
	for name, file := range files {
		data, err := os.ReadFile(file)
		if err == nil {
			err = w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(data))})
		}
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.WriteHeader(&tar.Header{Name: "tmp/", Typeflag: tar.TypeDir, Mode: 0o1777}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// importBuilder gives the engine the image that holds BuildKit, under several names.
func importBuilder(t *testing.T, engine *ocitest.Engine, names ...string) {
	t.Helper()
	image := buildkitImage(t)
	for _, name := range names {
		engine.Run("import", "--change", `ENTRYPOINT ["/usr/bin/buildkitd"]`, "--change", "ENV PATH=/usr/bin", image, name)
	}
}

// Whatever there is when several builds begin, none is in another's way.
func TestBuilderInDockerStartsForSeveralAtOnce(t *testing.T) {
	engine := ocitest.Docker(t)
	t.Setenv("DOCKER_HOST", engine.Host)
	importBuilder(t, engine, "local/buildkit:1", "local/buildkit:2")
	for _, round := range []struct{ before, image string }{
		{"no container", "local/buildkit:1"},
		{"a stopped one", "local/buildkit:1"},
		{"a stopped one of another image", "local/buildkit:2"},
	} {
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if _, err := docker.Start(t.Context(), round.image); err != nil {
					t.Errorf("%s before: %v", round.before, err)
				}
			})
		}
		all.Wait()
		engine.Run("stop", docker.Container)
	}
}

func TestBuilderInDockerBuildsTheSame(t *testing.T) {
	engine := ocitest.Docker(t)
	h := newHome(t)
	inDocker := h.with("SLIPWAY_BUILDER=docker", "DOCKER_HOST="+engine.Host)
	p := newProject(t, "scratch", component("c", build(createFile("/made", "here"))), component("check", test(exists("/made"))))

	// The image that it would pull is not there, and no registry can be reached from here.
	settings := func(image string) {
		if err := os.WriteFile(filepath.Join(h.dir, "settings.yaml"), []byte("builder:\n  dockerImage: "+image+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	settings("127.0.0.1:1/buildkit:1")
	inDocker.run("build", p.dir).wantCode(5, `the builder's image "127.0.0.1:1/buildkit:1" cannot be had`, "builder.dockerImage")

	importBuilder(t, engine, "local/buildkit:1")
	settings("local/buildkit:1")
	status := func() map[string]any {
		t.Helper()
		var s map[string]any
		if err := json.Unmarshal([]byte(inDocker.run("builder", "status", "--format", "json").wantCode(0).stdout), &s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	if s := status(); s["running"] != false || s["exists"] != false {
		t.Errorf("before the first build: %v", s)
	}
	first, second := inDocker.startBuild(p), inDocker.startBuild(p) // both find that there is no container yet
	digest := first.wait().digest()
	if other := second.wait().digest(); other != digest {
		t.Errorf("two builds at once gave %s and %s", digest, other)
	}
	if diff := cmp.Diff(shape(t, h, h.build(p, "--builder", "embedded").digest()), shape(t, h, digest), sorted); diff != "" {
		t.Errorf("layers (-embedded +docker):\n%s", diff)
	}
	if s := status(); s["running"] != true || s["image"] != "local/buildkit:1" {
		t.Errorf("after a build: %v", s)
	}
	inDocker.run("builder", "stop").wantCode(0)
	if out := engine.Run("ps", "--all", "--quiet"); out != "" {
		t.Errorf("a container is left: %s", out)
	}
	if again := inDocker.build(p); again.digest() != digest || !again.result().Components[0].Cached {
		t.Errorf("the cache did not outlive the container: %+v", again.result().Components)
	}
	if out := inDocker.run("builder", "prune").wantCode(0).stdout; !strings.HasPrefix(out, "freed ") || strings.Contains(out, ": 0 entries") {
		t.Errorf("prune says %q", out)
	}
	inDocker.run("builder", "stop").wantCode(0)
	inDocker.run("builder", "stop").wantCode(0, "was not running")
	inDocker.with("SLIPWAY_BUILDER=tcp://127.0.0.1:1").run("builder", "stop").wantCode(2, "not one that slipway starts")
	h.wantNothingLeft()
}

func TestBuilderInDockerWithoutDockerIsExit5(t *testing.T) {
	h := newHome(t).with("SLIPWAY_BUILDER=docker", "DOCKER_HOST=unix:///none.sock")
	needs(t, "docker", "docker.io")
	p := newProject(t, "scratch", component("c", build(createFile("/a", "a"))))
	h.run("build", p.dir).wantCode(5, "builder docker: Cannot connect to the Docker daemon at unix:///none.sock", "DOCKER_HOST")
	h.with("PATH="+t.TempDir()).run("build", p.dir).wantCode(5, "docker command", "apt install docker.io")
}
