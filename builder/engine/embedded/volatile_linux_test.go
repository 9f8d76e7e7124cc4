package embedded

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/containerd/containerd/v2/core/mount"
	"github.com/moby/buildkit/snapshot"
)

// oneSnapshot is a snapshotter that has one snapshot.
type oneSnapshot struct {
	snapshot.Snapshotter
	mounts []mount.Mount
}

func (s oneSnapshot) Mounts(context.Context, string) (snapshot.Mountable, error) {
	return fixedMount{mounts: s.mounts}, nil
}

type fixedMount struct {
	snapshot.Mountable
	mounts []mount.Mount
}

func (m fixedMount) Mount() ([]mount.Mount, func() error, error) {
	return m.mounts, func() error { return nil }, nil
}

// TestVolatileMountsAgain mounts a snapshot twice, with the same answer of the snapshotter, and writes to it each time.
func TestVolatileMountsAgain(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can mount an overlay")
	}
	root := t.TempDir()
	for _, dir := range []string{"lower", "upper", "work", "at"} {
		if err := os.Mkdir(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	given := []mount.Mount{{Type: "overlay", Source: "overlay", Options: []string{
		"index=off", "lowerdir=" + root + "/lower", "upperdir=" + root + "/upper", "workdir=" + root + "/work",
	}}}
	m, err := withVolatile(oneSnapshot{mounts: given}).Mounts(t.Context(), "key")
	if err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(root, "at")
	for _, name := range []string{"first", "second"} {
		mounts, release, err := m.Mount()
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(mounts[0].Options, "volatile") || slices.Contains(given[0].Options, "volatile") {
			t.Errorf("mounts %v of %v", mounts, given)
		}
		if err := mount.All(mounts, at); err != nil {
			t.Fatalf("%s mount: %v", name, err)
		}
		if err := os.WriteFile(filepath.Join(at, name), nil, 0o600); err != nil {
			t.Error(err)
		}
		if err := mount.Unmount(at, 0); err != nil {
			t.Fatal(err)
		}
		if err := release(); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"first", "second"} {
		if _, err := os.Stat(filepath.Join(root, "upper", name)); err != nil {
			t.Error(err)
		}
	}
}

func TestReadOnlySnapshotsAreMountedAsTheyAre(t *testing.T) {
	given := []mount.Mount{
		{Type: "overlay", Source: "overlay", Options: []string{"lowerdir=/a:/b"}}, {Type: "bind", Source: "/a", Options: []string{"rbind", "rw"}},
	}
	m, err := withVolatile(oneSnapshot{mounts: given}).Mounts(t.Context(), "key")
	if err != nil {
		t.Fatal(err)
	}
	mounts, _, err := m.Mount()
	if err != nil || len(mounts) != 2 || len(mounts[0].Options) != 1 || len(mounts[1].Options) != 2 {
		t.Errorf("mounts %v, %v", mounts, err)
	}
}
