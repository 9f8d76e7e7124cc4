package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// snapshotsDatabase is the file of the snapshotters in their folder.
const snapshotsDatabase = "metadata.db"

// bootID tells one run of the machine from another (random(4)).
const bootID = "/proc/sys/kernel/random/boot_id"

// guard makes it safe that the builder's databases are not written through to the disk while it works: what a crash of
// the machine could tear is not used afterwards. The mark that it leaves in root holds the boot it was made in and is
// removed when the databases have been closed in good order and are written through. A mark of another boot means
// that the machine went down under a working builder: then the cache starts anew. A killed builder is no such case,
// since the kernel has all that it wrote.
func guard(root string) (release func() error, err error) {
	boot, err := os.ReadFile(bootID)
	if err != nil {
		return nil, err
	}
	mark := filepath.Join(root, "unsynced")
	before, err := os.ReadFile(mark)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case strings.TrimSpace(string(before)) != strings.TrimSpace(string(boot)):
		if err := reset(root); err != nil {
			return nil, fmt.Errorf("the machine went down while the builder worked, and its cache cannot be removed: %w", err)
		}
	}
	if err := writeThrough(mark, boot); err != nil {
		return nil, err
	}
	return func() error {
		if err := syncSnapshots(root); err != nil {
			return err
		}
		return os.Remove(mark)
	}, nil
}

// syncSnapshots writes the databases of snapshotters through, which closing them does not.
func syncSnapshots(root string) error {
	databases, err := filepath.Glob(filepath.Join(root, "runc-*", "snapshots", snapshotsDatabase))
	if err != nil {
		return err
	}
	for _, path := range databases {
		f, err := os.Open(path)
		if err == nil {
			err = errors.Join(f.Sync(), f.Close())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// writeThrough writes a file that is on the disk, with its name, when it returns.
func writeThrough(path string, data []byte) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err = f.Write(data); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// reset removes the builder's state, and nothing else that is in root.
func reset(root string) error {
	stores, err := filepath.Glob(filepath.Join(root, "runc-*"))
	if err != nil {
		return err
	}
	for _, path := range append(stores, filepath.Join(root, "cache.db"), filepath.Join(root, "history.db")) {
		err = errors.Join(err, os.RemoveAll(path))
	}
	return err
}
