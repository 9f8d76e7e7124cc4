package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// maxManifest bounds manifests, indexes and configs, which are read into memory. Registries allow 4 MiB.
const maxManifest = 16 << 20

func (s *Store) blobPath(h v1.Hash) string { return s.path("blobs", h.Algorithm, h.Hex) }

// HasBlob reports whether the blob is there with the size of its descriptor. The bytes are not read.
func (s *Store) HasBlob(desc v1.Descriptor) bool {
	if checkDigest(desc.Digest) != nil {
		return false
	}
	info, err := os.Lstat(s.blobPath(desc.Digest))
	return err == nil && info.Mode().IsRegular() && info.Size() == desc.Size
}

// Blob opens a blob as a file, so that it can be sent by the kernel or read at an offset. The size is checked; the
// bytes are not: whoever receives them has to (VerifyBlob, or the registry). The caller closes it.
func (s *Store) Blob(desc v1.Descriptor) (*os.File, error) {
	if err := checkDigest(desc.Digest); err != nil {
		return nil, err
	}
	path := s.blobPath(desc.Digest)
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, missingBlob(desc.Digest)
	case err != nil:
		return nil, &BlobError{Digest: desc.Digest, Reason: "unreadable", Err: err}
	case !info.Mode().IsRegular():
		return nil, &BlobError{Digest: desc.Digest, Reason: "not a regular file"}
	case info.Size() != desc.Size:
		return nil, &BlobError{Digest: desc.Digest, Reason: fmt.Sprintf("corrupt: it has %d bytes instead of %d", info.Size(), desc.Size)}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, &BlobError{Digest: desc.Digest, Reason: "unreadable", Err: err}
	}
	return f, nil
}

// ReadBlob returns a small blob (at most 16 MiB: a manifest or config), its digest verified.
func (s *Store) ReadBlob(desc v1.Descriptor) ([]byte, error) {
	if desc.Size > maxManifest {
		return nil, &BlobError{Digest: desc.Digest, Reason: fmt.Sprintf("%d bytes are too many for a manifest or config", desc.Size)}
	}
	f, err := s.Blob(desc)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
	if err != nil {
		return nil, &BlobError{Digest: desc.Digest, Reason: "unreadable", Err: err}
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != desc.Digest.Hex {
		return nil, &BlobError{Digest: desc.Digest, Reason: fmt.Sprintf("corrupt: its bytes have the digest sha256:%x", sum)}
	}
	return data, nil
}

// VerifyBlob reads the whole blob and compares its digest.
func (s *Store) VerifyBlob(ctx context.Context, desc v1.Descriptor) error {
	r, err := s.verifiedBlob(desc)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(io.Discard, &contextReader{ctx: ctx, r: r})
	return err
}

// verifiedBlob opens a blob for one sequential read, which ends with an error instead of io.EOF when the digest is wrong.
func (s *Store) verifiedBlob(desc v1.Descriptor) (io.ReadCloser, error) {
	f, err := s.Blob(desc)
	if err != nil {
		return nil, err
	}
	return &verifyReader{f: f, sum: sha256.New(), desc: desc}, nil
}

type verifyReader struct {
	f    *os.File
	sum  hash.Hash
	desc v1.Descriptor
}

func (r *verifyReader) Read(p []byte) (int, error) {
	n, err := r.f.Read(p)
	r.sum.Write(p[:n])
	if errors.Is(err, io.EOF) {
		if got := hex.EncodeToString(r.sum.Sum(nil)); got != r.desc.Digest.Hex {
			return n, &BlobError{Digest: r.desc.Digest, Reason: "corrupt: its bytes have the digest sha256:" + got}
		}
	}
	return n, err
}

func (r *verifyReader) Close() error { return r.f.Close() }

// putBytes stores a small blob.
func (s *Store) putBytes(ctx context.Context, data []byte) (v1.Hash, error) {
	sum := sha256.Sum256(data)
	h := v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum[:])}
	err := s.Ingest(ctx, v1.Descriptor{Digest: h, Size: int64(len(data))}, func(_ context.Context, offset int64) (io.ReadCloser, bool, error) {
		return io.NopCloser(bytes.NewReader(data[offset:])), true, nil
	})
	return h, err
}

func checkDigest(h v1.Hash) error {
	if h.Algorithm != "sha256" || len(h.Hex) != sha256.Size*2 {
		return fmt.Errorf("digest %q: only sha256 is supported", h)
	}
	for _, c := range h.Hex {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return fmt.Errorf("digest %q: not hexadecimal", h)
		}
	}
	return nil
}

func readFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%q is larger than %d bytes", path, limit)
	}
	return data, err
}

// contextReader ends a long copy when its context does.
type contextReader struct {
	ctx context.Context //nolint:containedctx // lives for one copy
	r   io.Reader
}

func (r *contextReader) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.r.Read(p)
}
