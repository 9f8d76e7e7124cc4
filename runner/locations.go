package runner

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/document"
)

// Locations finds documents by their locations (component-document reference, 7.5 and 9.4).
type Locations struct {
	Map         DocumentMap
	BucketOwner string      // expected owner of s3:// documents of the run
	S3          ObjectStore // nil when this build cannot reach S3

	web     action.Module // downloads http(s):// documents; nil when there is no such module
	scratch string        // private folder for downloads
}

// downloadAction is the action module that also fetches documents, so that both obey the same rules.
const downloadAction = "WebDownload"

// with returns l with what it needs to download documents.
func (l Locations) with(modules *action.Set, scratch string) Locations {
	l.web, _ = modules.Lookup(downloadAction)
	l.scratch = scratch
	return l
}

// ObjectStore is what the runner needs from S3.
type ObjectStore interface {
	// Fetch returns an object of at most limit bytes.
	Fetch(ctx context.Context, bucket, key, expectedOwner string, limit int64) ([]byte, error)
	// Upload stores a local file as an object.
	Upload(ctx context.Context, file, bucket, key, expectedOwner string) error
}

// DocumentMap maps locations, exactly as written, to local files.
type DocumentMap map[string]MappedDocument

// MappedDocument is the local copy of a document. SHA256 is verified when set.
type MappedDocument struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
}

// ReadDocumentMap reads a document map from a JSON file.
func ReadDocumentMap(path string) (DocumentMap, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("document map: %w", err)
	}
	var m DocumentMap
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("document map %q: %w", path, err)
	}
	for location, entry := range m {
		if entry.Path == "" {
			return nil, fmt.Errorf("document map %q: %q has no path", path, location)
		}
	}
	return m, nil
}

// located is a document's text and its identity: equal for two locations of one document.
type located struct {
	text     []byte
	identity string
}

// read finds the document at location. base is the identity of the calling document, "" at the top.
func (l Locations) read(ctx context.Context, location, base, bucketOwner string) (located, error) {
	if m, ok := l.Map[location]; ok {
		text, err := readMapped(m)
		if err != nil {
			return located{}, fmt.Errorf("document %q: %w", location, err)
		}
		return located{text, mappedIdentity(location, base)}, nil
	}
	scheme, rest, _ := strings.Cut(location, ":")
	switch {
	case scheme == "s3" && strings.HasPrefix(rest, "//"):
		return l.readS3(ctx, location, bucketOwner)
	case (scheme == "http" || scheme == "https") && strings.HasPrefix(rest, "//"):
		return l.readHTTP(ctx, location)
	case scheme == "oci" && strings.HasPrefix(rest, "//"):
		return located{}, &LocationError{location, "images are fetched by slipway, not by the runner", "pass a local copy with --document-map"}
	case scheme == "arn":
		return located{}, &LocationError{
			location, "a component ARN needs a component store",
			"export the component's document and name the file, or pass a local copy with --document-map",
		}
	}
	return readLocal(location, base)
}

// LocationError says that a kind of location does not work here.
type LocationError struct{ Location, Reason, Advice string }

// Error names the location and the reason.
func (e *LocationError) Error() string { return fmt.Sprintf("document %q: %s", e.Location, e.Reason) }

// Hint says what works instead.
func (e *LocationError) Hint() string { return e.Advice }

func readMapped(m MappedDocument) ([]byte, error) {
	text, err := readFile(m.Path)
	if err != nil {
		return nil, err
	}
	return text, checkDigest(text, strings.TrimPrefix(m.SHA256, "sha256:"))
}

func checkDigest(text []byte, want string) error {
	if want == "" {
		return nil
	}
	sum := sha256.Sum256(text)
	if got := hex.EncodeToString(sum[:]); !strings.EqualFold(got, want) {
		return fmt.Errorf("sha256 is %s, not %s", got, want)
	}
	return nil
}

// mappedIdentity is the identity of a mapped document: that of its location, since its local copy says nothing.
func mappedIdentity(location, base string) string {
	if strings.Contains(location, "://") || strings.HasPrefix(location, "arn:") || filepath.IsAbs(location) {
		return filepath.Clean(location)
	}
	if filepath.IsAbs(base) {
		return filepath.Join(filepath.Dir(base), location)
	}
	if abs, err := filepath.Abs(location); err == nil {
		return abs
	}
	return location
}

// readLocal reads a file. A relative path of a nested document is tried beside its caller first.
func readLocal(location, base string) (located, error) {
	paths := []string{location}
	if filepath.IsAbs(base) && !filepath.IsAbs(location) {
		paths = []string{filepath.Join(filepath.Dir(base), location), location}
	}
	var failed error
	for _, path := range paths {
		text, err := readFile(path)
		if err != nil {
			if failed == nil || !errors.Is(err, fs.ErrNotExist) {
				failed = err
			}
			continue
		}
		identity, err := filepath.Abs(path)
		if err == nil {
			identity, err = filepath.EvalSymlinks(identity)
		}
		return located{text, identity}, err
	}
	return located{}, fmt.Errorf("document %q: %w", location, failed)
}

// readFile reads a regular file up to a little more than the size limit of documents, which is the parser's to check.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%q is not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, document.MaxFile+1))
}

func (l Locations) readS3(ctx context.Context, location, bucketOwner string) (located, error) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(location, "s3://"), "/")
	if bucket == "" || key == "" {
		return located{}, &LocationError{location, "the form is s3://BUCKET/KEY", ""}
	}
	if l.S3 == nil {
		return located{}, &LocationError{location, "S3 is not supported in this build", "fetch the document and name the file"}
	}
	text, err := l.S3.Fetch(ctx, bucket, key, bucketOwner, document.MaxFile+1)
	if err != nil {
		return located{}, fmt.Errorf("document %q: %w", location, err)
	}
	return located{text, location}, nil
}

func (l Locations) readHTTP(ctx context.Context, location string) (located, error) {
	u, err := url.Parse(location)
	if err != nil {
		return located{}, fmt.Errorf("document %q: %w", location, err)
	}
	if l.web == nil {
		return located{}, &LocationError{location, "HTTP is not supported in this build", "fetch the document and name the file"}
	}
	want := ""
	if u.Fragment != "" {
		var ok bool
		if want, ok = strings.CutPrefix(u.Fragment, "sha256="); !ok {
			return located{}, &LocationError{location, "unknown fragment", "pin the content with #sha256=HEX"}
		}
	}
	u.Fragment, u.RawFragment = "", ""
	text, err := l.download(ctx, u.String())
	if err == nil {
		err = checkDigest(text, want)
	}
	if err != nil {
		return located{}, fmt.Errorf("document %q: %w", location, err)
	}
	return located{text, u.String()}, nil
}

// download fetches a document as a step would.
func (l Locations) download(ctx context.Context, address string) ([]byte, error) {
	dir, err := os.MkdirTemp(l.scratch, "document-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "document.yaml")
	_, err = l.web.Run(ctx, action.Request{
		Entries: []action.Entry{{"source": address, "destination": file}}, Env: os.Environ(), Dir: dir, WorkDir: dir,
		Stdout: io.Discard, Stderr: io.Discard,
	})
	if err != nil {
		return nil, err
	}
	return readFile(file)
}
