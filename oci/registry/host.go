package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"syscall"
)

// host is what a client learned of one registry: the scheme that works and its challenge for credentials.
type host struct {
	name    string // as in references
	address string // where it listens
	base    http.RoundTripper

	mu          sync.Mutex
	scheme      string
	mayFallBack bool // https may be given up for http
	challenge   *challenge
	tokens      map[string]*token // by scope
}

func (h *host) url(path string, query url.Values) *url.URL {
	h.mu.Lock()
	defer h.mu.Unlock()
	return &url.URL{Scheme: h.scheme, Host: h.address, Path: path, RawQuery: query.Encode()}
}

// fallBack gives up https for plain http if that is allowed and err says that the other side does not speak TLS. It
// reports whether the request should be sent again.
func (h *host) fallBack(err error) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.mayFallBack || !errors.Is(err, http.ErrSchemeMismatch) && !errors.Is(err, syscall.ECONNREFUSED) {
		return false
	}
	h.mayFallBack, h.scheme = false, "http"
	return true
}

// owns reports whether a URL is at the registry itself, so that credentials may go there.
func (h *host) owns(u *url.URL) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return u.Host == h.address && u.Scheme == h.scheme
}

// transport sends the requests of one call. Credentials are added here and not on the request, so that a redirect to
// another host (blob storage) never carries them.
type transport struct {
	host              *host
	userAgent         string
	authorization     string
	keepAuthorization bool // the request brings its own, for a token server
}

func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("User-Agent", t.userAgent)
	if !t.keepAuthorization {
		req.Header.Del("Authorization")
	}
	if t.authorization != "" && t.host.owns(req.URL) {
		req.Header.Set("Authorization", t.authorization)
	}
	return t.host.base.RoundTrip(req)
}

const maxRedirects = 10

// checkRedirect refuses what a hostile registry could gain from a redirect: plain text instead of TLS, and the
// link-local addresses at which clouds keep the credentials of a machine.
func checkRedirect(req *http.Request, via []*http.Request) error {
	if len(via) >= maxRedirects {
		return fmt.Errorf("more than %d redirects", maxRedirects)
	}
	if via[0].URL.Scheme == "https" && req.URL.Scheme != "https" {
		return fmt.Errorf("refusing a redirect from https to %s on host %q", req.URL.Scheme, req.URL.Host)
	}
	if addr, err := netip.ParseAddr(req.URL.Hostname()); err == nil && addr.Unmap().IsLinkLocalUnicast() {
		return fmt.Errorf("refusing a redirect to the link-local address %s", addr)
	}
	return nil
}

// send makes one request with the given authorization and returns whatever answer came. The answer's body must be
// closed.
func (c *Client) send(ctx context.Context, h *host, r *request, authorization string) (*http.Response, error) {
	for {
		w := newWatch(ctx, c.opts.Stall)
		req, err := r.build(w.ctx, h, w.request(r.body))
		if err != nil {
			w.stop()
			return nil, err
		}
		client := http.Client{
			Transport:     &transport{host: h, userAgent: c.opts.UserAgent, authorization: authorization},
			CheckRedirect: checkRedirect,
		}
		resp, err := client.Do(req)
		if err == nil {
			w.response(resp)
			return resp, nil
		}
		err = w.explain(err)
		w.stop()
		if !h.fallBack(err) {
			return nil, err
		}
	}
}
