package command

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestArchiveHoldsTheTree(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{"etc/motd": "hello", "srv/a": "same"} {
		path := filepath.Join(root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o640)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(
		os.Link(filepath.Join(root, "srv/a"), filepath.Join(root, "srv/b")),
		os.Symlink("../etc/motd", filepath.Join(root, "srv/link")),
	); err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	if err := archiveTree(t.Context(), root, &buf); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for r := tar.NewReader(&buf); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		prefix := strings.TrimPrefix(root, "/") + "/"
		got[strings.TrimPrefix(h.Name, prefix)] = string(h.Typeflag) + strings.TrimPrefix(h.Linkname, prefix) + ":" + string(data)
	}
	want := map[string]string{"etc/": "5:", "etc/motd": "0:hello", "srv/": "5:", "srv/a": "0:same", "srv/b": "1srv/a:", "srv/link": "2../etc/motd:"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("archive (-want +got):\n%s", diff)
	}
}
