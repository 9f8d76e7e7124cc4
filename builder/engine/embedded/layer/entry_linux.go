package layer

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"
)

const capabilityAttribute = "security.capability"

// entry is a file of the upper folder.
type entry struct {
	dir  int    // an open folder
	name string // in dir
	path string // from the root of the image, without a slash in front
	stat unix.Stat_t
}

func (e entry) kind() uint32 { return e.stat.Mode & unix.S_IFMT }

// isWhiteout says whether overlayfs marks a name as deleted: a character device of number 0.
func (e entry) isWhiteout() bool { return e.kind() == unix.S_IFCHR && e.stat.Rdev == 0 }

// linked says whether the file may have other names.
func (e entry) linked() bool { return e.kind() != unix.S_IFDIR && e.stat.Nlink > 1 }

// openAt opens a file without following a link, and without writing down when it was read if the kernel allows it.
// The caller closes the descriptor.
func openAt(dir int, name string, flags int) (int, error) {
	flags |= unix.O_RDONLY | unix.O_NOFOLLOW | unix.O_CLOEXEC
	fd, err := unix.Openat(dir, name, flags|unix.O_NOATIME, 0)
	if errors.Is(err, unix.EPERM) {
		return unix.Openat(dir, name, flags, 0)
	}
	return fd, err
}

// capability reads the file capabilities of a path, nil when there are none.
func capability(path string) ([]byte, error) {
	return attribute(path, func(value []byte) (int, error) { return unix.Lgetxattr(path, capabilityAttribute, value) })
}

// attribute reads one extended attribute, nil when the file has none or the file system knows none.
func attribute(path string, get func([]byte) (int, error)) ([]byte, error) {
	var buffer [64]byte // capabilities have 20 or 24
	n, err := get(buffer[:])
	switch {
	case err == nil:
		return append([]byte(nil), buffer[:n]...), nil
	case errors.Is(err, unix.ENODATA), errors.Is(err, unix.ENOTSUP):
		return nil, nil
	default:
		return nil, &fs.PathError{Op: "read the capabilities of", Path: path, Err: err}
	}
}
