package cli

import (
	"context"
	"fmt"

	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/store"
)

// unsupported is a reference to a place that parent images cannot come from.
type unsupported struct{ ref ref.Ref }

func (e unsupported) Error() string {
	return fmt.Sprintf("images with the transport %q cannot be read", e.ref.Transport)
}

func (e unsupported) Hint() string {
	return "save the image as an OCI layout and name it oci-layout:DIR"
}

func layoutImage(ctx context.Context, r ref.Ref) (store.Image, error) {
	s, err := store.OpenExisting(r.Path)
	switch {
	case err != nil:
		return store.Image{}, err
	case r.Digest != "":
		return s.Resolve(ctx, r.Digest)
	case r.Tag != "":
		return s.Named(r.Tag)
	default:
		return s.Only()
	}
}
