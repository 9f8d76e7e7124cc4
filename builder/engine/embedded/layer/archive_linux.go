package layer

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// whiteout is put in front of the name of a deleted file (OCI image layer specification).
	whiteout = ".wh."
	// capabilityRecord is the record of a tar header that holds file capabilities.
	capabilityRecord = "SCHILY.xattr." + capabilityAttribute
	readSize         = 1 << 20
)

var readBuffers = sync.Pool{New: func() any { b := make([]byte, readSize); return &b }}

// archive writes changes as a layer: what containerd's archive.ChangeWriter writes, byte for byte. Folders come before
// what is in them, also those that have not changed.
type archive struct {
	ctx    context.Context //nolint:containedctx // of one layer, for long reads
	tar    *tar.Writer
	upper  tree
	header func(*tar.Header) // is told of every header, may be nil

	folders map[string]bool     // that are in the archive
	first   map[uint64]string   // the name under which a file with several names was written
	kept    map[uint64][]string // names of such a file that lower has, as long as it was not written
}

func newArchive(ctx context.Context, w io.Writer, upper tree, header func(*tar.Header)) *archive {
	return &archive{
		ctx: ctx, tar: tar.NewWriter(w), upper: upper, header: header,
		folders: map[string]bool{}, first: map[uint64]string{}, kept: map[uint64][]string{},
	}
}

func (a *archive) close() error { return a.tar.Close() }

// remove writes that a name of lower is deleted.
func (a *archive) remove(name string) error {
	epoch := time.Unix(0, 0).UTC()
	return a.write(&tar.Header{
		Typeflag: tar.TypeReg, Name: path.Join(path.Dir(name), whiteout+path.Base(name)),
		ModTime: epoch, AccessTime: epoch, ChangeTime: epoch,
	})
}

// keep remembers a name of a file that did not change: if another name of the file did, both are links in the archive.
func (a *archive) keep(e entry) error {
	if !e.linked() {
		return nil
	}
	if _, ok := a.first[e.stat.Ino]; ok {
		return a.add(e)
	}
	a.kept[e.stat.Ino] = append(a.kept[e.stat.Ino], e.path)
	return nil
}

// add writes an entry that is new or changed.
func (a *archive) add(e entry) error {
	h, err := a.describe(e)
	if h == nil || err != nil {
		return err
	}
	var others []string
	if e.linked() {
		if source, ok := a.first[e.stat.Ino]; ok {
			asLink(h, h.Name, source)
		} else {
			a.first[e.stat.Ino] = h.Name
			others = a.kept[e.stat.Ino]
			delete(a.kept, e.stat.Ino)
		}
	}
	if h.Typeflag == tar.TypeReg && h.Size > 0 {
		err = a.file(e, h)
	} else if err = a.capability(e, h, closed); err == nil {
		err = a.write(h)
	}
	if err != nil {
		return err
	}
	source := h.Name
	for _, name := range others {
		asLink(h, name, source)
		if err := a.write(h); err != nil {
			return err
		}
	}
	return nil
}

// asLink makes h another name of a file.
func asLink(h *tar.Header, name, source string) {
	h.Name, h.Linkname, h.Typeflag, h.Size = name, source, tar.TypeLink, 0
}

// describe makes the header of an entry, nil for a socket, which a layer cannot hold.
func (a *archive) describe(e entry) (*tar.Header, error) {
	h := &tar.Header{
		Name: e.path, Mode: int64(e.stat.Mode & 0o7777), Uid: int(e.stat.Uid), Gid: int(e.stat.Gid),
		ModTime: time.Unix(e.stat.Mtim.Sec, 0), // whole seconds, never rounded up
		Format:  tar.FormatPAX,
	}
	switch e.kind() {
	case unix.S_IFREG:
		h.Typeflag, h.Size = tar.TypeReg, e.stat.Size
	case unix.S_IFDIR:
		h.Typeflag = tar.TypeDir
		h.Name += "/"
	case unix.S_IFLNK:
		target, err := readlinkAt(e.dir, e.name)
		if err != nil {
			return nil, &fs.PathError{Op: "readlink", Path: a.source(e), Err: err}
		}
		h.Typeflag, h.Linkname = tar.TypeSymlink, target
	case unix.S_IFCHR, unix.S_IFBLK:
		h.Typeflag = tar.TypeBlock
		if e.kind() == unix.S_IFCHR {
			h.Typeflag = tar.TypeChar
		}
		h.Devmajor, h.Devminor = int64(unix.Major(e.stat.Rdev)), int64(unix.Minor(e.stat.Rdev))
	case unix.S_IFIFO:
		h.Typeflag = tar.TypeFifo
	case unix.S_IFSOCK:
		return nil, nil
	default:
		return nil, fmt.Errorf("%s: unknown kind of file, mode %o", a.source(e), e.stat.Mode)
	}
	return h, nil
}

func (a *archive) source(e entry) string { return filepath.Join(a.upper.path, e.path) }

// closed stands for the descriptor of a file that is not open.
const closed = -1

// capability adds file capabilities.
func (a *archive) capability(e entry, h *tar.Header, fd int) error {
	get := func(value []byte) (int, error) { return unix.Lgetxattr(a.source(e), capabilityAttribute, value) }
	if fd != closed {
		get = func(value []byte) (int, error) { return unix.Fgetxattr(fd, capabilityAttribute, value) }
	}
	value, err := attribute(e.path, get)
	if len(value) > 0 {
		h.PAXRecords = map[string]string{capabilityRecord: string(value)}
	}
	return err
}

// write writes a header, those of the folders above first.
func (a *archive) write(h *tar.Header) error {
	name := path.Clean(h.Name)
	if err := a.parents(name); err != nil {
		return err
	}
	if h.Typeflag == tar.TypeDir {
		a.folders[name] = true
	}
	if a.header != nil {
		a.header(h)
	}
	return a.tar.WriteHeader(h)
}

func (a *archive) parents(name string) error {
	parent := path.Dir(name)
	if parent == "." || a.folders[parent] {
		return nil
	}
	a.folders[parent] = true
	e := entry{dir: int(a.upper.root.Fd()), name: parent, path: parent}
	found := false
	var err error
	if e.stat, found, err = a.upper.stat(parent); err != nil || !found {
		return errors.Join(errUnsupported, err)
	}
	return a.add(e)
}

// file writes a regular file that is not empty.
func (a *archive) file(e entry, h *tar.Header) error {
	fd, err := openAt(e.dir, e.name, 0)
	if err != nil {
		return &fs.PathError{Op: "open", Path: a.source(e), Err: err}
	}
	defer func() { _ = unix.Close(fd) }()
	if e.stat.Blocks == 0 { // a hole, or the content is elsewhere
		marks, err := overlayMarks(fd)
		if err != nil {
			return &fs.PathError{Op: "read extended attributes of", Path: a.source(e), Err: err}
		}
		if marks[metacopyMark] != "" {
			return errUnsupported
		}
	}
	if err := a.capability(e, h, fd); err != nil {
		return err
	}
	if err := a.write(h); err != nil {
		return err
	}
	if err := a.content(fd, e.stat.Size); err != nil {
		return &fs.PathError{Op: "read", Path: a.source(e), Err: err}
	}
	return nil
}

func (a *archive) content(fd int, size int64) error {
	buffer, _ := readBuffers.Get().(*[]byte)
	defer readBuffers.Put(buffer)
	for left := size; left > 0; {
		if a.ctx.Err() != nil {
			return context.Cause(a.ctx)
		}
		n, err := unix.Read(fd, (*buffer)[:min(left, readSize)])
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return err
		case n == 0:
			return io.ErrUnexpectedEOF
		}
		if _, err := a.tar.Write((*buffer)[:n]); err != nil {
			return err
		}
		left -= int64(n)
	}
	return nil
}

func readlinkAt(dir int, name string) (string, error) {
	for size := 256; ; size *= 4 {
		buffer := make([]byte, size)
		n, err := unix.Readlinkat(dir, name, buffer)
		if err != nil {
			return "", err
		}
		if n < size {
			return string(buffer[:n]), nil
		}
	}
}
