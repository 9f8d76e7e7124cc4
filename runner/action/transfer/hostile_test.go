package transfer_test

import (
	"context"
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

// A store may answer anything: whatever keys it makes up, nothing is written outside the destination.
func TestHostileListings(t *testing.T) {
	var answer string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("list-type") == "2" {
			fmt.Fprint(w, answer)
			return
		}
		fmt.Fprint(w, "content")
	}))
	defer server.Close()
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
	} {
		t.Setenv(name, value)
	}
	m := transfer.S3Download{Access: transfer.S3Access{MaxBackoff: time.Millisecond}}
	for _, answer = range transfer.HostileListings() {
		req, check := inside(t)
		req.Entries = []action.Entry{{"source": "s3://bucket/p/*", "destination": "folder"}}
		_, _ = m.Run(t.Context(), req) // whether it succeeds is for the store to decide
		check()
	}
}

// A URL and a server choose the name of a file: it stays in the destination folder.
func TestHostileDownloadNames(t *testing.T) {
	var disposition string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if disposition != "" {
			w.Header().Set("Content-Disposition", disposition)
		}
		fmt.Fprint(w, "content")
	}))
	defer server.Close()
	m := transfer.Download{Wait: func(context.Context, time.Duration) error { return nil }}
	for _, path := range transfer.HostilePaths {
		for _, disposition = range transfer.HostileDispositions {
			req, check := inside(t)
			req.Entries = []action.Entry{{"source": server.URL + "/" + path, "destination": "folder/"}}
			result, err := m.Run(t.Context(), req)
			check()
			if err != nil {
				continue
			}
			final, _ := result.Outputs[0]["destination"].(string)
			if filepath.Dir(final) != filepath.Join(req.Dir, "folder") {
				t.Errorf("%q and %q: the file is %q", path, disposition, final)
			}
		}
	}
}
