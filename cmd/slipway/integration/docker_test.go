//go:build linux

package integration

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/oci/ocitest"
)

func TestREC08ParentFromDocker(t *testing.T) { parentFromEngine(t, ocitest.Docker(t)) }

func TestREC08ParentFromPodman(t *testing.T) { parentFromEngine(t, ocitest.Podman(t)) }

// parentFromEngine builds on an image that only an engine has, loads the result into it and runs it there.
func parentFromEngine(t *testing.T, engine *ocitest.Engine) {
	t.Helper()
	h := newHome(t).with("DOCKER_HOST=" + engine.Host)
	engine.Run("import", rootfsWithProgram(t), "base:1")
	id := "sha256:" + strings.TrimPrefix(engine.Run("image", "inspect", "--format", "{{.Id}}", "base:1"), "sha256:")
	p := newProject(t, "docker-daemon:base:1", component("c", build(createFile("/made", "here")), test(exists("/made"), exists("/bin/program")))).rename("web")

	planned := h.run("plan", p.dir, "--format", "json").wantCode(0).stdout
	if !strings.Contains(planned, `"digest": "`+id+`"`) || !strings.Contains(planned, `"imageSource": "IMPORTED"`) {
		t.Errorf("the plan does not pin the id %s:\n%s", id, planned)
	}
	r := h.build(p, "--load", "--tag", "team/web:dev").wantCode(0).result()
	var loaded []string
	for _, target := range r.Targets {
		loaded = append(loaded, target.Reference+" "+target.Status)
	}
	if got, want := strings.Join(loaded, ", "), "docker-daemon:web:1.0.0-1 loaded, docker-daemon:team/web:dev loaded"; got != want {
		t.Errorf("targets %q, want %q", got, want)
	}
	for _, name := range []string{"web:1.0.0-1", "team/web:dev"} {
		if got := engine.Run("image", "inspect", "--format", "{{.Id}}", name); strings.TrimPrefix(got, "sha256:") != strings.TrimPrefix(r.Image.ConfigDigest, "sha256:") {
			t.Errorf("%s has %s as %s, want the tested config %s", engine.Name, name, got, r.Image.ConfigDigest)
		}
	}
	if out := engine.RunImage("web:1.0.0-1", "/bin/program", "run", "--help"); !strings.Contains(out, "--documents") {
		t.Errorf("the loaded image runs its program: %q", out)
	}
	// The parent's layers went from the engine to the store, and are those of the image in the engine again.
	layers := engine.Run("image", "inspect", "--format", "{{range .RootFS.Layers}}{{.}} {{end}}", "base:1")
	if got := engine.Run("image", "inspect", "--format", "{{range .RootFS.Layers}}{{.}} {{end}}", "web:1.0.0-1"); !strings.HasPrefix(got, strings.TrimSpace(layers)) {
		t.Errorf("layers %s, want those of the parent %s first", got, layers)
	}
	again := h.build(p, "--load").wantCode(0).result()
	if again.Image.Digest != r.Image.Digest || !again.Components[0].Cached || again.Targets[0].Status != "present" {
		t.Errorf("again: image %s, want %s; %+v", again.Image.Digest, r.Image.Digest, again.Targets)
	}
	failing := newProject(t, "docker-daemon:base:1", component("c", test(exists("/none")))).rename("broken")
	h.build(failing, "--load").wantCode(3)
	if out := engine.Run("image", "ls", "--quiet", "broken"); out != "" {
		t.Errorf("an image whose test failed was loaded: %s", out)
	}
	h.run("build", newProject(t, "docker-daemon:none:1").dir).wantCode(2, `"none:1"`, "docker images")
	h.wantNothingLeft()
}

func TestLoadWithoutAnEngineIsExit5BeforeTheBuild(t *testing.T) {
	h := newHome(t).with("DOCKER_HOST=unix://" + filepath.Join(t.TempDir(), "none.sock"))
	p := newProject(t, "scratch", component("c", build(createFile("/a", "a"))))
	h.run("build", p.dir, "--load").wantCode(5, "none.sock", "DOCKER_HOST")
	if _, err := os.Stat(filepath.Join(h.dir, "runs")); err == nil {
		t.Error("there is a run")
	}
	h.run("build", newProject(t, "docker-daemon:base:1").dir).wantCode(5, "none.sock")
}

func TestImageGoesThroughArchivesAndDocker(t *testing.T) {
	engine := ocitest.Docker(t)
	h, other := newHome(t).with("DOCKER_HOST="+engine.Host), newHome(t)
	out := t.TempDir()
	file, layout, docker := filepath.Join(out, "web.tar"), filepath.Join(out, "layout"), filepath.Join(out, "docker.tar")
	p := newProject(t, "scratch", component("c", build(createFile("/made", "here")))).rename("web")
	r := h.build(p, "-o", "type=oci,dest="+file, "-o", "type=oci-layout,dest="+layout, "-o", "type=docker,dest="+docker).wantCode(0).result()
	reference := "web:1.0.0-1@" + r.Image.Digest
	wantAnswer(t, other.run("image", "load", "-i", file), reference)
	wantAnswer(t, other.run("image", "pull", "oci-layout:"+layout, "copy:1"), "copy:1@"+r.Image.Digest)
	engine.Run("load", "--input", docker)
	if got := engine.Run("image", "inspect", "--format", "{{.Id}}", "web:1.0.0-1"); got != r.Image.ConfigDigest {
		t.Errorf("docker load gives %s, want %s", got, r.Image.ConfigDigest)
	}
	saved := filepath.Join(out, "saved.tar")
	h.run("image", "save", "-o", saved, "web:1.0.0-1").wantCode(0)
	engine.Run("rmi", "web:1.0.0-1")
	engine.Run("load", "--input", saved)
	fromDocker := filepath.Join(out, "from-docker.tar")
	engine.Run("save", "--output", fromDocker, "web:1.0.0-1")
	third := newHome(t).with("DOCKER_HOST=" + engine.Host)
	wantAnswer(t, third.run("image", "load", "-i", fromDocker), "web:1.0.0-1@sha256:")
	wantAnswer(t, third.run("image", "pull", "docker-daemon:web:1.0.0-1", "pulled:1"), "pulled:1@sha256:")
	wantAnswer(t, third.run("image", "push", "--untested", "pulled:1", "docker-daemon:pushed:1"), "docker-daemon:pushed:1@sha256:")
	if got := engine.Run("image", "inspect", "--format", "{{.Id}}", "pushed:1"); got != r.Image.ConfigDigest {
		t.Errorf("there and back gives %s, want %s", got, r.Image.ConfigDigest)
	}
	h.run("build", p.dir, "-o", "type=tar,dest=x").wantCode(2, "type=tar,dest=x", "type=oci-layout")
	h.run("build", p.dir, "--platform", "linux/amd64,linux/arm64", "-o", "type=docker,dest=x").wantCode(2, "several platforms")
}

// wantAnswer fails the test unless a command succeeded and its answer begins with a text.
func wantAnswer(t *testing.T, o *outcome, text string) {
	t.Helper()
	if got := o.wantCode(0).stdout; !strings.HasPrefix(got, text) {
		t.Errorf("slipway %q answers %q, want %q", o.args[1:], got, text)
	}
}

// rootfsWithProgram is an archive with the runner as its only program.
func rootfsWithProgram(t *testing.T) string {
	t.Helper()
	program, err := os.ReadFile(runner(t))
	if err != nil {
		t.Fatal(err)
	}
	var data bytes.Buffer
	w := tar.NewWriter(&data)
	if err := w.WriteHeader(&tar.Header{Name: "bin/program", Mode: 0o755, Size: int64(len(program)), Format: tar.FormatPAX}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(program); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "rootfs.tar")
	if err := os.WriteFile(file, data.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}
