package file

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/slipway-oci/slipway/runner/action"
)

var (
	errIsFolder  = errors.New("is a folder")
	errNotFolder = errors.New("is not a folder")
	errExists    = errors.New("already exists and overwrite is false")
	errRoot      = errors.New("the root folder is not a permitted target")
	errSpecial   = errors.New("is a pipe or socket")
)

// marksFolder reports whether path ends with a separator.
func marksFolder(path string) bool { return path != "" && os.IsPathSeparator(path[len(path)-1]) }

// withoutMark returns path without the separators at its end; the root stays.
func withoutMark(path string) string {
	for len(path) > 1 && marksFolder(path) && len(filepath.VolumeName(path))+1 < len(path) {
		path = path[:len(path)-1]
	}
	return path
}

// isRoot reports whether info, the result of a stat of path, is the root folder.
func isRoot(path string, info fs.FileInfo) bool {
	root, err := os.Stat(filepath.VolumeName(path) + string(filepath.Separator))
	return err == nil && os.SameFile(root, info)
}

// makeParents creates the folders above path, with mode 0777 minus umask.
func makeParents(path string) error {
	parent := filepath.Dir(path)
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return action.PathError("creating folder", parent, err)
	}
	return nil
}

// openExisting opens an existing file for reading without waiting for a writer at the other end of a pipe.
func openExisting(path string) (*os.File, fs.FileInfo, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil {
		err = fileKind(info)
	}
	if err != nil {
		_ = f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

// fileKind returns an error when info is not of something that can be read to its end as a file.
func fileKind(info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return errIsFolder
	case info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket) != 0:
		return errSpecial
	}
	return nil
}

// checkFile returns an error unless there is a file at path, links followed.
func checkFile(path string) error {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		err = errIsFolder
	}
	return err
}

// statFolder returns the state of the folder at path, links followed; anything else is an error.
func statFolder(path string) (fs.FileInfo, error) {
	info, err := os.Stat(path)
	if err == nil && !info.IsDir() {
		err = errNotFolder
	}
	return info, err
}

// join appends a name to a folder. It folds no "..", which would go wrong behind a link.
func join(folder, name string) string {
	if marksFolder(folder) {
		return folder + name
	}
	return folder + string(filepath.Separator) + name
}

// baseName returns the last segment of an absolute path.
func baseName(path string) string { return filepath.Base(filepath.Clean(path)) }
