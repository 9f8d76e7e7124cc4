package transfer_test

import (
	"context"
	"encoding/xml"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/actiontest"
	"github.com/slipway-oci/slipway/runner/action/transfer"
)

// inside makes a folder for downloads deep in other folders, with a link to a neighbour, and a check that nothing was
// written anywhere but in that folder, where only plain files and folders may be.
func inside(t *testing.T) (req action.Request, check func()) {
	t.Helper()
	req, _ = actiontest.Request(t)
	top := req.Dir
	req.Dir = filepath.Join(top, "outer", "place")
	folder := filepath.Join(req.Dir, "folder")
	for _, dir := range []string{folder, filepath.Join(req.Dir, "neighbour")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(req.Dir, "neighbour", "kept"), []byte("kept"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join("..", "neighbour"), filepath.Join(folder, "out")); err != nil {
		t.Fatal(err)
	}
	want := []string{".", "outer", "outer/place", "outer/place/folder", "outer/place/neighbour", "outer/place/neighbour/kept"}
	return req, func() {
		t.Helper()
		var got []string
		err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if strings.HasPrefix(path, folder+"/") {
				if !d.IsDir() && !d.Type().IsRegular() && d.Name() != "out" {
					t.Errorf("%q is neither a file nor a folder: %v", path, d.Type())
				}
				return nil
			}
			name, err := filepath.Rel(top, path)
			got = append(got, name)
			return err
		})
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("beside the folder: %q, %v", got, err)
		}
		if text, err := os.ReadFile(filepath.Join(req.Dir, "neighbour", "kept")); err != nil || string(text) != "kept" {
			t.Errorf("the neighbour's file: %q, %v", text, err)
		}
	}
}

// keysXML is a listing of a store with these keys.
func keysXML(keys ...string) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><ListBucketResult>`)
	for _, key := range keys {
		b.WriteString("<Contents><Key>")
		_ = xml.EscapeText(&b, []byte(key))
		b.WriteString("</Key></Contents>")
	}
	b.WriteString("</ListBucketResult>")
	return b.String()
}

// FuzzS3Listing lets a store answer anything: whatever keys it makes up, nothing is written outside the destination.
func FuzzS3Listing(f *testing.F) {
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
		f.Add(keysXML(keys...))
	}
	f.Add("<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>")
	f.Add("<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>p/%2e%2e/x</Key></Contents></ListBucketResult>")
	var answer string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("list-type") == "2" {
			fmt.Fprint(w, answer)
			return
		}
		fmt.Fprint(w, "content")
	}))
	f.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
	} {
		f.Setenv(name, value)
	}
	m := transfer.S3Download{Access: transfer.S3Access{MaxBackoff: time.Millisecond}}
	f.Fuzz(func(t *testing.T, listing string) {
		answer = listing
		req, check := inside(t)
		req.Entries = []action.Entry{{"source": "s3://bucket/p/*", "destination": "folder"}}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, _ = m.Run(ctx, req) // whether it succeeds is for the store to decide
		check()
	})
}

// FuzzDownloadName lets a URL and a server choose the name of a file: it stays in the destination folder.
func FuzzDownloadName(f *testing.F) {
	for _, path := range []string{"a", "", "a/", "..", "%2e%2e", "..%2fneighbour%2fx", "a%00b", "a?b=../c", "%ff", ".", "%2F", "a/..;/b"} {
		for _, disposition := range []string{"", `attachment; filename="x"`, `attachment; filename="../x"`, `attachment; filename*=UTF-8''..%2Fneighbour%2Fx`} {
			f.Add(path, disposition)
		}
	}
	var answer string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if answer != "" {
			w.Header().Set("Content-Disposition", answer)
		}
		fmt.Fprint(w, "content")
	}))
	f.Cleanup(server.Close)
	m := transfer.Download{Wait: func(context.Context, time.Duration) error { return nil }}
	f.Fuzz(func(t *testing.T, path, disposition string) {
		answer = disposition
		req, check := inside(t)
		req.Entries = []action.Entry{{"source": server.URL + "/" + path, "destination": "folder/"}}
		result, err := m.Run(t.Context(), req)
		check()
		if err != nil {
			return
		}
		final, _ := result.Outputs[0]["destination"].(string)
		if filepath.Dir(final) != filepath.Join(req.Dir, "folder") {
			t.Errorf("%q and %q: the file is %q", path, disposition, final)
		}
	})
}
