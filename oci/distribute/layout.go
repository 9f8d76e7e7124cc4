package distribute

import (
	"context"
	"path/filepath"

	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/registry"
	"github.com/slipway-oci/slipway/oci/store"
)

// layoutTarget is a folder with an OCI image layout.
type layoutTarget struct {
	dir, name string
}

// Layout makes a target of a folder, which becomes an OCI image layout if it is empty or missing. Name is NAME:TAG
// of the image in it.
func Layout(dir, name string) Target { return &layoutTarget{dir: filepath.Clean(dir), name: name} }

func (t *layoutTarget) References() []string {
	return []string{ref.Ref{Transport: ref.Layout, Path: t.dir, Tag: t.name}.String()}
}

func (t *layoutTarget) Group() string { return string(ref.Layout) + ":" + t.dir }

func (t *layoutTarget) done() Status { return Written }

func (t *layoutTarget) Send(ctx context.Context, img store.Image, progress func(registry.Progress)) (Delivery, error) {
	to, err := store.Open(t.dir)
	if err != nil {
		return Delivery{}, err
	}
	if have, err := to.Resolve(ctx, t.name); err == nil && have.Digest() == img.Digest() {
		return Delivery{Present: true}, nil
	}
	copied, err := to.Copy(ctx, img, t.name)
	if err != nil {
		return Delivery{}, err
	}
	return Delivery{Transferred: copied.Blobs, Bytes: copied.Bytes}, nil
}
