package registry

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Sentinels that an Error matches by its status.
var (
	ErrNotFound = errors.New("not found in the registry")   // 404
	ErrDenied   = errors.New("not allowed by the registry") // 401, 403
)

// Error says which request to which registry failed and why. Its text never has a credential or the query of a URL.
type Error struct {
	Op         string // what was being done: "reading manifest \"1.0\""
	Registry   string
	Repository string
	Status     int           // of the answer, 0 when there was none
	Code       string        // the registry's, such as MANIFEST_UNKNOWN; may be empty
	Message    string        // the registry's, may be empty
	RetryAfter time.Duration // how long the registry asked us to wait
	Attempts   int           // how often it was tried, when more than once
	Err        error         // the cause, when there was no answer
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Registry)
	if e.Repository != "" {
		b.WriteString("/" + e.Repository)
	}
	b.WriteString(": " + e.Op + ": ")
	switch {
	case e.Status != 0:
		fmt.Fprintf(&b, "%d %s", e.Status, http.StatusText(e.Status))
		for _, s := range []string{e.Code, e.Message} {
			if s != "" {
				b.WriteString(": " + s)
			}
		}
	case e.Err != nil:
		b.WriteString(e.Err.Error())
	}
	if e.Attempts > 1 {
		fmt.Fprintf(&b, " (tried %d times)", e.Attempts)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is matches ErrNotFound and ErrDenied by the status.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrNotFound:
		return e.Status == http.StatusNotFound
	case ErrDenied:
		return e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden
	default:
		return false
	}
}

// Hint says how to mend it.
func (e *Error) Hint() string {
	switch {
	case e.Status == http.StatusUnauthorized:
		return fmt.Sprintf("log in with `slipway login %s` or `docker login %s`", e.Registry, e.Registry)
	case e.Status == http.StatusForbidden:
		return fmt.Sprintf("the credentials for %s do not allow this; log in as another user with `slipway login %s`", e.Registry, e.Registry)
	case e.Status == http.StatusNotFound:
		return "check the name and the tag; a private repository that you may not see also looks like this"
	case e.Status == http.StatusTooManyRequests:
		return fmt.Sprintf("%s limits how often it is asked; wait, or log in for a higher limit", e.Registry)
	case e.Status == http.StatusRequestEntityTooLarge:
		return "a proxy in front of the registry limits the size of uploads"
	case e.Status >= http.StatusInternalServerError:
		return "the registry has a fault; its own log says more"
	case e.Err != nil:
		return networkHint(e.Registry, e.Err)
	default:
		return ""
	}
}

func networkHint(registry string, err error) string {
	var dns *net.DNSError
	var unknownCA x509.UnknownAuthorityError
	var verify *tls.CertificateVerificationError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Sprintf("is the registry running? A registry without TLS needs --insecure-registry %s", registry)
	case errors.Is(err, http.ErrSchemeMismatch):
		return fmt.Sprintf("the registry speaks plain http; allow it with --insecure-registry %s", registry)
	case errors.As(err, &unknownCA), errors.As(err, &verify):
		return fmt.Sprintf("the certificate of %s is not trusted: add its CA to the system's (or to SSL_CERT_FILE), or use --insecure-registry %s", registry, registry)
	case errors.As(err, &dns):
		return fmt.Sprintf("check the name %q and this machine's network", registry)
	default:
		return ""
	}
}

// failed makes an Error of a request that got no answer.
func (r *request) failed(err error) error {
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	return &Error{Op: r.op, Registry: r.repo.Host, Repository: r.repo.Repository, Err: withoutURL(err)}
}

// refused makes an Error of an answer with an unwanted status.
func (r *request) refused(resp *http.Response) error {
	const limit = 64 << 10
	e := &Error{Op: r.op, Registry: r.repo.Host, Repository: r.repo.Repository, Status: resp.StatusCode, RetryAfter: retryAfter(resp.Header)}
	data, _ := io.ReadAll(io.LimitReader(resp.Body, limit))
	var body struct {
		Errors []struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"errors"`
	}
	if json.Unmarshal(data, &body) == nil && len(body.Errors) > 0 {
		e.Code, e.Message = body.Errors[0].Code, clip(body.Errors[0].Message)
	}
	return e
}

// clip shortens what a registry says to one line of a sensible length.
func clip(s string) string {
	const longest = 300
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > longest {
		s = strings.ToValidUTF8(s[:longest], "") + "..."
	}
	return s
}

// withoutURL takes the URL out of an error of net/http: the URL of a redirect or an upload carries signatures.
func withoutURL(err error) error {
	var u *url.Error
	for errors.As(err, &u) {
		err = u.Err
	}
	return err
}

func retryAfter(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

// temporary reports whether the same request may succeed later.
func temporary(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	var e *Error
	if errors.As(err, &e) && e.Status != 0 {
		switch e.Status {
		case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
			return true
		case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
			return false
		}
		switch e.Code {
		case "BLOB_UPLOAD_INVALID", "BLOB_UPLOAD_UNKNOWN", "SIZE_INVALID", "TOOMANYREQUESTS": // the upload broke; a new one may not
			return true
		}
		return e.Status >= http.StatusInternalServerError
	}
	return temporaryNetwork(err)
}

func temporaryNetwork(err error) bool {
	var dns *net.DNSError
	var verify *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var stalled *stalledError
	switch {
	case errors.As(err, &stalled):
		return true
	case errors.As(err, &dns):
		return dns.IsTemporary || dns.IsTimeout
	case errors.As(err, &verify), errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return false
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return true
	}
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNREFUSED) ||
		strings.Contains(errText(err), "server closed idle connection") || strings.Contains(errText(err), "http2: ")
}

// errText is for the few errors of net/http that have neither a type nor a value.
func errText(err error) string {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err.Error()
		}
		err = next
	}
}

// MismatchError says that a registry does not have the digest that it should have.
type MismatchError struct {
	Reference string
	Want, Got v1.Hash
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("%s: the registry answers with %s instead of %s", e.Reference, e.Got, e.Want)
}
