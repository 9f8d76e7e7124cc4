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
	err := walk(ctx, path, func(path string, _ fs.DirEntry) error {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return action.PathError("deleting", path, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return action.PathError("deleting", path, err)
	}
	return nil
}

// walk calls visit for everything below folder, the content of a folder before the folder itself, so that visit may
// remove it or close it. Links are not followed.
func walk(ctx context.Context, folder string, visit func(path string, entry fs.DirEntry) error) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return action.PathError("reading folder", folder, err)
	}
	for _, entry := range entries {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		path := join(folder, entry.Name())
		if entry.IsDir() {
			if err := walk(ctx, path, visit); err != nil {
				return err
			}
		}
		if err := visit(path, entry); err != nil {
			return err
		}
	}
	return nil
}
