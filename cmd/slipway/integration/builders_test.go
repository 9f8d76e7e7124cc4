//go:build linux

package integration

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/oci/ocitest"
)

// everywhere is a project whose image must be the same on every builder.
func everywhere(t *testing.T, registry string) *project {
	t.Helper()
	return newProject(t, debian,
		component("files", build(bash("mkdir /made", "echo text > /made/file", "chown 33:33 /made/file", "ln -s file /made/link", "chmod 4755 /made")), validate(exists("/made/file"))),
		component("check", test(bash(`test "$(id -u) $(stat -c %u:%g /made/file)" = "0 33:33"`)))).target(registry)
}

// shape is what is in the layers that a build made, but for times.
func shape(t *testing.T, h *home, digest string) []string {
	t.Helper()
	var list []string
	for n, layer := range layersOf(t, h.image(digest))[1:] {
		for path, e := range entries(t, layer) {
			list = append(list, fmt.Sprintf("%d %s %o %d:%d %s %q", n, path, e.header.Mode, e.header.Uid, e.header.Gid, e.header.Linkname, e.content))
		}
	}
	return list
}

var sorted = cmp.Transformer("sort", func(list []string) map[string]bool {
	set := map[string]bool{}
	for _, s := range list {
		set[s] = true
	}
	return set
})

func TestPlainUserBuildsTheSame(t *testing.T) {
	root, registry := shared(t), ocitest.Distribution(t)
	plain := plainUser(t)
	p := everywhere(t, registry)
	openToAll(t, p.dir)
	plain.run("image", "import", filepath.Join(plain.dir, "..", "debian.tar"), "debian:bookworm").wantCode(0)
	digest := plain.build(p).digest()
	if diff := cmp.Diff(shape(t, root, root.build(p, "--no-push").digest()), shape(t, plain, digest), sorted); diff != "" {
		t.Errorf("layers (-root +plain user):\n%s", diff)
	}
	if got := digestOf(t, pull(t, registry+"/"+p.name+":1.0.0-1")); got != digest {
		t.Errorf("the registry has %s, want %s", got, digest)
	}
	if again := plain.build(p); again.digest() != digest || !again.result().Components[0].Cached {
		t.Errorf("the second build gives %s, want %s from the cache", again.digest(), digest)
	}
	plain.wantNothingLeft()

	p.write("files.yaml", component("files", build(bash("echo ready; sleep 1000"))).text)
	b := plain.startBuild(p)
	b.await("build", atStep(event.StageBuild))
	b.signal(syscall.SIGINT)
	b.wait().wantCode(130)
	plain.wantNothingLeft()
}

// plainUser is a home of a user made for the test.
func plainUser(t *testing.T) *home {
	t.Helper()
	needsRoot(t)
	needs(t, "newuidmap", "uidmap")
	useradd, setpriv := needs(t, "useradd", "passwd"), needs(t, "setpriv", "util-linux")
	const name = "slipway-test"
	dir, err := os.MkdirTemp("", "slipway-user-") //nolint:usetesting // a folder above t.TempDir is closed to other users
	if err != nil {
		t.Fatal(err)
	}
	if _, err := user.Lookup(name); err != nil {
		if out, err := exec.CommandContext(t.Context(), useradd, "--no-create-home", "--home-dir", dir, "--shell", "/bin/sh",
			"--add-subids-for-system", "--system", name).CombinedOutput(); err != nil {
			t.Skipf("no user can be added: %v\n%s", err, out)
		}
	}
	t.Cleanup(func() {
		_ = os.RemoveAll(dir)
		if out, err := exec.Command("userdel", name).CombinedOutput(); err != nil {
			t.Errorf("userdel: %v\n%s", err, out)
		}
	})
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	for from, to := range map[string]string{program: "slipway", debianTar(t): "debian.tar"} {
		copyFile(t, from, filepath.Join(dir, to))
	}
	h := &home{t: t, dir: filepath.Join(dir, "home"), bin: filepath.Join(dir, "slipway"), env: []string{"HOME=" + dir, "XDG_RUNTIME_DIR=", "DOCKER_CONFIG=" + dir}}
	h.user = []string{setpriv, "--reuid", u.Uid, "--regid", u.Gid, "--clear-groups", "--"}
	for _, path := range []string{dir, h.dir} {
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(path, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o755); err != nil {
		t.Fatal(err)
	}
}

// openToAll lets everybody read a test's folder.
func openToAll(t *testing.T, dir string) {
	t.Helper()
	for ; len(dir) > len(os.TempDir()); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBuilderAtAnAddressBuildsTheSame(t *testing.T) {
	h, registry := shared(t), ocitest.Distribution(t)
	address := buildkitd(t)
	p := everywhere(t, registry)
	want := shape(t, h, h.build(p, "--no-push").digest())
	digest := h.with("SLIPWAY_BUILDER=" + address).build(p).digest()
	if diff := cmp.Diff(want, shape(t, h, digest), sorted); diff != "" {
		t.Errorf("layers (-embedded +address):\n%s", diff)
	}
	if got := digestOf(t, pull(t, registry+"/"+p.name+":1.0.0-2")); got != digest {
		t.Errorf("the registry has %s, want %s", got, digest)
	}
	if again := h.build(p, "--builder", address); again.digest() != digest || !again.result().Components[0].Cached {
		t.Errorf("the second build gives %s, want %s from the cache", again.digest(), digest)
	}
	if left := h.leftovers(); len(left) > 0 {
		t.Errorf("an embedded builder runs besides:\n%s", strings.Join(left, "\n"))
	}
	bad := newProject(t, debian, component("bad", build(bash("echo the reason >&2; exit 4")))).rename("at-an-address")
	r := h.build(bad, "--builder", address).wantCode(1, "the reason").result()
	wantFile(t, filepath.Join(r.RunFolder, "ApplyBuildComponents/01-bad/console.log"), "the reason")
}

func TestBuilderThatDoesNotAnswerIsExit5(t *testing.T) {
	h := newHome(t)
	p := newProject(t, "scratch", component("c", build(createFile("/a", "a"))))
	address := "unix://" + filepath.Join(t.TempDir(), "none.sock")
	h.run("build", p.dir, "--builder", address).wantCode(5, address)
	h.run("build", p.dir, "--builder", "nonsense").wantCode(2, `"nonsense"`)
}

// buildkitd starts a BuildKit of the same version that slipway embeds, from the tools module, and returns its address.
func buildkitd(t *testing.T) string {
	t.Helper()
	needsRoot(t)
	program := tool(t, "buildkitd")
	dir := t.TempDir()
	socket := filepath.Join(dir, "b.sock")
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--root", filepath.Join(dir, "root"), "--addr", "unix://"+socket, "--oci-worker-net", "host")
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		_ = log.Close()
	})
	for range 1000 {
		if conn, err := net.Dial("unix", socket); err == nil {
			_ = conn.Close()
			return "unix://" + socket
		}
		time.Sleep(10 * time.Millisecond)
	}
	text, _ := os.ReadFile(log.Name())
	t.Fatalf("buildkitd does not answer:\n%s", tail(string(text)))
	return ""
}
