package embedded

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// sweep removes what a builder that was killed could not: its temporary files and its containers, which run on without
// it. The caller holds the serve lock, so nothing there is in use.
func sweep(ctx context.Context, p paths, runtime string) error {
	bundles, err := filepath.Glob(filepath.Join(p.root, "runc-*", "executor", "*", "config.json"))
	if err != nil {
		return err
	}
	for _, config := range bundles {
		bundle := filepath.Dir(config)
		// A container that ended by itself is unknown to the runtime, which is no failure.
		_ = exec.CommandContext(ctx, cmp.Or(runtime, "runc"), "delete", "--force", filepath.Base(bundle)).Run()
		// What is mounted there was mounted by the dead builder, and went with it; a folder that is not empty stays.
		_ = os.Remove(config)
		_ = os.Remove(filepath.Join(bundle, "rootfs"))
		_ = os.Remove(bundle)
	}
	if err := os.RemoveAll(p.temporary()); err != nil {
		return fmt.Errorf("remove temporary files: %w", err)
	}
	return os.MkdirAll(p.temporary(), 0o700)
}
