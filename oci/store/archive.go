package store

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/bzip2"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Archives that cannot be imported.
var (
	errEmptyArchive = errors.New("the archive is empty")
	errNoFiles      = errors.New("the archive has no files")
)

// maxWindow bounds the memory that a zstd archive may ask for.
const maxWindow = 128 << 20

// intake says how an archive is taken in. The zero value is for the root file system of an image.
type intake struct {
	// known are layers that the store has, by the digest of their plain tar: they are not stored a second time.
	known map[v1.Hash]v1.Descriptor
	// emptyAllowed takes an archive without files, which a layer may be.
	emptyAllowed bool
}

// ingestArchive stores an archive as a layer blob and returns its descriptor and the digest of the plain tar.
func (s *Store) ingestArchive(ctx context.Context, r io.Reader, in intake) (layer v1.Descriptor, diffID v1.Hash, err error) {
	f, release, err := s.scratchFile(ctx)
	if err != nil {
		return layer, diffID, err
	}
	defer release()
	blob := &countingWriter{w: f, sum: sha256.New()}
	mediaType, diffID, err := copyArchive(bufio.NewReaderSize(&contextReader{ctx: ctx, r: r}, 1<<16), blob, in.emptyAllowed)
	if known, ok := in.known[diffID]; ok && err == nil && s.refresh(known) {
		return known, diffID, nil
	}
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return layer, diffID, err
	}
	layer = v1.Descriptor{MediaType: mediaType, Digest: digestOf(blob.sum), Size: blob.n}
	if s.refresh(layer) {
		return layer, diffID, nil
	}
	if err := os.Rename(f.Name(), s.blobPath(layer.Digest)); err != nil {
		return layer, diffID, err
	}
	return layer, diffID, syncFolder(filepath.Dir(s.blobPath(layer.Digest)))
}

// scratchFile makes a file that Prune leaves alone until release, which removes it if it is still there.
func (s *Store) scratchFile(ctx context.Context) (f *os.File, release func(), err error) {
	if err := os.MkdirAll(s.path(partialFolder), 0o755); err != nil {
		return nil, nil, err
	}
	f, err = os.CreateTemp(s.path(partialFolder), "import-*")
	if err != nil {
		return nil, nil, err
	}
	unlock, err := lock(ctx, f.Name()+lockSuffix)
	if err == nil {
		err = f.Chmod(0o644)
	}
	release = func() {
		_ = f.Close()
		_ = os.Remove(f.Name())
		_ = os.Remove(f.Name() + lockSuffix)
		if unlock != nil {
			unlock()
		}
	}
	if err != nil {
		release()
		return nil, nil, err
	}
	return f, release, nil
}

// copyArchive writes the layer blob to w, and returns its media type and the digest of the plain archive.
func copyArchive(r *bufio.Reader, w io.Writer, emptyAllowed bool) (types.MediaType, v1.Hash, error) {
	magic, err := r.Peek(6)
	if len(magic) == 0 {
		if errors.Is(err, io.EOF) {
			err = errEmptyArchive
		}
		return "", v1.Hash{}, err
	}
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		same := io.TeeReader(r, w)
		plain, err := gzip.NewReader(same)
		if err != nil {
			return "", v1.Hash{}, err
		}
		diffID, err := readTar(plain, emptyAllowed)
		return types.OCILayer, diffID, err
	case bytes.HasPrefix(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		same := io.TeeReader(r, w)
		plain, err := zstd.NewReader(same, zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
		if err != nil {
			return "", v1.Hash{}, err
		}
		defer plain.Close()
		diffID, err := readTar(plain, emptyAllowed)
		return types.OCILayerZStd, diffID, err
	case bytes.HasPrefix(magic, []byte{0xfd, '7', 'z', 'X', 'Z', 0}):
		return "", v1.Hash{}, &xzError{}
	case bytes.HasPrefix(magic, []byte("BZh")):
		return compress(bzip2.NewReader(r), w, emptyAllowed)
	default:
		return compress(r, w, emptyAllowed)
	}
}

// compress writes a plain archive with gzip.
func compress(r io.Reader, w io.Writer, emptyAllowed bool) (types.MediaType, v1.Hash, error) {
	z := gzip.NewWriter(w)
	diffID, err := readTar(io.TeeReader(r, z), emptyAllowed)
	return types.OCILayer, diffID, errors.Join(err, z.Close())
}

// readTar reads a plain archive to its end, checks it, and returns its digest.
func readTar(r io.Reader, emptyAllowed bool) (v1.Hash, error) {
	sum := sha256.New()
	r = io.TeeReader(r, sum)
	archive := tar.NewReader(r)
	for files := 0; ; files++ {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) && (files > 0 || emptyAllowed) {
			break
		}
		if errors.Is(err, io.EOF) {
			return v1.Hash{}, errNoFiles
		}
		if err != nil {
			return v1.Hash{}, fmt.Errorf("not a tar archive that can be read (after %d entries): %w", files, err)
		}
		if name := path.Clean(strings.TrimLeft(header.Name, "/")); name == ".." || strings.HasPrefix(name, "../") {
			return v1.Hash{}, fmt.Errorf("the archive has an entry outside its root: %q", header.Name)
		}
	}
	if err := rest(r); err != nil { // what follows the end mark belongs to the digest
		return v1.Hash{}, err
	}
	return digestOf(sum), nil
}

// rest reads to the end.
func rest(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	return err
}

// xzError says that an archive is compressed in a way that image layers do not have.
type xzError struct{}

func (*xzError) Error() string {
	return "the archive is compressed with xz, which image layers do not have"
}

func (*xzError) Hint() string {
	return "pipe it through xz: `xz -dc FILE | slipway image import - NAME:TAG`"
}

type countingWriter struct {
	w   io.Writer
	sum hash.Hash
	n   int64
}

func (w *countingWriter) Write(p []byte) (int, error) {
	n, err := w.w.Write(p)
	w.sum.Write(p[:n])
	w.n += int64(n)
	return n, err
}

func digestOf(sum hash.Hash) v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum.Sum(nil))}
}
