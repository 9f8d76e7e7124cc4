package transfer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"net/http"
	"net/url"
	"path/filepath"
	"time"

	"github.com/slipway-oci/slipway/runner/action"
)

// tries is how often a download is tried, and the first wait between two; each further one is twice as long.
const (
	tries     = 5
	firstWait = time.Second
)

// fetch is the download of one file.
type fetch struct {
	client    *http.Client
	wait      func(context.Context, time.Duration) error
	req       action.Request
	source    *url.URL
	folder    string // where the file goes when its name comes from the server
	path      string // final path; "" until the server has told the name
	want      *checksum
	overwrite bool
	part      *part // what an earlier try has got and the next can go on with
}

// permanentError is not worth another try.
type permanentError struct{ error }

func (e permanentError) Unwrap() error { return e.error }

func permanent(err error) error { return permanentError{err} }

// retry tries until the download succeeds, fails for good, or was tried often enough.
func (f *fetch) retry(ctx context.Context) error {
	wait := f.wait
	if wait == nil {
		wait = sleep
	}
	defer func() { f.part.discard() }()
	delay := firstWait
	for try := 1; ; try++ {
		err := f.once(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if final, ok := errors.AsType[permanentError](err); ok {
			return final.error
		}
		if try == tries {
			return fmt.Errorf("%w (tried %d times)", err, tries)
		}
		f.req.Warnf("downloading %q, try %d of %d: %v", display(f.source), try, tries, err)
		if err := wait(ctx, jitter(delay)); err != nil {
			return err
		}
		delay *= 2
	}
}

// jitter spreads a wait over three to five quarters, so that many builds do not return at the same moment.
func jitter(d time.Duration) time.Duration { return d*3/4 + rand.N(d/2) } //nolint:gosec // not a secret

// once makes one request and stores its body.
func (f *fetch) once(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, f.source.String(), nil)
	if err != nil {
		return permanent(err)
	}
	// The bytes as they are stored: a transport that unpacks them would change the checksum.
	request.Header.Set("Accept-Encoding", "identity")
	request.Header.Set("User-Agent", "slipway-runner")
	f.part.ask(request)
	response, err := f.client.Do(request)
	if err != nil {
		return requestReason(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK && !f.part.continues(response) {
		err := fmt.Errorf("the server answered %s", response.Status)
		if isTemporary(response.StatusCode) {
			return err
		}
		if f.part != nil { // the rest is refused: the next try asks for all of it
			f.part.discard()
			f.part = nil
			return err
		}
		return permanent(err)
	}
	if err := f.name(ctx, response); err != nil {
		return permanent(err)
	}
	return f.store(ctx, response)
}

func isTemporary(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return status >= 500
}

var errRedirects = errors.New("stopped after 10 redirects")

// requestReason takes the method and URL off an error of the HTTP client and tells whether another try makes sense.
func requestReason(err error) error {
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		err = urlErr.Err
	}
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &certificate):
		return permanent(action.WithHint(err, "add the authority to the system's certificates, name a bundle in SLIPWAY_CA_FILE, "+
			"or set ignoreCertificateErrors"))
	case errors.Is(err, errRedirects), errors.Is(err, errScheme):
		return permanent(err)
	}
	return err
}

// name fixes the final path when only the server knows it.
func (f *fetch) name(ctx context.Context, response *http.Response) error {
	if f.path != "" {
		return nil
	}
	_, parameters, err := mime.ParseMediaType(response.Header.Get("Content-Disposition"))
	name := ""
	if err == nil {
		name = fileName(parameters["filename"])
	}
	if name == "" {
		return errors.New("neither the URL nor the server gives a file name: name the file in destination")
	}
	f.path = filepath.Join(f.folder, name)
	if !f.overwrite {
		_, err = isDone(ctx, f.req, f.path, nil, false)
		return err
	}
	return nil
}

// store writes the body to a file beside the target, verifies it and gives it its name. A part of it is kept for the
// next try.
func (f *fetch) store(ctx context.Context, response *http.Response) error {
	if response.StatusCode == http.StatusOK { // from the start, whatever was asked for
		f.part.discard()
		var err error
		if f.part, err = newPart(f.path, response, f.want); err != nil {
			return permanent(err)
		}
	}
	p := f.part
	if _, err := io.Copy(p, action.Reader(ctx, response.Body)); err != nil {
		if p.file.err != nil {
			return permanent(fmt.Errorf("writing %q: %w", f.path, p.file.err))
		}
		if p.version == "" { // it could be a part of something else next time
			p.discard()
			f.part = nil
		}
		return err
	}
	if f.want != nil {
		if err := f.want.check(p.digest); err != nil {
			return permanent(err)
		}
	}
	if err := p.file.commit(); err != nil {
		return permanent(err)
	}
	return nil
}
