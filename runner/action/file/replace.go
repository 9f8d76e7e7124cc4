package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"

	"github.com/slipway-oci/slipway/runner/action"
)

// replace lets create make something under a temporary name beside path and renames it to path: whoever looks sees
// the old state or the new one.
func replace(path string, create func(name string) error) error {
	for range 100 {
		name := join(filepath.Dir(path), ".slipway-"+strconv.FormatUint(rand.Uint64(), 36)) //nolint:gosec // creation is exclusive
		err := create(name)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err == nil {
			err = os.Rename(name, path)
		}
		if err != nil {
			_ = os.Remove(name)
		}
		return err
	}
	return fmt.Errorf("no free temporary name beside %q", path)
}

// duplicate makes a copy of what is not a folder: files, links as links. With keep the copy also has owner, times and
// extended attributes, and devices, pipes and sockets are made anew; without it these are skipped with a warning and
// the runner is the owner.
func duplicate(ctx context.Context, req action.Request, from, to string, info fs.FileInfo, keep bool) error {
	var create func(name string) error
	switch {
	case info.Mode().IsRegular():
		create = func(name string) error { return duplicateFile(ctx, from, name) }
	case info.Mode()&fs.ModeSymlink != 0:
		create = func(name string) error {
			target, err := os.Readlink(from)
			if err != nil {
				return err
			}
			return os.Symlink(target, name)
		}
	case keep:
		create = func(name string) error { return makeSpecial(name, info) }
	default:
		req.Warnf("%q is skipped: it is neither a file, a folder nor a link", from)
		return nil
	}
	err := replace(to, func(name string) error {
		if err := create(name); err != nil {
			return err
		}
		return dress(from, name, info, keep)
	})
	if err != nil {
		return action.PathError("copying "+quoted(from)+" to", to, err)
	}
	return nil
}

// duplicateFile copies the content into a new file that nobody else can read yet.
func duplicateFile(ctx context.Context, from, name string) error {
	in, _, err := openExisting(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = copyBytes(ctx, out, in)
	return errors.Join(err, out.Close())
}

// dress gives a copy the mode of its source and, with keep, everything else too. The owner comes before the mode,
// whose set-id bits a change of owner clears; the times come last.
func dress(from, to string, info fs.FileInfo, keep bool) error {
	isLink := info.Mode()&fs.ModeSymlink != 0
	if keep {
		if err := copyOwner(to, info); err != nil {
			return err
		}
		if err := copyExtended(from, to); err != nil {
			return err
		}
	}
	if !isLink {
		mode := info.Mode()
		if !keep && !isOurs(info) {
			mode &^= fs.ModeSetuid | fs.ModeSetgid // they would now run with another identity
		}
		if err := os.Chmod(to, mode); err != nil {
			return err
		}
	}
	if !keep {
		return nil
	}
	return copyTimes(to, info)
}
