package daemon

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/store"
)

// Info is what an engine says of an image.
type Info struct {
	ID       v1.Hash // "sha256:...", the engine's name for it
	Platform v1.Platform
	DiffIDs  []v1.Hash // of the layers, bottom first
}

// Inspect looks an image up by its name or id. One that the engine does not have is a *NotFoundError.
func (c *Client) Inspect(ctx context.Context, r ref.Ref) (Info, error) {
	return c.inspect(ctx, Name(r))
}

func (c *Client) inspect(ctx context.Context, name string) (Info, error) {
	resp, err := c.call(ctx, http.MethodGet, "/images/"+escape(name)+"/json", nil, nil)
	if notFound(err) {
		return Info{}, &NotFoundError{Name: name, Host: c.host}
	}
	if err != nil {
		return Info{}, err
	}
	var answer struct {
		ID                    string `json:"Id"`
		OS                    string `json:"Os"`
		Architecture, Variant string
		RootFS                struct{ Layers []v1.Hash }
	}
	if err := decode(resp, &answer); err != nil {
		return Info{}, fmt.Errorf("image %q: the engine's answer: %w", name, err)
	}
	info := Info{
		Platform: v1.Platform{OS: answer.OS, Architecture: answer.Architecture, Variant: answer.Variant},
		DiffIDs:  answer.RootFS.Layers,
	}
	if info.ID, err = v1.NewHash(answer.ID); err != nil {
		return Info{}, fmt.Errorf("image %q: its id: %w", name, err)
	}
	return info, nil
}

// Import brings the image with an id into the store, without a name. An image that is there whole is not transferred;
// otherwise the engine sends all of it, and layers that the store has are not kept twice.
func (c *Client) Import(ctx context.Context, id v1.Hash, platform v1.Platform, to *store.Store) (store.Image, error) {
	if img, err := to.WithConfig(ctx, id); err == nil {
		return img, nil
	}
	if img, err := to.Resolve(ctx, id.String()); err == nil && !img.IsIndex() && img.Verify(ctx) == nil {
		return img, nil
	}
	resp, err := c.call(ctx, http.MethodGet, "/images/"+id.String()+"/get", nil, nil)
	if notFound(err) {
		return store.Image{}, &NotFoundError{Name: id.String(), Host: c.host}
	}
	if err != nil {
		return store.Image{}, err
	}
	defer resp.Body.Close()
	img, err := to.LoadEngine(ctx, resp.Body, id, platform)
	if err != nil && ctx.Err() != nil {
		return store.Image{}, context.Cause(ctx)
	}
	return img, err
}

// Name writes a reference as people write it for an engine: without docker.io and library, which the engine adds, and
// which Podman would not look for among its local images.
func Name(r ref.Ref) string {
	switch {
	case r.Repository == "":
		return r.Digest
	case r.Digest != "":
		return repository(r) + "@" + r.Digest
	default:
		return repository(r) + ":" + r.Tag
	}
}

func repository(r ref.Ref) string {
	if r.Host != ref.DockerHub {
		return r.Host + "/" + r.Repository
	}
	return strings.TrimPrefix(r.Repository, "library/")
}

// escape keeps the slashes of a name, which the engine's API wants as they are.
func escape(name string) string { return (&url.URL{Path: name}).EscapedPath() }
