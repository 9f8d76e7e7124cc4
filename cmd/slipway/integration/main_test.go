//go:build linux

// Package integration tests the built programs the way people use them: the command line, real BuildKit and runc,
// Debian made by mmdebstrap, and the registry of the Distribution project. It needs `make build` first, and root for
// most tests; a test whose parts are missing is skipped and says which.
package integration

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// program is the slipway under test.
var program string

func TestMain(m *testing.M) {
	flag.Parse()
	var err error
	if program, err = findProgram(); err != nil {
		fmt.Fprintln(os.Stderr, "integration tests:", err)
		os.Exit(1)
	}
	code := m.Run()
	if err := removeShared(); err != nil {
		fmt.Fprintln(os.Stderr, "integration tests:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func findProgram() (string, error) {
	path := os.Getenv("SLIPWAY_BIN")
	if path == "" {
		path = filepath.Join("..", "..", "..", "bin", "slipway")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("there is no %s; make it with `make build`, or name another one in SLIPWAY_BIN", path)
	} else if err != nil {
		return "", err
	}
	return path, nil
}

// runner is the program beside slipway: static, so that it runs in any image.
func runner(t *testing.T) string {
	t.Helper()
	path := filepath.Join(filepath.Dir(program), "slipway-runner")
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v; make it with `make build`", err)
	}
	return path
}

// needsRoot skips a test whose reason is given, unless it runs as root with runc.
func needsRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("containers of the embedded builder are looked after as root: run the tests as root")
	}
	needs(t, "runc", "runc")
}

// needs skips a test unless a program is in PATH.
func needs(t *testing.T, name, debianPackage string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed (Debian: apt install %s)", name, debianPackage)
	}
	return path
}

// cacheFolder keeps what takes long to make and never changes.
func cacheFolder() (string, error) {
	dir := os.Getenv("SLIPWAY_TEST_CACHE")
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(cache, "slipway-test")
	}
	return dir, os.MkdirAll(dir, 0o755)
}

// debianTar is a root file system of Debian, made once.
func debianTar(t *testing.T) string {
	t.Helper()
	dir, err := cacheFolder()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "bookworm-minbase.tar")
	if _, err := os.Stat(path); err == nil {
		return path
	}
	needsRoot(t)
	mmdebstrap := needs(t, "mmdebstrap", "mmdebstrap")
	t.Logf("making %s, which takes a minute", path)
	partial := path + ".partial.tar"
	args := append([]string{"--quiet", "--variant=minbase", "bookworm", partial}, mirrors()...)
	if out, err := exec.CommandContext(t.Context(), mmdebstrap, args...).CombinedOutput(); err != nil {
		t.Fatalf("mmdebstrap: %v\n%s", err, out)
	}
	if err := os.Rename(partial, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// mirrors is the list of package mirrors of this machine if it is for the same Debian; mmdebstrap has its own.
func mirrors() []string {
	for _, file := range []string{"/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"} {
		if text, err := os.ReadFile(file); err == nil && strings.Contains(string(text), "bookworm") {
			return []string{file}
		}
	}
	return nil
}

// debian is the parent image that the shared home has.
const debian = "store:debian:bookworm"

var sharedHome struct {
	sync.Mutex
	dir string
}

// shared returns the home that tests share, with Debian imported and unpacked. Names of projects keep tests apart.
func shared(t *testing.T) *home {
	t.Helper()
	needsRoot(t)
	sharedHome.Lock()
	defer sharedHome.Unlock()
	if sharedHome.dir != "" {
		return &home{t: t, dir: sharedHome.dir}
	}
	tar := debianTar(t)
	dir, err := os.MkdirTemp("", "slipway-home-") //nolint:usetesting // it outlives the test
	if err != nil {
		t.Fatal(err)
	}
	h := &home{t: t, dir: dir}
	h.run("image", "import", tar, "debian:bookworm").wantCode(0)
	unpack := newProject(t, debian, component("unpack", build(bash("true"))))
	h.build(unpack.rename("unpack")).wantCode(0)
	sharedHome.dir = dir
	return h
}

func removeShared() error {
	if sharedHome.dir == "" {
		return nil
	}
	return os.RemoveAll(sharedHome.dir)
}

// mountTmpfs mounts a small file system for the time of a test.
func mountTmpfs(t *testing.T, megabytes int) string {
	t.Helper()
	needsRoot(t)
	dir := t.TempDir()
	if err := syscall.Mount("slipway-test", dir, "tmpfs", 0, fmt.Sprintf("size=%dm", megabytes)); err != nil {
		t.Skipf("a tmpfs cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount %s: %v", dir, err)
		}
	})
	return dir
}
