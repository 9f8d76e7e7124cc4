package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/store"
)

// PushOptions says how to push.
type PushOptions struct {
	// Tags are written besides the tag of the reference.
	Tags []string
	// MountFrom are repositories of the same registry that may have blobs of the image already. Repositories from
	// which this client pulled, or to which it pushed, need not be named.
	MountFrom []string
	// Progress is told of every blob. It is called concurrently.
	Progress func(Progress)
}

// Pushed is the outcome of a push.
type Pushed struct {
	Digest      v1.Hash
	Present     bool  // every tag pointed at the digest already, nothing was written
	Transferred int   // blobs that were sent
	Mounted     int   // blobs taken from other repositories of the registry
	Skipped     int   // blobs that were there already
	Bytes       int64 // sent
}

// Push makes every tag (of the reference and of opts) point at the image. It asks first: when all tags do already,
// one HEAD request for each is all that happens. Otherwise the blobs go first, then manifests by digest, then the
// tags, and each tag is read back and its digest compared. A push that failed can be repeated and sends what is
// missing.
func (c *Client) Push(ctx context.Context, img store.Image, to ref.Ref, opts PushOptions) (Pushed, error) {
	targets, err := pushTargets(img, to, opts.Tags)
	if err != nil {
		return Pushed{}, err
	}
	result := Pushed{Digest: img.Digest()}
	missing, err := c.outdated(ctx, targets, img.Digest())
	if err != nil {
		return result, err
	}
	if len(missing) == 0 {
		result.Present = true
		return result, nil
	}
	p := &push{client: c, repo: to, from: opts.MountFrom, progress: opts.Progress}
	err = p.run(ctx, img, missing)
	var refused *Error
	if errors.As(err, &refused) && (refused.Code == "MANIFEST_BLOB_UNKNOWN" || refused.Code == "BLOB_UNKNOWN") {
		c.known.forget(to.Host, to.Repository) // what we remembered was outdated
		err = p.run(ctx, img, missing)
	}
	result.Transferred, result.Mounted, result.Skipped, result.Bytes = p.transferred, p.mounted, p.skipped, p.bytes
	return result, err
}

// Upload sends the blobs of an image, and no manifest: nobody can see the image yet. A Push afterwards has only the
// manifest and tags to write, and within two seconds it takes Upload's word for what was there already. It may run while
// the image is being tested.
func (c *Client) Upload(ctx context.Context, img store.Image, to ref.Ref, opts PushOptions) (Pushed, error) {
	targets, err := pushTargets(img, to, opts.Tags)
	if err != nil {
		return Pushed{}, err
	}
	result := Pushed{Digest: img.Digest()}
	missing, err := c.outdated(ctx, targets, img.Digest())
	if err != nil {
		return result, err
	}
	for _, t := range targets {
		c.answers.keep(t, img.Digest(), !slices.Contains(missing, t))
	}
	if len(missing) == 0 {
		result.Present = true
		return result, nil
	}
	p := &push{client: c, repo: to, from: opts.MountFrom, progress: opts.Progress}
	pinned, found, err := p.present(ctx, img)
	if err != nil {
		return result, err
	}
	if found {
		c.answers.keep(pinned, img.Digest(), true)
		return result, nil
	}
	err = p.blobs(ctx, img)
	result.Transferred, result.Mounted, result.Skipped, result.Bytes = p.transferred, p.mounted, p.skipped, p.bytes
	return result, err
}

// pushTargets returns one reference for each tag, or the one by digest.
func pushTargets(img store.Image, to ref.Ref, tags []string) ([]ref.Ref, error) {
	if err := checkTransport(to); err != nil {
		return nil, err
	}
	if to.Digest != "" && to.Digest != img.Digest().String() {
		return nil, fmt.Errorf("image %q cannot be pushed as %q: its digest is another", img, to)
	}
	var targets []ref.Ref
	for _, tag := range append([]string{to.Tag}, tags...) {
		if tag == "" {
			continue
		}
		target, err := to.WithTag(tag)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(targets, target) {
			targets = append(targets, target)
		}
	}
	if len(targets) == 0 {
		target, err := to.WithDigest(img.Digest().String())
		if err != nil {
			return nil, err
		}
		targets = append(targets, target)
	}
	return targets, nil
}

// outdated returns the references that do not point at the digest.
func (c *Client) outdated(ctx context.Context, targets []ref.Ref, digest v1.Hash) ([]ref.Ref, error) {
	var missing []ref.Ref
	for _, target := range targets {
		there, known := c.answers.take(target, digest)
		if !known {
			desc, found, err := c.ask(ctx, target)
			if err != nil {
				return nil, err
			}
			there = found && desc.Digest == digest
		}
		if !there {
			missing = append(missing, target)
		}
	}
	return missing, nil
}

// ask looks for a manifest on behalf of a push, with a token that is good for the push too. Some registries answer
// 403 for a repository that does not exist yet; that counts as not found, since a real refusal shows at the first
// upload.
func (c *Client) ask(ctx context.Context, r ref.Ref) (desc v1.Descriptor, found bool, err error) {
	desc, err = c.headWith(ctx, r, pushScope(r.Repository))
	var refused *Error
	if errors.Is(err, ErrNotFound) || errors.As(err, &refused) && refused.Status == http.StatusForbidden {
		return v1.Descriptor{}, false, nil
	}
	return desc, err == nil, err
}

// push is one Push under way.
type push struct {
	client   *Client
	repo     ref.Ref
	from     []string
	progress func(Progress)

	mu                            sync.Mutex
	transferred, mounted, skipped int
	bytes                         int64
}

// run sends blobs, manifests by digest and then tags.
func (p *push) run(ctx context.Context, img store.Image, targets []ref.Ref) error {
	_, found, err := p.present(ctx, img)
	if err == nil && !found {
		if err = p.blobs(ctx, img); err == nil {
			err = p.manifests(ctx, img)
		}
	}
	if err != nil {
		return err
	}
	raw, err := img.RawManifest()
	if err != nil {
		return err
	}
	for _, target := range targets {
		if err := p.tag(ctx, target, Manifest{Descriptor: img.Descriptor, Raw: raw}); err != nil {
			return err
		}
	}
	return nil
}

// present reports whether the repository has the image, and names the image there.
func (p *push) present(ctx context.Context, img store.Image) (pinned ref.Ref, found bool, err error) {
	if pinned, err = p.repo.WithDigest(img.Digest().String()); err != nil {
		return pinned, false, err
	}
	pinned.Tag = ""
	missing, err := p.client.outdated(ctx, []ref.Ref{pinned}, img.Digest())
	return pinned, err == nil && len(missing) == 0, err
}

// tag points a tag at the manifest and reads it back.
func (p *push) tag(ctx context.Context, target ref.Ref, m Manifest) error {
	err := p.client.opts.Retry.Do(ctx, func() error { return p.client.putManifest(ctx, target, m) })
	if err != nil {
		return err
	}
	got, err := p.client.headWith(ctx, target, pushScope(target.Repository))
	if err != nil {
		return err
	}
	if got.Digest != m.Descriptor.Digest {
		return &MismatchError{Reference: target.String(), Want: m.Descriptor.Digest, Got: got.Digest}
	}
	return nil
}

// manifests writes every manifest by its digest, those of an index before the index.
func (p *push) manifests(ctx context.Context, img store.Image) error {
	var order []v1.Descriptor
	err := img.Walk(func(desc v1.Descriptor) error {
		if desc.MediaType.IsIndex() || desc.MediaType.IsImage() {
			order = append(order, desc)
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.Reverse(order)
	for _, desc := range order {
		raw, err := img.Store().ReadBlob(desc)
		if err != nil {
			return err
		}
		target, err := p.repo.WithDigest(desc.Digest.String())
		if err != nil {
			return err
		}
		err = p.client.opts.Retry.Do(ctx, func() error {
			return p.client.putManifest(ctx, target, Manifest{Descriptor: desc, Raw: raw})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// blobs sends configs and layers in parallel, each once.
func (p *push) blobs(ctx context.Context, img store.Image) error {
	var blobs []v1.Descriptor
	seen := map[v1.Hash]bool{}
	err := img.Walk(func(desc v1.Descriptor) error {
		isManifest := desc.MediaType.IsIndex() || desc.MediaType.IsImage()
		if !isManifest && !seen[desc.Digest] && desc.MediaType.IsDistributable() {
			seen[desc.Digest] = true
			blobs = append(blobs, desc)
		}
		return nil
	})
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(p.client.opts.Jobs)
	for _, desc := range blobs {
		group.Go(func() error { return p.blob(ctx, img.Store(), desc) })
	}
	return group.Wait()
}

func (p *push) blob(ctx context.Context, from *store.Store, desc v1.Descriptor) error {
	meter := newMeter(p.progress, desc)
	var how How
	err := p.client.opts.Retry.Do(ctx, func() error {
		var err error
		how, err = p.try(ctx, from, desc, meter)
		return err
	})
	var refused *Error
	if errors.As(err, &refused) && refused.Code == "DIGEST_INVALID" {
		if corrupt := from.VerifyBlob(ctx, desc); corrupt != nil { // ours is wrong, not the connection
			return corrupt
		}
	}
	if err != nil {
		return err
	}
	p.client.known.add(p.repo.Host, p.repo.Repository, desc.Digest)
	meter.done(how)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch how {
	case Present:
		p.skipped++
	case Mounted:
		p.mounted++
	case Transferred:
		p.transferred++
		p.bytes += desc.Size
	}
	return nil
}

// try makes one attempt to get a blob into the repository.
func (p *push) try(ctx context.Context, from *store.Store, desc v1.Descriptor, meter *meter) (How, error) {
	exists, err := p.client.blobExists(ctx, p.repo, desc.Digest)
	if err != nil {
		return "", err
	}
	if exists {
		return Present, nil
	}
	source := p.client.known.elsewhere(p.repo.Host, p.repo.Repository, desc.Digest)
	for _, repository := range p.from {
		if source == "" && repository != p.repo.Repository {
			source = repository
		}
	}
	location, err := p.client.startUpload(ctx, p.repo, desc.Digest, source)
	if err != nil {
		return "", err
	}
	if location == nil {
		return Mounted, nil
	}
	open := func() (io.ReadCloser, error) {
		f, err := from.Blob(desc)
		if err != nil {
			return nil, err
		}
		return meter.reader(f, 0), nil
	}
	if err := p.client.finishUpload(ctx, p.repo, location, desc, open); err != nil {
		return "", err
	}
	return Transferred, nil
}
