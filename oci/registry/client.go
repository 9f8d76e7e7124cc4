package registry

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/slipway-oci/slipway/oci/ref"
)

// Options says how registries are reached. The zero value uses Docker's credentials, the system's CAs and TLS.
type Options struct {
	// Keychain finds credentials; nil means those that Docker keeps (config.json and its credential helpers).
	Keychain authn.Keychain
	// Insecure are hosts where plain http and unverified TLS are allowed. Loopback hosts need no entry.
	Insecure ref.Hosts
	// CAs are trusted instead of the system's; nil means the system's.
	CAs *x509.CertPool
	// Transport replaces the built-in one; Insecure then has no effect on the verification of TLS, and CAs none at all.
	Transport http.RoundTripper
	// UserAgent is sent with every request; empty means "slipway".
	UserAgent string
	// Retry is the policy for failures that can pass.
	Retry Retry
	// Stall ends an attempt in which no byte moved for that long, so that a hanging registry is tried again instead of
	// waited for; zero means 5 minutes.
	Stall time.Duration
	// Jobs is how many blobs one pull or push moves at a time; zero means 4.
	Jobs int
}

const (
	defaultJobs  = 4
	defaultStall = 5 * time.Minute
)

// Client pulls from and pushes to registries. It remembers tokens, and which repository has which blob.
type Client struct {
	opts     Options
	verified http.RoundTripper
	insecure http.RoundTripper
	known    knowledge
	answers  answers

	mu    sync.Mutex
	hosts map[string]*host
}

// New returns a client. It makes no request.
func New(opts Options) *Client {
	if opts.Keychain == nil {
		opts.Keychain = authn.DefaultKeychain
	}
	if opts.UserAgent == "" {
		opts.UserAgent = "slipway"
	}
	if opts.Jobs <= 0 {
		opts.Jobs = defaultJobs
	}
	if opts.Stall <= 0 {
		opts.Stall = defaultStall
	}
	c := &Client{opts: opts, hosts: map[string]*host{}}
	if opts.Transport != nil {
		c.verified, c.insecure = opts.Transport, opts.Transport
	} else {
		c.verified = newTransport(&tls.Config{RootCAs: opts.CAs, MinVersion: tls.VersionTLS12})
		c.insecure = newTransport(&tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}) //nolint:gosec // only for hosts the user listed
	}
	return c
}

// Close drops idle connections. The client can be used again afterwards.
func (c *Client) Close() {
	for _, t := range []http.RoundTripper{c.verified, c.insecure} {
		if t, ok := t.(*http.Transport); ok && c.opts.Transport == nil {
			t.CloseIdleConnections()
		}
	}
}

// Ping asks a registry whether it speaks the protocol and takes the credentials, as a login does. Wrong or missing
// credentials give an error that matches ErrDenied.
func (c *Client) Ping(ctx context.Context, registryHost string) error {
	return c.opts.Retry.Do(ctx, func() error {
		resp, err := c.do(ctx, &request{
			op: "checking the credentials", repo: ref.Ref{Transport: ref.Registry, Host: registryHost}, method: http.MethodGet, want: []int{http.StatusOK},
		})
		if err != nil {
			return err
		}
		drain(resp)
		return nil
	})
}

func newTransport(config *tls.Config) *http.Transport {
	const buffer = 64 << 10 // layers are large; the default of 4 KiB costs system calls
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:       config,
		TLSHandshakeTimeout:   10 * time.Second,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          100,
		MaxIdleConnsPerHost:   16,
		IdleConnTimeout:       90 * time.Second,
		ExpectContinueTimeout: time.Second,
		ReadBufferSize:        buffer,
		WriteBufferSize:       buffer,
		DisableCompression:    true, // a blob must arrive byte for byte
	}
}

// host returns what is known of a registry.
func (c *Client) host(name string) *host {
	c.mu.Lock()
	defer c.mu.Unlock()
	h, ok := c.hosts[name]
	if ok {
		return h
	}
	h = &host{name: name, address: name, scheme: "https", base: c.verified, tokens: map[string]*token{}}
	if name == ref.DockerHub {
		h.address = "index.docker.io"
	}
	switch {
	case c.opts.Insecure.Contains(name):
		h.base, h.mayFallBack = c.insecure, true
	case ref.IsLoopback(name):
		h.scheme = "http"
	}
	c.hosts[name] = h
	return h
}
