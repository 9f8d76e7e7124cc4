package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/slipway-oci/slipway/runner/action"
)

// folderPairs resolves source and destination of CopyFolder and MoveFolder, creates the folders above, and refuses
// whatever must not be overwritten before the first folder is touched.
func folderPairs(ctx context.Context, req action.Request, e action.Entry, stat statFunc) ([]pair, error) {
	sources, err := folderSources(ctx, req, e.Text("source"), stat)
	if err != nil {
		return nil, err
	}
	destination := req.Path(e.Text("destination"))
	into := marksFolder(destination)
	if len(sources) > 1 && !into {
		return nil, fmt.Errorf("%q to %q: %w", e.Text("source"), destination, errManyMatch)
	}
	pairs := make([]pair, 0, len(sources))
	for _, from := range sources {
		to := destination
		if into {
			to = join(destination, baseName(from))
		}
		if err := checkFolderTarget(from, to, e.Bool("overwrite", true)); err != nil {
			return nil, err
		}
		pairs = append(pairs, pair{from, to})
	}
	return pairs, makeParents(pairs[0].to)
}

// folderSources returns the folders that source names: at least one, files and links left out.
func folderSources(ctx context.Context, req action.Request, source string, stat statFunc) ([]string, error) {
	folder, name, wild, err := action.SplitWildcard(source)
	if err != nil {
		return nil, err
	}
	if !wild {
		path := withoutMark(req.Path(source))
		info, err := stat(path)
		if err == nil && !info.IsDir() {
			err = errNotFolder
		}
		if err != nil {
			return nil, action.PathError("reading", path, err)
		}
		return []string{path}, nil
	}
	folder = req.Path(folder)
	found, err := expand(ctx, folder, name)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, entry := range found {
		if entry.IsDir() {
			paths = append(paths, join(folder, entry.Name()))
		}
	}
	if len(paths) == 0 {
		return nil, action.PathError("reading", req.Path(source), errNoMatch)
	}
	return paths, nil
}

var errInsideItself = errors.New("a folder cannot be put into itself")

// checkFolderTarget refuses a final path that must not be written.
func checkFolderTarget(from, to string, overwrite bool) error {
	source, err := filepath.EvalSymlinks(from)
	if err != nil {
		return action.PathError("reading", from, err)
	}
	if inside(resolve(to), source) {
		return action.PathError("copying "+quoted(from)+" to", to, errInsideItself)
	}
	info, err := os.Stat(to)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err == nil && !info.IsDir():
		err = errNotFolder
	case err == nil && !overwrite:
		err = errExists
	}
	if err != nil {
		return action.PathError("writing", to, err)
	}
	return nil
}

// inside reports whether path is folder or lies below it; both are free of links.
func inside(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, join(folder, ""))
}

// resolve returns path without links; the part of it that does not exist yet stays as it is.
func resolve(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	parent, name := filepath.Split(withoutMark(path))
	if parent == "" || name == "" {
		return path
	}
	return filepath.Join(resolve(withoutMark(parent)), name)
}
