package transfer

import (
	"encoding/xml"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// HostileListings are answers of a store that tries to lead a download out of its folder.
func HostileListings() []string {
	listings := []string{
		"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
		"<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>p/%2e%2e/x</Key></Contents></ListBucketResult>",
	}
	for _, keys := range [][]string{
		{"p/a", "p/b/c", "p/d/"},
		{"p/../x"},
		{"p/../neighbour/kept"},
		{"p/../../x", "p/../../../x"},
		{"p/.."},
		{"p/."},
		{"p//x"},
		{"p/"},
		{"p"},
		{""},
		{"/etc/x"},
		{"q"},
		{`p/..\x`},
		{"p/a/../../../neighbour/x"},
		{"p/./../neighbour/x"},
		{"p/a", "p/a/b"},
		{"p/out/x"},
		{"p/out/"},
		{"p/out/y/z"},
		{"p/out"},
		{"p/\x01"},
		{strings.Repeat("p/", 100)},
	} {
		var b strings.Builder
		b.WriteString(`<?xml version="1.0"?><ListBucketResult>`)
		for _, key := range keys {
			b.WriteString("<Contents><Key>")
			_ = xml.EscapeText(&b, []byte(key))
			b.WriteString("</Key></Contents>")
		}
		b.WriteString("</ListBucketResult>")
		listings = append(listings, b.String())
	}
	return listings
}

// HostilePaths and HostileDispositions are parts of URLs and headers that try to name a file outside the folder.
var (
	HostilePaths        = []string{"a", "", "a/", "..", "%2e%2e", "..%2fneighbour%2fx", "a%00b", "a?b=../c", "%ff", ".", "%2F", "a/..;/b"}
	HostileDispositions = []string{
		"", `attachment; filename="x"`, `attachment; filename="../x"`, `attachment; filename*=UTF-8''..%2Fneighbour%2Fx`,
	}
)

// answers is an HTTP client that gets the same answer to every request, without a network: fuzzing needs many.
type answers struct{ body *string }

func (a answers) Do(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/xml"}}, Body: io.NopCloser(strings.NewReader(*a.body)),
	}, nil
}

// FuzzS3Listing lets a store answer anything: no key that is read from it leads out of the folder.
func FuzzS3Listing(f *testing.F) {
	for _, listing := range HostileListings() {
		f.Add(listing)
	}
	var answer string
	objects := &store{client: s3.New(s3.Options{
		HTTPClient: answers{&answer}, Region: s3Region, BaseEndpoint: aws.String("http://store"), UsePathStyle: true,
		Credentials: aws.AnonymousCredentials{}, Retryer: aws.NopRetryer{},
	})}
	prefix, folder := location{"bucket", "p/"}, string(filepath.Separator)+filepath.Join("some", "folder")
	f.Fuzz(func(t *testing.T, listing string) {
		answer = listing
		keys, err := objects.list(t.Context(), prefix, "", maxObjects)
		if err != nil {
			return
		}
		if len(keys) > maxObjects {
			t.Errorf("%d keys", len(keys))
		}
		for _, key := range keys {
			path, err := localName(prefix, key, folder)
			if err == nil && path != folder && !strings.HasPrefix(path, folder+string(filepath.Separator)) {
				t.Errorf("key %q: %q", key, path)
			}
		}
	})
}

// FuzzDownloadName lets a URL and a server choose the name of a file: it is directly in the folder.
func FuzzDownloadName(f *testing.F) {
	for _, path := range HostilePaths {
		for _, disposition := range HostileDispositions {
			f.Add(path, disposition)
		}
	}
	folder := f.TempDir()
	f.Fuzz(func(t *testing.T, path, disposition string) {
		source, err := parseURL("http://host/" + path)
		if err != nil {
			return
		}
		final, err := localPath(withSeparator(folder), source)
		if err != nil {
			return
		}
		if final == "" {
			response := &http.Response{Header: http.Header{"Content-Disposition": {disposition}}}
			file := fetch{folder: withSeparator(folder), overwrite: true}
			if err := file.name(t.Context(), response); err != nil {
				return
			}
			final = file.path
		}
		if name := filepath.Base(final); filepath.Dir(final) != folder || name == ".." || strings.Contains(name, "\x00") {
			t.Errorf("%q and %q: the file is %q", path, disposition, final)
		}
	})
}
