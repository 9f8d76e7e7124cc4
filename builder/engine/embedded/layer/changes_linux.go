package layer

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	continuity "github.com/containerd/continuity/fs"
	"golang.org/x/sys/unix"
)

// errUnsupported says that the folder of an overlay does not hold its changes by itself.
var errUnsupported = errors.New("the changes are not in the upper folder alone")

const (
	opaqueMark   = "opaque"
	redirectMark = "redirect"
	metacopyMark = "metacopy"
)

// tree is the file system below an open folder.
type tree struct {
	root *os.File
	path string
}

func openTree(path string) (tree, error) {
	f, err := os.Open(path)
	return tree{f, path}, err
}

func (t tree) close() { _ = t.root.Close() }

// stat looks at a path without following a link in its last part. A path that is not there is no error.
func (t tree) stat(path string) (st unix.Stat_t, found bool, err error) {
	err = unix.Fstatat(int(t.root.Fd()), path, &st, unix.AT_SYMLINK_NOFOLLOW)
	switch {
	case err == nil:
		return st, true, nil
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOTDIR):
		return st, false, nil
	default:
		return st, false, &fs.PathError{Op: "stat", Path: filepath.Join(t.path, path), Err: err}
	}
}

// changes walks the upper folder of an overlay in the order of names and tells the archive what it changes in lower.
// It decides as BuildKit's overlay differ does; the difference is in the system calls: a folder that lower does not
// have is not looked up there again for each file, and files are read where they are instead of through a mount.
type changes struct {
	upper, lower tree
	// view mounts upper without its marks of deleted files. It is asked for when a folder hides one of lower.
	view func() (string, error)
	out  *archive
}

// folder walks one folder; below says whether lower has a folder at that path too.
func (c *changes) folder(ctx context.Context, dir *os.File, path string, below bool) error {
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return err
	}
	slices.Sort(names)
	for _, name := range names {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		e := entry{dir: int(dir.Fd()), name: name, path: name}
		if path != "" {
			e.path = path + "/" + name
		}
		if err := unix.Fstatat(e.dir, name, &e.stat, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return &fs.PathError{Op: "stat", Path: filepath.Join(c.upper.path, e.path), Err: err}
		}
		if err := c.entry(ctx, e, below); err != nil {
			return err
		}
	}
	return nil
}

// entry handles one name of the upper folder; below says whether lower has its folder.
func (c *changes) entry(ctx context.Context, e entry, below bool) error {
	var base unix.Stat_t
	var found bool
	var err error
	if below {
		if base, found, err = c.lower.stat(e.path); err != nil {
			return err
		}
	}
	if e.isWhiteout() {
		if !found {
			return nil
		}
		return c.out.remove(e.path)
	}
	if e.kind() == unix.S_IFDIR {
		return c.directory(ctx, e, base, found)
	}
	if found {
		if same, err := c.unchanged(e, base); err != nil || same {
			return err
		}
	}
	return c.out.add(e)
}

func (c *changes) directory(ctx context.Context, e entry, base unix.Stat_t, found bool) error {
	fd, err := openAt(e.dir, e.name, unix.O_DIRECTORY)
	if err != nil {
		return &fs.PathError{Op: "open", Path: filepath.Join(c.upper.path, e.path), Err: err}
	}
	dir := os.NewFile(uintptr(fd), e.name)
	defer func() { _ = dir.Close() }()
	marks, err := overlayMarks(fd)
	if err != nil {
		return &fs.PathError{Op: "read extended attributes of", Path: filepath.Join(c.upper.path, e.path), Err: err}
	}
	if marks[redirectMark] != "" {
		return errUnsupported
	}
	same := false
	if found {
		if same, err = c.unchanged(e, base); err != nil {
			return err
		}
	}
	if !same {
		if err := c.out.add(e); err != nil {
			return err
		}
	}
	if found && marks[opaqueMark] == "y" {
		return c.opaque(ctx, e.path)
	}
	return c.folder(ctx, dir, e.path, found && base.Mode&unix.S_IFMT == unix.S_IFDIR)
}

// opaque compares a folder that hides the one of lower with it: what it lacks is deleted.
func (c *changes) opaque(ctx context.Context, path string) error {
	view, err := c.view()
	if err != nil {
		return err
	}
	compare := func(kind continuity.ChangeKind, name string, _ os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		changed := path + name
		if kind == continuity.ChangeKindDelete {
			return c.out.remove(changed)
		}
		e := entry{dir: int(c.upper.root.Fd()), name: changed, path: changed}
		found := false
		if e.stat, found, err = c.upper.stat(changed); err != nil || !found {
			return errors.Join(errUnsupported, err)
		}
		if kind == continuity.ChangeKindUnmodified {
			return c.out.keep(e)
		}
		return c.out.add(e)
	}
	return continuity.Changes(ctx, filepath.Join(c.lower.path, path), filepath.Join(view, path), compare)
}

// unchanged says whether an entry is what lower has: the overlay copies folders up for what is in them, and files when
// they are opened for writing.
func (c *changes) unchanged(e entry, base unix.Stat_t) (bool, error) {
	if e.stat.Dev == base.Dev && e.stat.Ino == base.Ino {
		return true, nil
	}
	if e.stat.Mode != base.Mode || e.stat.Uid != base.Uid || e.stat.Gid != base.Gid || e.stat.Rdev != base.Rdev {
		return false, nil
	}
	folder := e.kind() == unix.S_IFDIR
	if !folder && (e.stat.Size != base.Size || e.stat.Mtim != base.Mtim) {
		return false, nil
	}
	upper, lower := filepath.Join(c.upper.path, e.path), filepath.Join(c.lower.path, e.path)
	ours, err := capability(upper)
	if err != nil {
		return false, err
	}
	theirs, err := capability(lower)
	if err != nil || folder || !bytes.Equal(ours, theirs) {
		return bytes.Equal(ours, theirs), err
	}
	if e.stat.Mtim.Nsec != 0 {
		return true, nil
	}
	// A time without fractions may have been cut by an archive, so it says little.
	switch {
	case e.kind() == unix.S_IFLNK:
		return equalLinks(upper, lower)
	case e.stat.Size == 0:
		return true, nil
	default:
		return equalFiles(upper, lower)
	}
}

// overlayMarks are the extended attributes by which overlayfs marks an open file, by the last part of their names.
func overlayMarks(fd int) (map[string]string, error) {
	list, err := attributes(fd)
	if err != nil || list == "" {
		return nil, err
	}
	marks := map[string]string{}
	for name := range strings.SplitSeq(list, "\x00") {
		for _, space := range []string{"trusted.overlay.", "user.overlay."} {
			mark, ok := strings.CutPrefix(name, space)
			if !ok || marks[mark] != "" {
				continue
			}
			var value [256]byte
			n, err := unix.Fgetxattr(fd, name, value[:])
			switch {
			case mark == metacopyMark, errors.Is(err, unix.ERANGE): // may be empty, and a path may be long: it is there
				marks[mark] = "set"
			case err != nil:
				return nil, err
			default:
				marks[mark] = string(value[:n])
			}
		}
	}
	return marks, nil
}

// attributes lists the names of a file's extended attributes, each with a zero byte behind it.
func attributes(fd int) (string, error) {
	for size := 256; ; size *= 4 {
		buffer := make([]byte, size)
		n, err := unix.Flistxattr(fd, buffer)
		switch {
		case err == nil:
			return string(buffer[:n]), nil
		case errors.Is(err, unix.ENOTSUP):
			return "", nil
		case !errors.Is(err, unix.ERANGE) || size > 1<<16:
			return "", err
		}
	}
}
