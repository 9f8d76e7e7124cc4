package registry

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/store"
)

// maxManifest bounds what is read of a manifest. Registries allow 4 MiB.
const maxManifest = 16 << 20

// acceptManifests are the forms of manifests that we understand.
var acceptManifests = []string{
	string(types.OCIImageIndex), string(types.OCIManifestSchema1),
	string(types.DockerManifestList), string(types.DockerManifestSchema2),
}

// Manifest is a manifest or index as a registry gave it. Raw has the digest of the descriptor.
type Manifest struct {
	Descriptor v1.Descriptor
	Raw        []byte
}

// Head returns what a reference points at, by one HEAD request. A reference that does not exist gives an error that matches
// ErrNotFound.
func (c *Client) Head(ctx context.Context, r ref.Ref) (v1.Descriptor, error) {
	if err := checkTransport(r); err != nil {
		return v1.Descriptor{}, err
	}
	return c.headWith(ctx, r, pullScope(r.Repository))
}

func (c *Client) headWith(ctx context.Context, r ref.Ref, scope string) (v1.Descriptor, error) {
	var desc v1.Descriptor
	err := c.opts.Retry.Do(ctx, func() error {
		var err error
		desc, err = c.head(ctx, r, scope)
		return err
	})
	return desc, err
}

func (c *Client) head(ctx context.Context, r ref.Ref, scope string) (v1.Descriptor, error) {
	req := manifestRequest(http.MethodHead, r)
	req.scopes = []string{scope}
	resp, err := c.do(ctx, req)
	if err != nil {
		return v1.Descriptor{}, err
	}
	drain(resp)
	digest, err := v1.NewHash(resp.Header.Get("Docker-Content-Digest"))
	if err != nil || resp.ContentLength < 0 { // an optional header, and some registries leave it out
		m, err := c.get(ctx, r)
		return m.Descriptor, err
	}
	return v1.Descriptor{MediaType: contentType(resp.Header), Digest: digest, Size: resp.ContentLength}, nil
}

// Manifest reads the manifest or index that a reference points at, and verifies its digest.
func (c *Client) Manifest(ctx context.Context, r ref.Ref) (Manifest, error) {
	if err := checkTransport(r); err != nil {
		return Manifest{}, err
	}
	var m Manifest
	err := c.opts.Retry.Do(ctx, func() error {
		var err error
		m, err = c.get(ctx, r)
		return err
	})
	return m, err
}

func (c *Client) get(ctx context.Context, r ref.Ref) (Manifest, error) {
	req := manifestRequest(http.MethodGet, r)
	resp, err := c.do(ctx, req)
	if err != nil {
		return Manifest{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxManifest+1))
	if err != nil {
		return Manifest{}, req.failed(err)
	}
	if len(raw) > maxManifest {
		return Manifest{}, req.failed(fmt.Errorf("the manifest is larger than %d bytes", maxManifest))
	}
	sum := sha256.Sum256(raw)
	digest := v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum[:])}
	if r.Digest != "" && r.Digest != digest.String() {
		want, _ := v1.NewHash(r.Digest)
		return Manifest{}, &MismatchError{Reference: r.String(), Want: want, Got: digest}
	}
	mediaType, err := manifestType(contentType(resp.Header), raw)
	if err != nil {
		return Manifest{}, req.failed(err)
	}
	return Manifest{Raw: raw, Descriptor: v1.Descriptor{MediaType: mediaType, Digest: digest, Size: int64(len(raw))}}, nil
}

// Resolve pins a reference for one platform: it returns the descriptor of the image, chosen from the index if the
// reference is one. The platform of a reference to a single image is not checked here, Pull does.
func (c *Client) Resolve(ctx context.Context, r ref.Ref, platform v1.Platform) (v1.Descriptor, error) {
	m, err := c.Manifest(ctx, r)
	if err != nil {
		return v1.Descriptor{}, err
	}
	if !m.Descriptor.MediaType.IsIndex() {
		return m.Descriptor, nil
	}
	index, err := m.index()
	if err != nil {
		return v1.Descriptor{}, fmt.Errorf("%s: %w", r, err)
	}
	desc, err := store.SelectPlatform(index, platform)
	if err != nil {
		return v1.Descriptor{}, fmt.Errorf("%s: %w", r, err)
	}
	return desc, nil
}

// Config reads the configuration of the image that a reference points at; of an index, that of one platform.
func (c *Client) Config(ctx context.Context, r ref.Ref, platform v1.Platform) (*v1.ConfigFile, error) {
	desc, err := c.Resolve(ctx, r, platform)
	if err != nil {
		return nil, err
	}
	pinned, err := r.WithDigest(desc.Digest.String())
	if err != nil {
		return nil, err
	}
	m, err := c.Manifest(ctx, pinned)
	if err != nil {
		return nil, err
	}
	var manifest v1.Manifest
	if err := json.Unmarshal(m.Raw, &manifest); err != nil {
		return nil, fmt.Errorf("%s: not an image manifest: %w", pinned, err)
	}
	var config v1.ConfigFile
	err = c.opts.Retry.Do(ctx, func() error {
		data, err := c.smallBlob(ctx, r, manifest.Config)
		if err != nil {
			return err
		}
		return json.Unmarshal(data, &config)
	})
	if err != nil {
		return nil, fmt.Errorf("%s: reading the config: %w", pinned, err)
	}
	return &config, nil
}

// putManifest stores a manifest under a digest or tag.
func (c *Client) putManifest(ctx context.Context, r ref.Ref, m Manifest) error {
	req := manifestRequest(http.MethodPut, r)
	req.header = http.Header{"Content-Type": {string(m.Descriptor.MediaType)}}
	req.body = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(m.Raw)), nil }
	req.length = int64(len(m.Raw))
	req.want = []int{http.StatusCreated, http.StatusOK, http.StatusAccepted}
	resp, err := c.do(ctx, req)
	if err != nil {
		return err
	}
	drain(resp)
	return nil
}

func manifestRequest(method string, r ref.Ref) *request {
	req := &request{
		op: fmt.Sprintf("reading manifest %q", r.Identifier()), repo: r, method: method, path: "manifests/" + r.Identifier(),
		header: http.Header{"Accept": acceptManifests}, scopes: []string{pullScope(r.Repository)}, want: []int{http.StatusOK},
	}
	if method == http.MethodPut {
		req.op = fmt.Sprintf("writing manifest %q", r.Identifier())
		req.scopes = []string{pushScope(r.Repository)}
	}
	return req
}

func (m Manifest) index() (*v1.IndexManifest, error) {
	var index v1.IndexManifest
	if err := json.Unmarshal(m.Raw, &index); err != nil {
		return nil, fmt.Errorf("not an image index: %w", err)
	}
	return &index, nil
}

// manifestType returns the media type of a manifest; the content decides where it says so.
func manifestType(header types.MediaType, raw []byte) (types.MediaType, error) {
	var m struct {
		SchemaVersion int             `json:"schemaVersion"`
		MediaType     types.MediaType `json:"mediaType"`
		Manifests     json.RawMessage `json:"manifests"`
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return "", fmt.Errorf("the answer is not a manifest: %w", err)
	}
	switch {
	case m.SchemaVersion == 1:
		return "", errors.New("the image has a manifest of schema 1, which Docker gave up in 2017; push it again with a newer tool")
	case m.MediaType != "":
		return m.MediaType, nil
	case header.IsIndex() || header.IsImage():
		return header, nil
	case m.Manifests != nil:
		return types.OCIImageIndex, nil
	default:
		return types.OCIManifestSchema1, nil
	}
}

func contentType(h http.Header) types.MediaType {
	mediaType, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return types.MediaType(mediaType)
}

func checkTransport(r ref.Ref) error {
	if r.Transport != ref.Registry {
		return fmt.Errorf("reference %q is not one of a registry", r)
	}
	return nil
}
