package render

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/patternmatcher/ignorefile"
	"github.com/tonistiigi/fsutil"
)

// context copies the files that COPY and ADD may read, or makes an empty folder when the template reads none.
func (r *renderer) context(ctx context.Context) error {
	to := r.path(contextFolder)
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	if !r.plan.Template.UsesContext || r.plan.Context == "" { // a recipe of the store has no folder
		return nil
	}
	from := filepath.FromSlash(r.plan.Context)
	excluded, err := ignored(from)
	if err != nil {
		return err
	}
	own, err := below(from, r.dir)
	if err != nil {
		return err
	}
	if own != "" {
		excluded = append(excluded, own)
	}
	all, err := fsutil.NewFS(from)
	if err != nil {
		return err
	}
	filtered, err := fsutil.NewFilterFS(all, &fsutil.FilterOpt{ExcludePatterns: excluded})
	if err != nil {
		return fmt.Errorf("patterns of .dockerignore: %w", err)
	}
	return filtered.Walk(ctx, "", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return copyEntry(filtered, name, entry, filepath.Join(to, name), filepath.Join(from, name))
	})
}

// ignored gives the patterns of the .dockerignore of a folder.
func ignored(dir string) ([]string, error) {
	f, err := os.Open(filepath.Join(dir, ".dockerignore"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ignorefile.ReadAll(f)
}

// below gives the path of inner as seen from outer, "" when it is not in it.
func below(outer, inner string) (string, error) {
	outer, err := filepath.Abs(outer)
	if err != nil {
		return "", err
	}
	if inner, err = filepath.Abs(inner); err != nil {
		return "", err
	}
	relative, err := filepath.Rel(outer, inner)
	if err != nil || relative == "." || relative == ".." || strings.HasPrefix(relative, ".."+string(filepath.Separator)) {
		return "", nil //nolint:nilerr // on another volume it is not in it
	}
	return filepath.ToSlash(relative), nil
}

// copyEntry copies a folder, file or link with its permissions and time.
func copyEntry(source fsutil.FS, name string, entry fs.DirEntry, to, original string) error {
	info, err := entry.Info()
	if err != nil {
		return err
	}
	switch {
	case entry.IsDir():
		return os.MkdirAll(to, info.Mode().Perm()|0o700)
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := os.Readlink(original)
		if err != nil {
			return err
		}
		return os.Symlink(target, to)
	case !info.Mode().IsRegular():
		return nil // sockets and devices are no input of a build
	}
	in, err := source.Open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, info.Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Close(), os.Chmod(to, info.Mode().Perm())); err != nil {
		return err
	}
	return os.Chtimes(to, info.ModTime(), info.ModTime())
}
