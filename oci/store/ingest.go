package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Fetch opens the bytes of a blob from offset on. A source that cannot start there returns resumed false and the
// whole blob. The reader is closed by the store.
type Fetch func(ctx context.Context, offset int64) (r io.ReadCloser, resumed bool, err error)

// Ingest stores the blob that desc describes, unless it is there already. It is atomic (the blob appears complete
// and verified, or not at all) and may be called by several processes for one blob: one of them fetches, the others
// wait for it. What arrived before an error is kept, and the next Ingest asks fetch for the rest only. Bytes that do
// not have the digest are thrown away.
func (s *Store) Ingest(ctx context.Context, desc v1.Descriptor, fetch Fetch) error {
	if err := checkDigest(desc.Digest); err != nil {
		return err
	}
	if s.refresh(desc) {
		return nil
	}
	if err := os.MkdirAll(s.path(partialFolder), 0o755); err != nil {
		return fmt.Errorf("image store: %w", err)
	}
	partial := s.path(partialFolder, desc.Digest.Hex)
	unlock, err := lock(ctx, partial+lockSuffix)
	if err != nil {
		return fmt.Errorf("image store: %w", err)
	}
	defer func() {
		_ = os.Remove(partial + ".lock") // while it is held, see tryLock
		unlock()
	}()
	if s.refresh(desc) {
		return nil
	}
	if err := download(ctx, partial, desc, fetch); err != nil {
		return err
	}
	if err := os.Rename(partial, s.blobPath(desc.Digest)); err != nil {
		return fmt.Errorf("image store: %w", err)
	}
	if err := syncFolder(filepath.Dir(s.blobPath(desc.Digest))); err != nil {
		return fmt.Errorf("image store: %w", err)
	}
	return nil
}

// refresh reports whether the blob is there, and makes it young again: Prune spares young blobs, so one that is
// about to be referenced cannot be collected in between.
func (s *Store) refresh(desc v1.Descriptor) bool {
	if !s.HasBlob(desc) {
		return false
	}
	now := time.Now()
	return os.Chtimes(s.blobPath(desc.Digest), now, now) == nil
}

// download completes the partial file.
func download(ctx context.Context, path string, desc v1.Descriptor, fetch Fetch) (err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644) //nolint:gosec // becomes a blob, which others may read
	if err != nil {
		return fmt.Errorf("image store: %w", err)
	}
	keep := true
	defer func() {
		if cerr := f.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("image store: %w", cerr)
		}
		if !keep {
			_ = os.Remove(path)
		}
	}()
	sum := sha256.New()
	found, err := io.Copy(sum, f)
	if err != nil {
		return fmt.Errorf("image store: %w", err)
	}
	have, err := fill(ctx, f, sum, found, desc, fetch)
	if err == nil && found > 0 && digestOf(sum) != desc.Digest { // what was found may be what a crash left
		if err := restart(f, sum); err != nil {
			return err
		}
		have, err = fill(ctx, f, sum, 0, desc, fetch)
	}
	if err != nil {
		keep = 0 < have && have <= desc.Size
		return err
	}
	if got := digestOf(sum); got != desc.Digest {
		keep = false
		return &DigestError{Want: desc.Digest, Got: got}
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("image store: %w", err)
	}
	return nil
}

// fill brings the file from have bytes to the size of the blob, and returns how many there are then.
func fill(ctx context.Context, f *os.File, sum hash.Hash, have int64, desc v1.Descriptor, fetch Fetch) (int64, error) {
	if have > desc.Size {
		if err := restart(f, sum); err != nil {
			return have, err
		}
		have = 0
	}
	if have == desc.Size && have > 0 {
		return have, nil
	}
	have, err := appendRest(ctx, f, sum, have, desc, fetch)
	if err == nil && have != desc.Size {
		err = fmt.Errorf("blob %s: %d of %d bytes arrived: %w", desc.Digest, have, desc.Size, io.ErrUnexpectedEOF)
	}
	return have, err
}

// restart throws away what is in the file.
func restart(f *os.File, sum hash.Hash) error {
	sum.Reset()
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("image store: %w", err)
	}
	if err := f.Truncate(0); err != nil {
		return fmt.Errorf("image store: %w", err)
	}
	return nil
}

// appendRest fetches from offset have on and returns how many bytes there are then.
func appendRest(ctx context.Context, f *os.File, sum hash.Hash, have int64, desc v1.Descriptor, fetch Fetch) (int64, error) {
	r, resumed, err := fetch(ctx, have)
	if err != nil {
		return have, err
	}
	defer r.Close()
	if !resumed && have > 0 {
		if err := restart(f, sum); err != nil {
			return have, err
		}
		have = 0
	}
	// One byte more than expected is enough to know that the source is wrong.
	n, err := io.Copy(io.MultiWriter(f, sum), &contextReader{ctx: ctx, r: io.LimitReader(r, desc.Size-have+1)})
	have += n
	if _, ok := errors.AsType[*os.PathError](err); ok {
		return have, fmt.Errorf("image store: %w", err)
	}
	if err != nil {
		return have, fmt.Errorf("blob %s: %d of %d bytes arrived: %w", desc.Digest, have, desc.Size, err)
	}
	return have, nil
}

// DigestError says that bytes were received which do not have the digest that was asked for.
type DigestError struct {
	Want, Got v1.Hash
}

func (e *DigestError) Error() string {
	return fmt.Sprintf("blob %s: the bytes received have the digest %s", e.Want, e.Got)
}
