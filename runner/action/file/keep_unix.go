//go:build !windows

package file

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// isOurs reports whether a file that the runner creates gets the same owner and group.
func isOurs(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid() && int(stat.Gid) == os.Getegid()
}

// copyOwner gives path, not followed if it is a link, the owner and group in info. Only root may give files away, so
// for others this is no error, as for mv.
func copyOwner(path string, info fs.FileInfo) error {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	err := os.Lchown(path, int(stat.Uid), int(stat.Gid))
	if errors.Is(err, fs.ErrPermission) && os.Geteuid() != 0 {
		return nil
	}
	return err
}

// copyTimes gives path, not followed if it is a link, the time of change in info.
func copyTimes(path string, info fs.FileInfo) error {
	t, err := unix.TimeToTimespec(info.ModTime())
	if err != nil {
		return err
	}
	return unix.UtimesNanoAt(unix.AT_FDCWD, path, []unix.Timespec{t, t}, unix.AT_SYMLINK_NOFOLLOW)
}

// copyExtended copies the extended attributes, such as file capabilities. What the target's file system cannot hold,
// or the runner may not set, is left out, as mv does.
func copyExtended(from, to string) error {
	size, err := unix.Llistxattr(from, nil)
	if err != nil || size == 0 {
		return nil // the file system has none
	}
	names := make([]byte, size)
	size, err = unix.Llistxattr(from, names)
	if err != nil {
		return err
	}
	for name := range bytes.SplitSeq(names[:size], []byte{0}) {
		if len(name) == 0 {
			continue
		}
		value := make([]byte, 64<<10) // the kernel's limit of one value
		n, err := unix.Lgetxattr(from, string(name), value)
		if err != nil {
			continue
		}
		err = unix.Lsetxattr(to, string(name), value[:n], 0)
		if err != nil && !errors.Is(err, unix.ENOTSUP) && !errors.Is(err, unix.EPERM) {
			return err
		}
	}
	return nil
}

// makeSpecial creates a device, pipe or socket like the one in info.
func makeSpecial(path string, info fs.FileInfo) error {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return errSpecial
	}
	return unix.Mknod(path, uint32(stat.Mode), int(stat.Rdev)) //nolint:gosec,unconvert // their types differ between systems
}
