package embedded

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/containerd/containerd/v2/core/mount"
	"github.com/containerd/containerd/v2/pkg/kernelversion"
	"github.com/moby/buildkit/snapshot"
	"github.com/moby/buildkit/util/overlay"
)

// volatileKernel is the first kernel whose overlayfs has the option "volatile".
var volatileKernel = kernelversion.KernelVersion{Kernel: 5, Major: 10}

// withVolatile makes snapshots that are written to ones that the kernel does not write through to the disk: neither when
// a program in a container calls fsync, as package managers do for each file, nor at the end of a container. Nothing is
// lost by that: layers are synced when they are in the image store, and after a crash of the machine the builder begins
// with an empty cache (see guard).
func withVolatile(s snapshot.Snapshotter) snapshot.Snapshotter {
	if ok, err := kernelversion.GreaterEqualThan(volatileKernel); err != nil || !ok {
		return s
	}
	return volatile{s}
}

type volatile struct{ snapshot.Snapshotter }

// Mounts gives the mounts of a snapshot that is written to.
func (v volatile) Mounts(ctx context.Context, key string) (snapshot.Mountable, error) {
	m, err := v.Snapshotter.Mounts(ctx, key)
	if err != nil {
		return nil, err
	}
	return volatileMount{m}, nil
}

type volatileMount struct{ snapshot.Mountable }

// Mount takes away the mark of an earlier volatile mount. With it the kernel refuses another one, for it cannot know
// whether the machine crashed in between; the builder does.
func (m volatileMount) Mount() ([]mount.Mount, func() error, error) {
	mounts, release, err := m.Mountable.Mount()
	if err != nil {
		return nil, nil, err
	}
	mounts = slices.Clone(mounts)
	for i, one := range mounts {
		work := workFolder(one)
		if work == "" {
			continue
		}
		if err := os.RemoveAll(filepath.Join(work, "work", "incompat")); err != nil {
			_ = release()
			return nil, nil, err
		}
		mounts[i].Options = append(slices.Clone(one.Options), "volatile")
	}
	return mounts, release, nil
}

// workFolder is the folder that overlayfs works in, if a mount is an overlay that is written to.
func workFolder(m mount.Mount) string {
	if !overlay.IsOverlayMountType(m) {
		return ""
	}
	for _, option := range m.Options {
		if folder, ok := strings.CutPrefix(option, "workdir="); ok {
			return folder
		}
	}
	return ""
}
