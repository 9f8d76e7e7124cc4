package engine

import (
	"context"
	"crypto/rand"
	"slices"

	"github.com/containerd/containerd/v2/core/content"
)

// ownIngests is a content store whose half-written blobs belong to one export alone. A store names them by what is
// written, and guards those names only inside a process; slipways that commit one image at the same time would write
// into the same files.
type ownIngests struct {
	content.Store
	prefix string
}

func newOwnIngests(s content.Store) ownIngests { return ownIngests{s, rand.Text() + "-"} }

// Writer opens a blob to write.
func (s ownIngests) Writer(ctx context.Context, opts ...content.WriterOpt) (content.Writer, error) {
	var o content.WriterOpts
	for _, opt := range opts {
		if err := opt(&o); err != nil {
			return nil, err
		}
	}
	return s.Store.Writer(ctx, append(slices.Clip(opts), content.WithRef(s.prefix+o.Ref))...)
}

// Status tells about a blob that is being written.
func (s ownIngests) Status(ctx context.Context, ref string) (content.Status, error) {
	return s.Store.Status(ctx, s.prefix+ref)
}

// Abort drops a blob that is being written.
func (s ownIngests) Abort(ctx context.Context, ref string) error {
	return s.Store.Abort(ctx, s.prefix+ref)
}
