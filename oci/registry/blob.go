package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/store"
)

// openBlob reads a blob from an offset on. A registry that ignores the offset sends everything: resumed is false then.
func (c *Client) openBlob(ctx context.Context, r ref.Ref, digest v1.Hash, offset int64) (body io.ReadCloser, resumed bool, err error) {
	req := &request{
		op: "reading blob " + digest.String(), repo: r, method: http.MethodGet, path: "blobs/" + digest.String(),
		scopes: []string{pullScope(r.Repository)}, want: []int{http.StatusOK},
	}
	if offset > 0 {
		req.header = http.Header{"Range": {fmt.Sprintf("bytes=%d-", offset)}}
		req.want = []int{http.StatusOK, http.StatusPartialContent, http.StatusRequestedRangeNotSatisfiable}
	}
	resp, err := c.do(ctx, req)
	if err != nil {
		return nil, false, err
	}
	if resp.StatusCode == http.StatusRequestedRangeNotSatisfiable {
		drain(resp)
		return c.openBlob(ctx, r, digest, 0)
	}
	c.known.add(r.Host, r.Repository, digest)
	return &blobReader{r: req, body: resp.Body}, resp.StatusCode == http.StatusPartialContent, nil
}

// blobReader makes an Error of a connection that breaks in the middle of a blob.
type blobReader struct {
	r    *request
	body io.ReadCloser
}

func (b *blobReader) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	if err != nil && !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = b.r.failed(err)
	}
	return n, err
}

func (b *blobReader) Close() error { return b.body.Close() }

// smallBlob reads a config.
func (c *Client) smallBlob(ctx context.Context, r ref.Ref, desc v1.Descriptor) ([]byte, error) {
	body, _, err := c.openBlob(ctx, r, desc.Digest, 0)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	data, err := io.ReadAll(io.LimitReader(body, maxManifest))
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != desc.Digest.Hex {
		return nil, &store.DigestError{Want: desc.Digest, Got: v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum[:])}}
	}
	return data, nil
}

// blobExists asks for a blob by one HEAD request, unless the answer is known.
func (c *Client) blobExists(ctx context.Context, r ref.Ref, digest v1.Hash) (bool, error) {
	if c.known.has(r.Host, r.Repository, digest) {
		return true, nil
	}
	resp, err := c.do(ctx, &request{
		op: "looking for blob " + digest.String(), repo: r, method: http.MethodHead, path: "blobs/" + digest.String(),
		scopes: []string{pushScope(r.Repository)}, want: []int{http.StatusOK, http.StatusNotFound},
	})
	if err != nil {
		return false, err
	}
	drain(resp)
	if resp.StatusCode == http.StatusNotFound {
		return false, nil
	}
	c.known.add(r.Host, r.Repository, digest)
	return true, nil
}

// startUpload opens an upload. With a repository to mount from, the registry may have the blob in place at once, and
// the location is nil.
func (c *Client) startUpload(ctx context.Context, r ref.Ref, digest v1.Hash, from string) (*url.URL, error) {
	req := &request{
		op: "starting the upload of blob " + digest.String(), repo: r, method: http.MethodPost, path: "blobs/uploads/",
		scopes: []string{pushScope(r.Repository)}, want: []int{http.StatusAccepted},
	}
	if from != "" {
		req.query = url.Values{"mount": {digest.String()}, "from": {from}}
		req.scopes = append(req.scopes, pullScope(from))
		req.want = append(req.want, http.StatusCreated)
	}
	resp, err := c.do(ctx, req)
	var denied *Error
	if from != "" && errors.As(err, &denied) && denied.Status >= 400 && denied.Status < 500 && denied.Status != http.StatusTooManyRequests {
		return c.startUpload(ctx, r, digest, "") // mounting is only an optimisation
	}
	if err != nil {
		return nil, err
	}
	drain(resp)
	if resp.StatusCode == http.StatusCreated {
		return nil, nil
	}
	location, err := resp.Location()
	if err != nil {
		return nil, req.failed(errors.New("the registry did not say where to upload to"))
	}
	return location, nil
}

// finishUpload sends all bytes of a blob in one request. A part of a blob cannot be continued later: what registries
// keep of a broken upload differs too much, so a retry sends the blob again.
func (c *Client) finishUpload(ctx context.Context, r ref.Ref, location *url.URL, desc v1.Descriptor, open func() (io.ReadCloser, error)) error {
	query := location.Query()
	query.Set("digest", desc.Digest.String())
	target := *location
	target.RawQuery = query.Encode()
	resp, err := c.do(ctx, &request{
		op: "uploading blob " + desc.Digest.String(), repo: r, method: http.MethodPut, location: &target,
		header: http.Header{"Content-Type": {"application/octet-stream"}}, body: open, length: desc.Size,
		scopes: []string{pushScope(r.Repository)}, want: []int{http.StatusCreated, http.StatusNoContent, http.StatusOK},
	})
	if err != nil {
		return err
	}
	drain(resp)
	return nil
}
