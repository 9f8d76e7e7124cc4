package file

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/slipway-oci/slipway/runner/action"
)

// copyTree copies the folder from to the path to, or merges it into the folder there. With keep the copies have owner,
// times and extended attributes of their sources.
func copyTree(ctx context.Context, req action.Request, from, to string, keep bool) error {
	info, err := statFolder(from)
	if err != nil {
		return action.PathError("reading", from, err)
	}
	// Without access for others until it is complete; the final mode may even forbid us to write.
	err = os.Mkdir(to, 0o700)
	isNew := err == nil
	if errors.Is(err, fs.ErrExist) {
		_, err = statFolder(to)
	}
	if err != nil {
		return action.PathError("creating folder", to, err)
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return action.PathError("reading folder", from, err)
	}
	for _, entry := range entries {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := copyEntry(ctx, req, join(from, entry.Name()), join(to, entry.Name()), keep); err != nil {
			return err
		}
	}
	if !isNew {
		return nil
	}
	if err := dress(from, to, info, keep); err != nil {
		return action.PathError("setting attributes of", to, err)
	}
	return nil
}

func copyEntry(ctx context.Context, req action.Request, from, to string, keep bool) error {
	info, err := os.Lstat(from)
	if err != nil {
		return action.PathError("reading", from, err)
	}
	if info.IsDir() {
		return copyTree(ctx, req, from, to, keep)
	}
	if target, err := os.Stat(to); err == nil && target.IsDir() {
		return action.PathError("writing", to, errIsFolder)
	}
	return duplicate(ctx, req, from, to, info, keep)
}

// removeTree removes a folder with its content and stops at the next entry when ctx has ended. Links are removed, not
// followed.
func removeTree(ctx context.Context, path string) error {
	root, err := openFolder(path)
	if err != nil {
		return action.PathError("deleting", path, err)
	}
	err = walk(ctx, root, path, func(f found) error {
		if err := f.folder.Remove(f.entry.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return action.PathError("deleting", f.path, err)
		}
		return nil
	})
	_ = root.Close() // opened for reading
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return action.PathError("deleting", path, err)
	}
	return nil
}

// openFolder opens a folder that is no link: what is done through the root cannot leave it, whatever takes the place of
// a folder meanwhile.
func openFolder(path string) (*os.Root, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	opened, err := root.Stat(".")
	if err == nil {
		var info fs.FileInfo
		if info, err = os.Lstat(path); err == nil && !os.SameFile(opened, info) {
			err = errNotFolder
		}
	}
	if err != nil {
		_ = root.Close()
		return nil, err
	}
	return root, nil
}

// found is one thing that a walk comes upon.
type found struct {
	folder *os.Root // the folder that it is in
	path   string
	entry  fs.DirEntry
}

// walk calls visit for everything below root, the content of a folder before the folder itself, so that visit may
// remove it or close it. Links are not followed. path is that of root, for messages.
func walk(ctx context.Context, root *os.Root, path string, visit func(found) error) error {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return action.PathError("reading folder", path, err)
	}
	for _, entry := range entries {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		f := found{root, join(path, entry.Name()), entry}
		if entry.IsDir() {
			if err := walkBelow(ctx, f, visit); err != nil {
				return err
			}
		}
		if err := visit(f); err != nil {
			return err
		}
	}
	return nil
}

// walkBelow walks the folder f.
func walkBelow(ctx context.Context, f found, visit func(found) error) error {
	below, err := f.folder.OpenRoot(f.entry.Name())
	if err != nil {
		return action.PathError("reading folder", f.path, err)
	}
	defer func() { _ = below.Close() }() // opened for reading
	return walk(ctx, below, f.path, visit)
}
