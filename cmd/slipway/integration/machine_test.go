//go:build linux

package integration

import (
	"fmt"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/builder/event"
)

func TestFullDiskIsExit5(t *testing.T) {
	tar := debianTar(t)
	for _, tt := range []struct {
		name      string
		megabytes int // of the file system of the home
		step      step
		stage     string
	}{
		// The parent is 60 MB compressed, twice, and 190 MB unpacked.
		{"unpacking the parent", 200, bash("true"), "build"},
		{"commit", 405, bash("head -c 60000000 /dev/urandom > /large"), "commit"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := &home{t: t, dir: mountTmpfs(t, tt.megabytes)}
			h.run("image", "import", tar, "debian:bookworm").wantCode(0)
			p := newProject(t, debian, component("c", build(tt.step)))
			r := h.build(p).wantCode(5, "no space left on device").result()
			if r.Stage != tt.stage || r.Error.Hint == "" {
				t.Errorf("ended at %s, want %s; hint %q", r.Stage, tt.stage, r.Error.Hint)
			}
			h.wantNothingLeft()
			if err := syscall.Mount("", h.dir, "", syscall.MS_REMOUNT, "size=1000m"); err != nil {
				t.Fatal(err)
			}
			h.build(p).wantCode(0) // with more space
		})
	}
	t.Run("import", func(t *testing.T) {
		h := &home{t: t, dir: mountTmpfs(t, 20)}
		h.run("image", "import", tar, "debian:bookworm").wantCode(5, "no space left on device")
	})
	t.Run("nothing at all", func(t *testing.T) {
		dir := mountTmpfs(t, 1)
		h := &home{t: t, dir: dir}
		fill(t, dir)
		p := newProject(t, "scratch", component("c", build(createFile("/a", "a"))))
		h.run("build", p.dir).wantCode(5, "no space left on device")
	})
}

// fill leaves no space in a folder's file system.
func fill(t *testing.T, dir string) {
	t.Helper()
	fd, err := syscall.Open(dir+"/fill", syscall.O_CREAT|syscall.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Close(fd) }()
	for block := make([]byte, 4096); ; {
		if _, err := syscall.Write(fd, block); err != nil {
			return
		}
	}
}

func TestBuildsShareACacheFolder(t *testing.T) {
	h := shared(t)
	// Both builds are inside their step at the same time: each waits until it sees the end of the pause of the other.
	p := newProject(t, debian, component("c", build(bash("echo ready; sleep 1", "date +%N > /c")), test(bash("true"))))
	q := newProject(t, debian, component("c", build(bash("echo ready; sleep 1", "date +%s > /c")), test(bash("true")))).rename(p.name + "-other")
	first := h.startBuild(p)
	first.await("build", atStep(event.StageBuild))
	second := h.startBuild(q)
	second.await("build", atStep(event.StageBuild))
	first.wait().wantCode(0)
	second.wait().wantCode(0)
	h.wantNothingLeft()
}

func TestManyBuildsOfOneRecipeAtOnce(t *testing.T) {
	h := newHome(t)
	p := newProject(t, "scratch", component("c", build(createFile("/c", "c")), test(exists("/c"))))
	var running []*process
	for range 5 {
		running = append(running, h.startBuild(p))
	}
	numbers, digests := map[int]bool{}, map[string]bool{}
	for _, b := range running {
		r := b.wait().wantCode(0).result()
		numbers[r.Recipe.Build] = true
		digests[r.Image.Digest] = true
	}
	if len(numbers) != 5 {
		t.Errorf("build numbers %v, want 5", numbers)
	}
	if len(digests) != 1 {
		t.Errorf("digests %v, want 1", digests)
	}
	want := map[string]string{}
	for n := range 5 {
		for digest := range digests {
			want[fmt.Sprintf("%s:1.0.0-%d", p.name, n+1)] = digest
		}
	}
	if diff := cmp.Diff(want, h.pointers()); diff != "" {
		t.Errorf("names in the store (-want +got):\n%s", diff)
	}
	h.wantNothingLeft()
}
