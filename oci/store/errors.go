package store

import (
	"errors"
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// ErrNotFound is matched by errors about a name, digest or blob that the store does not have.
var ErrNotFound = errors.New("not found")

// NotFoundError says that no image has a name or digest. It matches ErrNotFound.
type NotFoundError struct {
	Name string   // as asked for
	Near []string // pointers that may have been meant, at most five
}

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("image %q is not in the image store", e.Name)
}

// Is makes the error match ErrNotFound.
func (e *NotFoundError) Is(target error) bool { return target == ErrNotFound }

// Hint names what is there.
func (e *NotFoundError) Hint() string {
	if len(e.Near) == 0 {
		return "`slipway image list` shows the images that are there"
	}
	return "did you mean " + strings.Join(e.Near, " or ") + "? `slipway image list` shows all images"
}

// AmbiguousError says that a layout has several images where the only one was asked for.
type AmbiguousError struct {
	Dir    string
	Images int
}

func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("the OCI layout %q has %d images", e.Dir, e.Images)
}

// Hint says how to name one.
func (e *AmbiguousError) Hint() string {
	return "name one with oci-layout:DIR:TAG or oci-layout:DIR@sha256:..."
}

// BlobError says that a blob of the store cannot be used: it is missing, cut short, or its bytes are not those of
// its digest. A missing one matches ErrNotFound.
type BlobError struct {
	Digest v1.Hash
	Image  string // pointer or digest of the image that needs it, when known
	Reason string
	Err    error // may be nil
}

func (e *BlobError) Error() string {
	s := fmt.Sprintf("blob %s in the image store: %s", e.Digest, e.Reason)
	if e.Image != "" {
		s = fmt.Sprintf("image %q: %s", e.Image, s)
	}
	if e.Err != nil && !errors.Is(e.Err, ErrNotFound) {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *BlobError) Unwrap() error { return e.Err }

// Hint says how to get a sound copy again.
func (e *BlobError) Hint() string {
	return "delete the image with `slipway image delete` and build or pull it again"
}

func missingBlob(h v1.Hash) error {
	return &BlobError{Digest: h, Reason: "missing", Err: ErrNotFound}
}
