package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// answerTimeout is how long an engine may take for its first answer.
const answerTimeout = 30 * time.Second

// maxAnswer bounds the answers that are read into memory.
const maxAnswer = 32 << 20

// Client speaks to one engine. It is safe for concurrent use.
type Client struct {
	host string
	base string // of URLs
	http *http.Client

	mu     sync.Mutex
	engine *engine // what is known of it, nil until it was asked
}

// engine is what an engine says of itself.
type engine struct {
	version    string // of the API
	os, arch   string
	podman     bool
	containerd bool // images are kept as manifests and compressed layers, by containerd
}

// Open prepares a client; the engine is not asked yet. Close it when done.
func Open(o Options) (*Client, error) {
	e, err := find(o)
	if err != nil {
		return nil, err
	}
	t, base, err := transport(e)
	if err != nil {
		return nil, err
	}
	return &Client{host: e.host, base: base, http: &http.Client{Transport: t}}, nil
}

// Host is the address of the engine.
func (c *Client) Host() string { return c.host }

// Close ends idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Ping makes sure that the engine answers; otherwise the error is an *UnavailableError.
func (c *Client) Ping(ctx context.Context) error {
	_, err := c.about(ctx)
	return err
}

// about asks the engine for itself, once.
func (c *Client) about(ctx context.Context) (*engine, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.engine != nil {
		return c.engine, nil
	}
	asking, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	var version struct {
		APIVersion string `json:"ApiVersion"`
		OS         string `json:"Os"`
		Arch       string
		Components []struct{ Name string }
	}
	if err := c.get(asking, "/version", &version); err != nil {
		return nil, c.unavailable(ctx, err)
	}
	e := &engine{version: version.APIVersion, os: version.OS, arch: version.Arch}
	e.podman = slices.ContainsFunc(version.Components, func(c struct{ Name string }) bool { return strings.HasPrefix(c.Name, "Podman") })
	var info struct{ DriverStatus [][]string }
	if err := c.get(asking, "/v"+e.version+"/info", &info); err != nil {
		return nil, c.unavailable(ctx, err)
	}
	e.containerd = slices.ContainsFunc(info.DriverStatus, func(pair []string) bool {
		return len(pair) == 2 && pair[0] == "driver-type" && strings.HasPrefix(pair[1], "io.containerd.snapshotter")
	})
	c.engine = e
	return e, nil
}

// call makes a request that needs to know the engine. The caller closes the body.
func (c *Client) call(ctx context.Context, method, path string, query url.Values, body io.Reader) (*http.Response, error) {
	e, err := c.about(ctx)
	if err != nil {
		return nil, err
	}
	path = "/v" + e.version + path
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return c.do(ctx, method, path, body)
}

// get reads a JSON answer.
func (c *Client) get(ctx context.Context, path string, into any) error {
	resp, err := c.do(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	return decode(resp, into)
}

func decode(resp *http.Response, into any) error {
	defer resp.Body.Close()
	return json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(into)
}

// do makes a request; an answer that is no success is an *apiError.
func (c *Client) do(ctx context.Context, method, path string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/x-tar")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if inner, ok := errors.AsType[*url.Error](err); ok { // the URL is ours and says nothing
			err = inner.Err
		}
		return nil, err
	}
	if resp.StatusCode < 300 {
		return resp, nil
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	var answer struct{ Message string }
	if json.Unmarshal(text, &answer) != nil || answer.Message == "" {
		answer.Message = strings.TrimSpace(string(text))
	}
	return nil, &apiError{status: resp.StatusCode, message: answer.Message}
}

// apiError is an answer of the engine that is no success.
type apiError struct {
	status  int
	message string
}

func (e *apiError) Error() string {
	if e.message == "" {
		return fmt.Sprintf("the engine answered %d %s", e.status, http.StatusText(e.status))
	}
	return e.message
}

func notFound(err error) bool {
	var e *apiError
	return errors.As(err, &e) && e.status == http.StatusNotFound
}

// Opener opens the client of an engine when it is needed for the first time. Nil stands for none.
type Opener func() (*Client, error)

// NewOpener gives an Opener whose callers share one client.
func NewOpener(o Options) Opener {
	return sync.OnceValues(func() (*Client, error) { return Open(o) })
}

// Client opens the client.
func (o Opener) Client() (*Client, error) {
	if o == nil {
		return nil, errors.New("no Docker Engine is set up to take images from")
	}
	return o()
}
