package layer

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/containerd/containerd/v2/core/mount"
	"github.com/moby/buildkit/util/overlay"
)

// writeChanges writes the layer that lies between two snapshots, if the upper folder of an overlay holds it. Else the
// error is errUnsupported.
func writeChanges(ctx context.Context, lower, upper []mount.Mount, to func(tree) *archive) error {
	// How a snapshot is written through to the disk is nothing to the differ, but it refuses options that it does not know.
	lower, upper = mount.RemoveVolatileOption(lower), mount.RemoveVolatileOption(upper)
	folder, err := overlay.GetUpperdir(lower, upper)
	if err != nil {
		return fmt.Errorf("%w: %w", errUnsupported, err)
	}
	return mount.WithTempMount(ctx, lower, func(base string) (err error) {
		var c changes
		if c.upper, err = openTree(folder); err != nil {
			return err
		}
		defer c.upper.close()
		if c.lower, err = openTree(base); err != nil {
			return err
		}
		defer c.lower.close()
		v := view{upper: folder}
		defer func() { err = errors.Join(err, v.close()) }()
		c.view = v.path
		c.out = to(c.upper)
		if err := c.folder(ctx, c.upper.root, "", true); err != nil {
			return err
		}
		return c.out.close()
	})
}

// view is an upper folder as overlayfs shows it: without its marks of deleted files. It is mounted when it is needed.
type view struct {
	upper       string
	mounted     string
	empty, root string
}

func (v *view) path() (_ string, err error) {
	if v.mounted != "" {
		return v.mounted, nil
	}
	if v.empty, err = os.MkdirTemp("", "slipway-empty-"); err != nil {
		return "", err
	}
	if v.root, err = os.MkdirTemp("", "slipway-view-"); err != nil {
		return "", err
	}
	options := []string{"ro", "lowerdir=" + v.upper + ":" + v.empty}
	if _, err := os.Stat("/sys/module/overlay/parameters/index"); err == nil {
		options = append(options, "index=off") // else a folder that is in use elsewhere is refused
	}
	m := mount.Mount{Type: "overlay", Source: "overlay", Options: options}
	if err := m.Mount(v.root); err != nil {
		return "", fmt.Errorf("%w: mount a view of %s: %w", errUnsupported, v.upper, err)
	}
	v.mounted = v.root
	return v.mounted, nil
}

func (v *view) close() error {
	if v.mounted != "" {
		if err := mount.UnmountAll(v.mounted, 0); err != nil {
			return fmt.Errorf("unmount a view of %s: %w", v.upper, err)
		}
	}
	for _, dir := range []string{v.root, v.empty} {
		if dir != "" {
			_ = os.Remove(dir) // never more than the empty folder
		}
	}
	return nil
}
