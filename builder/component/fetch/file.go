package fetch

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// file reads a file. The path is what follows file://, and nothing in it is unescaped.
func (f *Fetcher) file(path string) ([]byte, error) {
	if path == "" {
		return nil, &Error{Message: "it names no file"}
	}
	if f.opts.AnyFile {
		if !filepath.IsAbs(path) {
			path = filepath.Join(f.opts.Dir, path)
		}
		return f.open(os.Stat, os.Open, path)
	}
	if !filepath.IsAbs(path) {
		return nil, &Error{Message: "its path is not absolute", Advice: "write file:///PATH"}
	}
	return f.below(filepath.Clean(path))
}

// below reads a file that is below one of the roots, also when all links on the way are followed. A path outside gives
// the same error whether there is a file or not.
func (f *Fetcher) below(path string) ([]byte, error) {
	outside := &Error{
		Message: "files are not read from there",
		Advice:  "uri.fileRoots in the settings names the folders that may be read",
	}
	if len(f.opts.FileRoots) == 0 {
		outside.Message = "files are not read here"
		return nil, outside
	}
	resolved, missing := filepath.EvalSymlinks(path)
	for _, root := range f.opts.FileRoots {
		if missing != nil {
			if _, ok := inside(filepath.Clean(root), path); ok && errors.Is(missing, fs.ErrNotExist) {
				return nil, fs.ErrNotExist
			}
			continue
		}
		realRoot, err := filepath.EvalSymlinks(root)
		if err != nil {
			continue // a root that does not exist holds nothing
		}
		name, ok := inside(realRoot, resolved)
		if !ok {
			continue
		}
		folder, err := os.OpenRoot(realRoot) // what changes from here on cannot lead outside either
		if err != nil {
			return nil, err
		}
		defer folder.Close()
		return f.open(folder.Stat, folder.Open, name)
	}
	return nil, outside
}

// inside gives the path within a folder.
func inside(folder, path string) (string, bool) {
	name, err := filepath.Rel(folder, path)
	if err != nil || name == ".." || strings.HasPrefix(name, ".."+string(filepath.Separator)) {
		return "", false
	}
	return name, true
}

func (f *Fetcher) open(stat func(string) (fs.FileInfo, error), open func(string) (*os.File, error), path string) ([]byte, error) {
	info, err := stat(path) // first: opening a pipe would wait
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a file")
	}
	opened, err := open(path)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	return io.ReadAll(io.LimitReader(opened, f.opts.Limit+1))
}
