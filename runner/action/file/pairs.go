package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/slipway-oci/slipway/runner/action"
)

// transferInputs are the inputs of the four modules that copy and move; kind is "file" or "folder".
func transferInputs(sourceSummary, kind string) []action.Input {
	return []action.Input{
		{Name: "source", Type: action.String, Required: true, Check: checkWildcard, Summary: sourceSummary},
		{
			Name: "destination", Type: action.String, Required: true,
			Summary: "Folder to put it in, when it ends with `/`; else the path of the new " + kind + ".",
		},
		{
			Name: "overwrite", Type: action.Boolean, Default: "true",
			Summary: "Whether an existing " + kind + " is " + map[string]string{"file": "replaced", "folder": "merged into"}[kind] + "; if not, it is an error.",
		},
	}
}

// pair is one source path and the final path of its copy.
type pair struct{ from, to string }

// statFunc is os.Stat or os.Lstat: whether links count as what they point to.
type statFunc func(path string) (fs.FileInfo, error)

var (
	errNoMatch   = errors.New("nothing matches")
	errManyMatch = errors.New("several matches need a destination that ends with a separator")
	errSameFile  = errors.New("source and destination are the same file")
)

func quoted(path string) string { return strconv.Quote(path) }

// filePairs resolves source and destination of CopyFile and MoveFile, creates the destination folder, and refuses
// whatever must not be overwritten before the first file is touched.
func filePairs(ctx context.Context, req action.Request, e action.Entry, stat statFunc) ([]pair, error) {
	sources, wild, err := fileSources(ctx, req, e.Text("source"), stat)
	if err != nil {
		return nil, err
	}
	destination, overwrite := req.Path(e.Text("destination")), e.Bool("overwrite", true)
	into := marksFolder(destination)
	if wild && len(sources) > 1 && !into {
		return nil, fmt.Errorf("%q to %q: %w", e.Text("source"), destination, errManyMatch)
	}
	if info, err := os.Stat(destination); err == nil && info.IsDir() && !into {
		if !overwrite {
			return nil, action.PathError("writing", destination, errIsFolder)
		}
		into = true
	}
	pairs := make([]pair, 0, len(sources))
	for _, from := range sources {
		to := destination
		if into {
			to = join(destination, filepath.Base(from))
		}
		if err := checkTarget(from, to, overwrite); err != nil {
			return nil, err
		}
		pairs = append(pairs, pair{from, to})
	}
	return pairs, makeParents(pairs[0].to)
}

// fileSources returns the files that source names: at least one, folders left out.
func fileSources(ctx context.Context, req action.Request, source string, stat statFunc) (paths []string, wild bool, err error) {
	folder, name, wild, err := action.SplitWildcard(source)
	if err != nil {
		return nil, false, err
	}
	if !wild {
		path := req.Path(source)
		info, err := stat(path)
		if err == nil && info.IsDir() {
			err = errIsFolder
		}
		if err != nil {
			return nil, false, action.PathError("reading", path, err)
		}
		return []string{path}, false, nil
	}
	folder = req.Path(folder)
	found, err := expand(ctx, folder, name)
	if err != nil {
		return nil, true, err
	}
	for _, entry := range found {
		path := join(folder, entry.Name())
		if info, err := stat(path); err == nil && info.IsDir() {
			continue
		}
		paths = append(paths, path)
	}
	if len(paths) == 0 {
		return nil, true, action.PathError("reading", req.Path(source), errNoMatch)
	}
	return paths, true, nil
}

// checkTarget refuses a final path that must not be written.
func checkTarget(from, to string, overwrite bool) error {
	target, err := os.Stat(to)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(to); err == nil && !overwrite { // a link that points nowhere
			return action.PathError("writing", to, errExists)
		}
		return nil
	}
	if err != nil {
		return action.PathError("writing", to, err)
	}
	if source, err := os.Stat(from); err == nil && os.SameFile(source, target) {
		return action.PathError("writing", to, errSameFile)
	}
	switch {
	case target.IsDir():
		return action.PathError("writing", to, errIsFolder)
	case !overwrite:
		return action.PathError("writing", to, errExists)
	}
	return nil
}
