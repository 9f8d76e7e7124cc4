package report

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// WriteArchive writes the log folder at path to w as a tar stream; the names in it begin with the folder's own.
func WriteArchive(w io.Writer, path string) error {
	tw := tar.NewWriter(w)
	parent := filepath.Dir(path)
	err := filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(parent, name)
		if err != nil {
			return err
		}
		return archiveEntry(tw, name, relative, entry)
	})
	if err := errors.Join(err, tw.Close()); err != nil {
		return fmt.Errorf("log archive of %q: %w", path, err)
	}
	return nil
}

func archiveEntry(tw *tar.Writer, name, relative string, entry fs.DirEntry) error {
	if !entry.IsDir() && !entry.Type().IsRegular() {
		return nil
	}
	info, err := entry.Info()
	if err != nil {
		return err
	}
	header, err := tar.FileInfoHeader(info, "")
	if err != nil {
		return err
	}
	header.Name = filepath.ToSlash(relative)
	if entry.IsDir() {
		header.Name += "/"
		return tw.WriteHeader(header)
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := tw.WriteHeader(header); err != nil {
		return err
	}
	_, err = io.CopyN(tw, f, header.Size)
	return err
}
