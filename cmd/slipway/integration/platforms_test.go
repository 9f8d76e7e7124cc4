//go:build linux

package integration

import (
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	valid "github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/slipway-oci/slipway/oci/ocitest"
)

// emulation registers QEMU for arm64 programs and then runs a command. A kernel has its list of interpreters in every
// user namespace since Linux 6.7, so the machine's own stays as it is.
const emulation = `set -e
mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
printf '%s' ':qemu-aarch64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:/usr/bin/qemu-aarch64-static:F' > /proc/sys/fs/binfmt_misc/register
mkdir -p "$XDG_RUNTIME_DIR"
exec "$@"
`

// emulating returns the home with a slipway that runs arm64 programs under QEMU, in a user namespace of its own.
func (h *home) emulating() *home {
	h.t.Helper()
	needs(h.t, "qemu-aarch64-static", "qemu-user-static")
	if runtime.GOARCH != "amd64" {
		h.t.Skip("the machine itself must be amd64 for this")
	}
	// runc would use the folder of the real root for its state otherwise.
	c := h.with("XDG_RUNTIME_DIR="+filepath.Join(h.dir, "run"), "USER=")
	c.user = []string{"sh", "-c", emulation, "sh"}
	all := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 65536}}
	c.attr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS, UidMappings: all, GidMappings: all, GidMappingsEnableSetgroups: true,
	}
	probe := c.command("version")
	if out, err := probe.CombinedOutput(); err != nil {
		h.t.Skipf("this kernel has no list of interpreters of a user namespace's own (Linux 6.7 has): %v\n%s", err, out)
	}
	return c
}

// twoPlatforms is a recipe for two platforms, with a program and a mark of each.
func twoPlatforms(t *testing.T, steps ...step) *project {
	t.Helper()
	p := newProject(t, "scratch", component("c", build(createFile("/made", "here")), test(steps...)))
	for _, arch := range []string{"amd64", "arm64"} {
		copyFile(t, filepath.Join(filepath.Dir(program), "slipway-runner-linux-"+arch), filepath.Join(p.dir, "program-"+arch))
		p.write("mark-"+arch, arch)
	}
	return p.add("platforms: [linux/amd64, linux/arm64]").template(
		"FROM {{{ imagebuilder:parentImage }}}",
		"ARG TARGETARCH",
		"COPY program-$TARGETARCH /program",
		"COPY mark-$TARGETARCH /marks/",
		"{{{ imagebuilder:components }}}",
	)
}

func TestPlatformsAreBuiltTestedAndPushedAsOneIndex(t *testing.T) {
	h, registry := newHome(t).emulating(), ocitest.Distribution(t)
	p := twoPlatforms(t, exists("/made"), execute("/program", "--help")).target(registry)
	r := h.build(p).wantCode(0).result()
	var got []string
	for _, c := range append(r.Components, r.Tests...) {
		got = append(got, c.Platform+" "+c.Status)
		wantFile(t, filepath.Join(r.RunFolder, c.LogFolder, "console.log"), "")
	}
	want := []string{"linux/amd64 success", "linux/arm64 success", "linux/amd64 success", "linux/arm64 success"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("components and tests (-want +got):\n%s", diff)
	}
	reference, err := name.ParseReference(registry + "/" + p.name + ":1.0.0-1")
	if err != nil {
		t.Fatal(err)
	}
	index, err := remote.Index(reference, remote.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	if err := valid.Index(index); err != nil {
		t.Errorf("the index in the registry: %v", err)
	}
	if digest, _ := index.Digest(); digest.String() != r.Image.Digest {
		t.Errorf("the registry has %s, want %s, which was tested", digest, r.Image.Digest)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	var pushed, recorded []string
	for _, m := range manifest.Manifests {
		pushed = append(pushed, m.Platform.String()+" "+m.Digest.String())
		image, err := index.Image(m.Digest)
		if err != nil {
			t.Fatal(err)
		}
		if mark := "/marks/mark-" + m.Platform.Architecture; filesOf(t, layersOf(t, image)...)[mark] != m.Platform.Architecture {
			t.Errorf("the image for %s has no %s", m.Platform, mark)
		}
	}
	for _, m := range r.Image.Manifests {
		recorded = append(recorded, m.Platform+" "+m.Digest)
	}
	if diff := cmp.Diff(recorded, pushed); diff != "" || len(pushed) != 2 {
		t.Errorf("manifests (-recorded +pushed):\n%s", diff)
	}
	if again := h.build(p, "--platform", "linux/arm64", "--no-push").wantCode(0).result(); strings.Join(again.Image.Platforms, ",") != "linux/arm64" || !again.Components[0].Cached {
		t.Errorf("--platform builds %v, want linux/arm64 from the cache", again.Image.Platforms)
	}
	h.wantNothingLeft()
}

func TestTestThatFailsOnOnePlatformPushesNothing(t *testing.T) {
	h, registry := newHome(t).emulating(), ocitest.Distribution(t)
	p := twoPlatforms(t, exists("/marks/mark-amd64")).target(registry)
	r := h.build(p).wantCode(3).result()
	if len(r.Tests) != 2 || r.Tests[0].Status != "success" || r.Tests[1].Status != "failed" || r.Tests[1].Platform != "linux/arm64" {
		t.Errorf("tests %+v", r.Tests)
	}
	if inRegistry(t, registry+"/"+p.name+":1.0.0-1") || r.Targets[0].Status != "skipped" {
		t.Errorf("it was pushed all the same: %+v", r.Targets)
	}
	h.wantNothingLeft()
}

func TestPlatformThatCannotRunIsExit5(t *testing.T) {
	if found, _ := filepath.Glob("/proc/sys/fs/binfmt_misc/qemu-*"); len(found) > 0 || runtime.GOARCH != "amd64" {
		t.Skip("this machine emulates other platforms")
	}
	h := newHome(t)
	p := newProject(t, "scratch", component("c", build(createFile("/made", "here")))).add("platforms: [linux/amd64, linux/arm64]")
	h.run("build", p.dir).wantCode(5, "cannot run programs for linux/arm64", "qemu-user-static", "--builder")
	nothing := newProject(t, "scratch").rename("nothing-runs").template("FROM {{{ imagebuilder:parentImage }}}", "COPY recipe.yaml /")
	h.run("build", nothing.dir, "--platform", "linux/arm64").wantCode(0) // nothing runs in it
}
