package command

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/slipway-oci/slipway/runner"
)

// Archive writes the whole file system of the container to stdout as a tar stream, without what is mounted
// into it: the state that a failed step left, to be entered later.
func Archive(ctx context.Context, p Process, args []string) int {
	if len(args) > 0 {
		fmt.Fprintf(p.Stdout, "Usage: %s archive\n\nWrites the container's file system to stdout as a tar stream, without mounts.\n", p.Name)
		return runner.ExitSuccess
	}
	return p.failed(archiveTree(ctx, "/", p.Stdout))
}

// archiveMarked writes the container's file system behind a global header, which tells it from the archive of a log
// folder.
func archiveMarked(ctx context.Context, to io.Writer) error {
	mark := tar.NewWriter(to)
	err := mark.WriteHeader(&tar.Header{Typeflag: tar.TypeXGlobalHeader, Name: "rootfs", PAXRecords: map[string]string{"comment": "rootfs"}})
	if err == nil {
		err = mark.Flush() // the record fills its block
	}
	if err != nil {
		return err
	}
	return archiveTree(ctx, "/", to)
}

// archiveTree writes root and everything on its file system.
func archiveTree(ctx context.Context, root string, to io.Writer) error {
	device, err := deviceOf(root)
	if err != nil {
		return err
	}
	a := archiver{tar: tar.NewWriter(to), root: root, links: map[inode]string{}}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, fs.ErrNotExist):
			return nil // a process removed it meanwhile
		case err != nil:
			return err
		case path == root:
			return nil
		}
		if d.IsDir() {
			if own, err := deviceOf(path); err != nil || own != device {
				return filepath.SkipDir // a mount, and so is its folder, as far as the image is concerned
			}
		} else if mounted(path) {
			return nil
		}
		return a.add(path, d)
	})
	return errors.Join(err, a.tar.Close())
}

func deviceOf(path string) (uint64, error) {
	var stat syscall.Stat_t
	if err := syscall.Lstat(path, &stat); err != nil {
		return 0, err
	}
	return stat.Dev, nil
}

// mounted reports whether a file is a mount point: resolv.conf and hosts are.
func mounted(path string) bool {
	var stat unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, path, unix.AT_SYMLINK_NOFOLLOW, unix.STATX_BASIC_STATS, &stat)
	return err == nil && stat.Attributes_mask&unix.STATX_ATTR_MOUNT_ROOT != 0 && stat.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0
}

type inode struct{ dev, ino uint64 }

// archiver writes entries as the OCI image-spec wants them in a layer: hard links, extended attributes, numeric owners.
type archiver struct {
	tar   *tar.Writer
	root  string
	links map[inode]string
}

func (a *archiver) add(path string, d fs.DirEntry) error {
	info, err := d.Info()
	if err != nil {
		return nil //nolint:nilerr // a process removed it meanwhile
	}
	if info.Mode()&fs.ModeSocket != 0 {
		return nil
	}
	target := ""
	if info.Mode()&fs.ModeSymlink != 0 {
		if target, err = os.Readlink(path); err != nil {
			return nil //nolint:nilerr // as above
		}
	}
	header, err := tar.FileInfoHeader(info, target)
	if err != nil {
		return fmt.Errorf("archive %q: %w", path, err)
	}
	header.Name, header.Uname, header.Gname, header.Format = strings.TrimPrefix(path, "/"), "", "", tar.FormatPAX
	if d.IsDir() {
		header.Name += "/"
	}
	a.extend(path, header)
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && info.Mode().IsRegular() && stat.Nlink > 1 {
		key := inode{stat.Dev, stat.Ino}
		if first, ok := a.links[key]; ok {
			header.Typeflag, header.Linkname, header.Size = tar.TypeLink, first, 0
		} else {
			a.links[key] = header.Name
		}
	}
	if header.Typeflag != tar.TypeReg {
		return a.tar.WriteHeader(header)
	}
	return a.file(path, header)
}

func (a *archiver) file(path string, header *tar.Header) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("archive %q: %w", path, err)
	}
	defer func() { _ = f.Close() }()
	if err := a.tar.WriteHeader(header); err != nil {
		return err
	}
	// A file that shrinks meanwhile is filled up, one that grows is cut, so that the archive stays sound.
	n, err := io.Copy(a.tar, io.LimitReader(f, header.Size))
	if err == nil && n < header.Size {
		_, err = io.CopyN(a.tar, zeros{}, header.Size-n)
	}
	return err
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// extend adds the extended attributes that images carry: capabilities and the user's own.
func (a *archiver) extend(path string, header *tar.Header) {
	names := make([]byte, 4096)
	n, err := unix.Llistxattr(path, names)
	if err != nil || n <= 0 {
		return
	}
	for name := range strings.SplitSeq(strings.TrimRight(string(names[:n]), "\x00"), "\x00") {
		if name != "security.capability" && !strings.HasPrefix(name, "user.") {
			continue
		}
		value := make([]byte, 64<<10)
		if size, err := unix.Lgetxattr(path, name, value); err == nil {
			if header.PAXRecords == nil {
				header.PAXRecords = map[string]string{}
			}
			header.PAXRecords["SCHILY.xattr."+name] = string(value[:size])
		}
	}
}
