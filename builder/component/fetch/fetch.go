// Package fetch reads the content behind content addresses: file://, https://, s3:// and oci://, with or without a
// digest at the end. New makes a Fetcher; its Read is the entry point. What an address may reach is bounded, because
// a server reads addresses that strangers send: files only below given folders, no plain http to other machines, never
// a link-local address, at most 1 MiB.
package fetch

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/slipway-oci/slipway/builder/component/artifact"
	"github.com/slipway-oci/slipway/runner/document"
)

// Options say what may be read and how. The zero value reads https:// and s3:// only.
type Options struct {
	// AnyFile allows file:// to read whatever this process can. For the command line, never for a server.
	AnyFile bool
	// Dir is where relative file:// addresses start; they need AnyFile. "" is the current folder.
	Dir string
	// FileRoots are the folders below which file:// reads, after resolving links. They play no part with AnyFile.
	FileRoots []string
	// AllowHTTP allows plain http:// to other machines than this one.
	AllowHTTP bool
	// CAs are trusted instead of the system's; nil means the system's.
	CAs *x509.CertPool
	// Proxy says which proxy a request takes; nil means that of the environment.
	Proxy func(*http.Request) (*url.URL, error)
	// S3 reads s3:// addresses; nil reads with the credentials and settings of AWS tools.
	S3 Objects
	// Registry reads oci:// addresses; nil refuses them.
	Registry artifact.Registry
	// Limit is the largest content in bytes; 0 means 1 MiB, the largest document.
	Limit int64
}

// Objects reads single objects of S3; transfer.S3Access is one.
type Objects interface {
	Read(ctx context.Context, uri string, limit int64) ([]byte, error)
}

// Fetcher reads content addresses. It is safe for concurrent use.
type Fetcher struct {
	opts   Options
	client *http.Client
}

// New makes a Fetcher. It reads nothing yet.
func New(o Options) *Fetcher {
	if o.Limit <= 0 {
		o.Limit = document.MaxFile
	}
	if o.S3 == nil {
		o.S3 = defaultS3{}
	}
	f := &Fetcher{opts: o}
	f.client = f.newClient()
	return f
}

// Known are the forms of addresses, as messages list them.
const Known = "known are s3://BUCKET/KEY, file:///PATH, https://HOST/PATH and oci://REGISTRY/REPOSITORY:TAG"

var (
	schemePattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*)://`) })
	pinPattern    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-fA-F]{64}$`) })
)

const pinMark = "#sha256="

// Split takes the digest off the end of an address: "https://host/f#sha256=<64 hex>" gives "https://host/f" and the 64
// digits in lower case. Without such an end the digest is "". A digest that is not one is refused, so that nothing
// seems pinned that is not.
func Split(address string) (bare, digest string, err error) {
	i := strings.LastIndex(address, pinMark)
	if i < 0 {
		return address, "", nil
	}
	digest = address[i+len(pinMark):]
	if !pinPattern().MatchString(digest) {
		return "", "", &Error{Address: show(address), Message: "what follows " + pinMark + " is not 64 hexadecimal digits"}
	}
	return address[:i], strings.ToLower(digest), nil
}

// Read gives the content behind an address as it is now. When the address ends in a digest, another content is an error
// of type *DigestError. An address that is not allowed gives an *Error, before anything is read.
func (f *Fetcher) Read(ctx context.Context, address string) ([]byte, error) {
	bare, digest, err := Split(address)
	if err != nil {
		return nil, err
	}
	data, err := f.read(ctx, bare)
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > f.opts.Limit {
		return nil, f.tooLarge(bare)
	}
	return data, verify(bare, digest, data)
}

func (f *Fetcher) read(ctx context.Context, address string) ([]byte, error) {
	scheme := schemePattern().FindStringSubmatch(address)
	if scheme == nil {
		return nil, notAnAddress(address)
	}
	var data []byte
	var err error
	switch strings.ToLower(scheme[1]) {
	case "file":
		data, err = f.file(address[len("file://"):])
	case "https", "http":
		data, err = f.web(ctx, address)
	case "s3":
		data, err = f.object(ctx, address)
	case "oci":
		data, err = f.artifact(ctx, address)
	default:
		return nil, &Error{Address: show(address), Message: fmt.Sprintf("unknown scheme %q", scheme[1]), Advice: Known}
	}
	if err != nil {
		return nil, named(address, err)
	}
	return data, nil
}

// notAnAddress explains what stands where an address should.
func notAnAddress(text string) *Error {
	if strings.ContainsAny(text, "\r\n") {
		return &Error{
			Message: "it is a text of several lines, not an address",
			Advice: "a client such as the AWS CLI replaces file://PATH by the content of the file: " +
				"pass that as data, or write the address so that the client sends it as it is",
		}
	}
	return &Error{Address: show(text), Message: "it is not an address", Advice: Known}
}

func (f *Fetcher) object(ctx context.Context, address string) ([]byte, error) {
	bucket, key, _ := strings.Cut(address[len("s3://"):], "/")
	switch {
	case bucket == "" || key == "" || strings.HasSuffix(key, "/"):
		return nil, &Error{Message: "it does not name an object", Advice: "write s3://BUCKET/KEY with the whole key"}
	case strings.Contains(key, "*"):
		return nil, &Error{Message: "it has a wildcard", Advice: "one object is read; write its whole key"}
	}
	return f.opts.S3.Read(ctx, "s3://"+bucket+"/"+key, f.opts.Limit)
}

func (f *Fetcher) artifact(ctx context.Context, address string) ([]byte, error) {
	if f.opts.Registry == nil {
		return nil, &Error{Message: "oci:// addresses are not read here"}
	}
	r, err := artifact.Parse(address[len("oci://"):])
	if err != nil {
		return nil, err
	}
	data, _, err := artifact.Document(ctx, f.opts.Registry, r)
	return data, err
}

// verify compares the digest of a content with the one that an address demands, if it does.
func verify(address, digest string, data []byte) error {
	sum := sha256.Sum256(data)
	if got := hex.EncodeToString(sum[:]); digest != "" && got != digest {
		return &DigestError{Address: show(address), Want: "sha256:" + digest, Got: "sha256:" + got}
	}
	return nil
}

func (f *Fetcher) tooLarge(address string) *Error {
	return &Error{Address: show(address), Message: fmt.Sprintf("the content is larger than %d bytes", f.opts.Limit)}
}
