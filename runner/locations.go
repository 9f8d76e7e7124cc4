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
	BucketOwner string // expected owner of s3:// documents of the run

	transfers transfers
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
	text, err := readFile(m.Path, document.MaxFile+1)
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
		text, err := readFile(path, document.MaxFile+1)
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

// readFile reads at most limit bytes of a regular file.
func readFile(path string, limit int64) ([]byte, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: path, Err: errors.New("not a regular file")}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit))
}

func (l Locations) readS3(ctx context.Context, location, bucketOwner string) (located, error) {
	entry := action.Entry{"source": location}
	if bucketOwner != "" {
		entry["expectedBucketOwner"] = bucketOwner
	}
	text, err := l.transfers.download(ctx, s3Download, entry, document.MaxFile+1)
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
	want := ""
	if u.Fragment != "" {
		var ok bool
		if want, ok = strings.CutPrefix(u.Fragment, "sha256="); !ok {
			return located{}, &LocationError{location, "unknown fragment", "pin the content with #sha256=HEX"}
		}
	}
	u.Fragment, u.RawFragment = "", ""
	text, err := l.transfers.download(ctx, webDownload, action.Entry{"source": u.String()}, document.MaxFile+1)
	if err == nil {
		err = checkDigest(text, want)
	}
	if err != nil {
		return located{}, fmt.Errorf("document %q: %w", location, err)
	}
	return located{text, u.String()}, nil
}
