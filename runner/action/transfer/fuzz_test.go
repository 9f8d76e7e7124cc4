package transfer_test

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/actiontest"
	"github.com/slipway-oci/slipway/runner/action/transfer"
)

// inside makes a folder for downloads with a neighbour, and a check that nothing changed but that folder's content.
func inside(t *testing.T) (req action.Request, check func()) {
	t.Helper()
	req, _ = actiontest.Request(t)
	for _, dir := range []string{"folder", "neighbour"} {
		if err := os.Mkdir(filepath.Join(req.Dir, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return req, func() {
		t.Helper()
		entries, err := os.ReadDir(req.Dir)
		if err != nil || len(entries) != 2 {
			t.Errorf("beside the folder: %v, %v", entries, err)
		}
		if entries, err := os.ReadDir(filepath.Join(req.Dir, "neighbour")); err != nil || len(entries) != 0 {
			t.Errorf("in another folder: %v, %v", entries, err)
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
		{"p/\x01"},
		{strings.Repeat("p/", 600)},
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
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
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
