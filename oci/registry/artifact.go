package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/store"
)

// Blob is a blob that is small enough to be held in memory.
type Blob struct {
	Descriptor v1.Descriptor
	Data       []byte
}

// ReadBlob reads a blob of at most limit bytes of the repository of r, and verifies its size and digest.
func (c *Client) ReadBlob(ctx context.Context, r ref.Ref, desc v1.Descriptor, limit int64) ([]byte, error) {
	if err := checkTransport(r); err != nil {
		return nil, err
	}
	if desc.Size < 0 || desc.Size > limit {
		return nil, fmt.Errorf("%s: blob %s has %d bytes; at most %d are read", r, desc.Digest, desc.Size, limit)
	}
	var data []byte
	err := c.opts.Retry.Do(ctx, func() error {
		body, _, err := c.openBlob(ctx, r, desc.Digest, 0)
		if err != nil {
			return err
		}
		defer body.Close()
		if data, err = io.ReadAll(io.LimitReader(body, desc.Size+1)); err != nil {
			return err
		}
		got, _, err := v1.SHA256(bytes.NewReader(data))
		if err != nil {
			return err
		}
		if got != desc.Digest {
			return &store.DigestError{Want: desc.Digest, Got: got}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r, err)
	}
	return data, nil
}

// PushArtifact stores blobs and then a manifest that names them, under the tag of the reference or, when it has none, by
// its digest alone. What the tag points at is read back. Blobs that the repository has already are not sent again.
func (c *Client) PushArtifact(ctx context.Context, to ref.Ref, m Manifest, blobs []Blob) error {
	if err := checkTransport(to); err != nil {
		return err
	}
	pinned, err := to.WithDigest(m.Descriptor.Digest.String())
	if err != nil {
		return err
	}
	err = c.pushBlobs(ctx, to, blobs)
	if err == nil {
		err = c.opts.Retry.Do(ctx, func() error { return c.putManifest(ctx, pinned, m) })
	}
	var refused *Error
	if errors.As(err, &refused) && (refused.Code == "MANIFEST_BLOB_UNKNOWN" || refused.Code == "BLOB_UNKNOWN") {
		c.known.forget(to.Host, to.Repository) // what we remembered was outdated
		if err = c.pushBlobs(ctx, to, blobs); err == nil {
			err = c.opts.Retry.Do(ctx, func() error { return c.putManifest(ctx, pinned, m) })
		}
	}
	if err != nil || to.Tag == "" {
		return err
	}
	to.Digest = ""
	return (&push{client: c, repo: to}).tag(ctx, to, m)
}

func (c *Client) pushBlobs(ctx context.Context, to ref.Ref, blobs []Blob) error {
	for _, blob := range blobs {
		err := c.opts.Retry.Do(ctx, func() error {
			exists, err := c.blobExists(ctx, to, blob.Descriptor.Digest)
			if err != nil || exists {
				return err
			}
			location, err := c.startUpload(ctx, to, blob.Descriptor.Digest, "")
			if err != nil {
				return err
			}
			return c.finishUpload(ctx, to, location, blob.Descriptor, func() (io.ReadCloser, error) {
				return io.NopCloser(bytes.NewReader(blob.Data)), nil
			})
		})
		if err != nil {
			return err
		}
		c.known.add(to.Host, to.Repository, blob.Descriptor.Digest)
	}
	return nil
}

const (
	maxTags     = 100_000
	maxTagsPage = 8 << 20
	tagsPerPage = "1000"
)

// Tags lists the tags of a repository in the order of the registry. A repository that does not exist gives an error that
// matches ErrNotFound.
func (c *Client) Tags(ctx context.Context, r ref.Ref) ([]string, error) {
	if err := checkTransport(r); err != nil {
		return nil, err
	}
	var tags []string
	query := url.Values{"n": {tagsPerPage}}
	for query != nil {
		var page []string
		var next url.Values
		err := c.opts.Retry.Do(ctx, func() error {
			var err error
			page, next, err = c.tagsPage(ctx, r, query)
			return err
		})
		if err != nil {
			return nil, err
		}
		if tags = append(tags, page...); len(tags) > maxTags {
			return nil, fmt.Errorf("%s has more than %d tags", r.Name(), maxTags)
		}
		if len(page) == 0 || next.Encode() == query.Encode() { // a registry that goes round in circles
			break
		}
		query = next
	}
	return tags, nil
}

// tagsPage reads one page, and gives the query of the next one or nil.
func (c *Client) tagsPage(ctx context.Context, r ref.Ref, query url.Values) ([]string, url.Values, error) {
	req := &request{
		op: "listing the tags", repo: r, method: http.MethodGet, path: "tags/list", query: query,
		scopes: []string{pullScope(r.Repository)}, want: []int{http.StatusOK},
	}
	resp, err := c.do(ctx, req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	var body struct {
		Tags []string `json:"tags"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxTagsPage)).Decode(&body); err != nil {
		return nil, nil, req.failed(fmt.Errorf("the answer is not a list of tags: %w", err))
	}
	return body.Tags, nextPage(resp.Header.Get("Link")), nil
}

// nextPage gives the query of a Link header with rel="next". Only the query counts: the next page is on the same
// registry, whatever the header says.
func nextPage(link string) url.Values {
	target, params, found := strings.Cut(strings.TrimPrefix(strings.TrimSpace(link), "<"), ">")
	if !found || !strings.Contains(strings.ReplaceAll(params, `"`, ""), "rel=next") {
		return nil
	}
	u, err := url.Parse(target)
	if err != nil || u.RawQuery == "" {
		return nil
	}
	return u.Query()
}
