package registry

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/slipway-oci/slipway/oci/ref"
)

// request is one exchange with a registry, described so that it can be sent again.
type request struct {
	op       string  // what it is for, as errors say it
	repo     ref.Ref // only Host and Repository count
	method   string
	path     string   // after /v2/<repository>/
	location *url.URL // instead of path: where the registry said to go on
	query    url.Values
	header   http.Header
	body     func() (io.ReadCloser, error)
	length   int64
	scopes   []string
	want     []int // statuses that are answers and not errors
}

func (r *request) build(ctx context.Context, h *host, open func() (io.ReadCloser, error)) (*http.Request, error) {
	u := h.url("/v2/"+path.Join(r.repo.Repository, r.path), r.query)
	if strings.HasSuffix(r.path, "/") || r.path == "" {
		u.Path = strings.TrimSuffix(u.Path, "/") + "/"
	}
	if r.location != nil {
		scheme := u.Scheme
		u = r.location
		if u.Host == h.address { // a registry behind a TLS proxy may not know its own scheme
			sameScheme := *u
			sameScheme.Scheme = scheme
			u = &sameScheme
		}
	}
	req, err := http.NewRequestWithContext(ctx, r.method, u.String(), nil)
	if err != nil {
		return nil, err
	}
	maps.Copy(req.Header, r.header)
	if open != nil {
		body, err := open()
		if err != nil {
			return nil, err
		}
		req.Body, req.GetBody, req.ContentLength = body, open, r.length
	}
	return req, nil
}

// do sends a request once, with credentials if the registry asks for them, and returns an answer whose status is one of
// r.want. The caller closes its body. Every error is an *Error.
func (c *Client) do(ctx context.Context, r *request) (*http.Response, error) {
	h := c.host(r.repo.Host)
	authorization, err := c.authorize(ctx, h, r, "")
	if err != nil {
		return nil, err
	}
	resp, err := c.send(ctx, h, r, authorization)
	if err != nil {
		return nil, r.failed(err)
	}
	if resp.StatusCode == http.StatusUnauthorized && h.owns(resp.Request.URL) && h.learn(resp.Header) {
		authorization, err := c.authorize(ctx, h, r, authorization)
		if err != nil {
			drain(resp)
			return nil, err
		}
		if authorization != "" {
			drain(resp)
			resp, err = c.send(ctx, h, r, authorization)
			if err != nil {
				return nil, r.failed(err)
			}
		}
	}
	if !slices.Contains(r.want, resp.StatusCode) {
		defer drain(resp)
		return nil, r.refused(resp)
	}
	return resp, nil
}

// drain reads a short rest of the body, so that the connection can be used again, and closes it.
func drain(resp *http.Response) {
	const limit = 64 << 10
	_, _ = io.CopyN(io.Discard, resp.Body, limit)
	_ = resp.Body.Close()
}

func pullScope(repository string) string { return "repository:" + repository + ":pull" }
func pushScope(repository string) string { return "repository:" + repository + ":pull,push" }
