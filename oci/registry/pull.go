package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/store"
)

// PullOptions says what to pull and under which name to keep it.
type PullOptions struct {
	// Platform chooses one image of an index; nil pulls all platforms. A single image of another platform is refused.
	Platform *v1.Platform
	// Name is the pointer NAME:TAG in the store; empty keeps the image without a name.
	Name string
	// Annotations of the entry in the store's index.
	Annotations map[string]string
	// Progress is told of every blob. It is called concurrently.
	Progress func(Progress)
}

// Pull copies an image from a registry into the store and points a name at it. Only blobs that the store misses
// travel, in parallel; a layer that broke off goes on where it was, also in a later call or another process.
func (c *Client) Pull(ctx context.Context, r ref.Ref, into *store.Store, opts PullOptions) (store.Image, error) {
	root, err := c.Manifest(ctx, r)
	if err != nil {
		return store.Image{}, err
	}
	if root.Descriptor.MediaType.IsIndex() && opts.Platform != nil {
		if root, err = c.choose(ctx, r, root, *opts.Platform); err != nil {
			return store.Image{}, err
		}
	}
	p := &pull{client: c, repo: r, into: into, progress: opts.Progress, platform: opts.Platform}
	if err := p.manifest(ctx, root, 0); err != nil {
		return store.Image{}, err
	}
	return into.Add(ctx, root.Descriptor, opts.Name, opts.Annotations)
}

// choose reads the manifest of one platform.
func (c *Client) choose(ctx context.Context, r ref.Ref, root Manifest, platform v1.Platform) (Manifest, error) {
	index, err := root.index()
	if err != nil {
		return Manifest{}, fmt.Errorf("%s: %w", r, err)
	}
	desc, err := store.SelectPlatform(index, platform)
	if err != nil {
		return Manifest{}, fmt.Errorf("%s: %w", r, err)
	}
	return c.child(ctx, r, desc)
}

// child reads a manifest of an index.
func (c *Client) child(ctx context.Context, r ref.Ref, desc v1.Descriptor) (Manifest, error) {
	pinned, err := r.WithDigest(desc.Digest.String())
	if err != nil {
		return Manifest{}, err
	}
	m, err := c.Manifest(ctx, pinned)
	if err != nil {
		return Manifest{}, err
	}
	m.Descriptor.Platform = desc.Platform
	return m, nil
}

// pull is one Pull under way.
type pull struct {
	client   *Client
	repo     ref.Ref
	into     *store.Store
	platform *v1.Platform
	progress func(Progress)
}

const maxNesting = 4

// manifest stores everything a manifest refers to, and then itself.
func (p *pull) manifest(ctx context.Context, m Manifest, depth int) error {
	if depth > maxNesting {
		return fmt.Errorf("%s: indexes are nested too deeply", p.repo)
	}
	var err error
	if m.Descriptor.MediaType.IsIndex() {
		err = p.children(ctx, m, depth)
	} else {
		err = p.image(ctx, m)
	}
	if err != nil {
		return err
	}
	return p.into.PutManifest(ctx, m.Raw)
}

func (p *pull) children(ctx context.Context, m Manifest, depth int) error {
	index, err := m.index()
	if err != nil {
		return fmt.Errorf("%s: %w", p.repo, err)
	}
	for _, desc := range index.Manifests {
		child, err := p.client.child(ctx, p.repo, desc)
		if err != nil {
			return err
		}
		if err := p.manifest(ctx, child, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (p *pull) image(ctx context.Context, m Manifest) error {
	var manifest v1.Manifest
	if err := json.Unmarshal(m.Raw, &manifest); err != nil {
		return fmt.Errorf("%s: not an image manifest: %w", p.repo, err)
	}
	if err := p.blob(ctx, manifest.Config); err != nil {
		return err
	}
	if err := p.checkPlatform(manifest.Config); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(p.client.opts.Jobs)
	for _, layer := range manifest.Layers {
		if layer.MediaType.IsDistributable() {
			group.Go(func() error { return p.blob(ctx, layer) })
		}
	}
	return group.Wait()
}

// checkPlatform refuses an image of a wrong platform before its layers travel.
func (p *pull) checkPlatform(config v1.Descriptor) error {
	if p.platform == nil || !config.MediaType.IsConfig() {
		return nil
	}
	data, err := p.into.ReadBlob(config)
	if err != nil {
		return err
	}
	var file v1.ConfigFile
	if err := json.Unmarshal(data, &file); err != nil {
		return fmt.Errorf("%s: the config is not JSON: %w", p.repo, err)
	}
	if have := file.Platform(); have != nil && !store.Matches(*have, *p.platform) {
		return &store.PlatformError{Name: p.repo.String(), Want: *p.platform, Have: []v1.Platform{*have}}
	}
	return nil
}

func (p *pull) blob(ctx context.Context, desc v1.Descriptor) error {
	meter := newMeter(p.progress, desc)
	how := Present
	err := p.client.opts.Retry.Do(ctx, func() error {
		return p.into.Ingest(ctx, desc, func(ctx context.Context, offset int64) (io.ReadCloser, bool, error) {
			how = Transferred
			body, resumed, err := p.client.openBlob(ctx, p.repo, desc.Digest, offset)
			if err != nil {
				return nil, false, err
			}
			if !resumed {
				offset = 0
			}
			return meter.reader(body, offset), resumed, nil
		})
	})
	if err != nil {
		return err
	}
	meter.done(how)
	return nil
}
