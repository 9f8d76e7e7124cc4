//go:build unix

package fetch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestCOMP09FilesOfAServer(t *testing.T) {
	dir := t.TempDir()
	root, outside := filepath.Join(dir, "root"), filepath.Join(dir, "outside")
	for path, data := range map[string]string{root + "/a.yaml": text, root + "/sub/b.yaml": text, outside + "/secret": "secret", root + "2/c": "secret"} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{
		root + "/link": outside + "/secret", root + "/folder": outside, root + "/inside": root + "/a.yaml", dir + "/alias": root,
	} {
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(root+"/pipe", 0o600); err != nil {
		t.Fatal(err)
	}
	f := New(Options{FileRoots: []string{filepath.Join(dir, "none"), filepath.Join(dir, "alias")}})
	for _, path := range []string{root + "/a.yaml", root + "/sub/b.yaml", root + "/sub/../a.yaml", root + "/inside", dir + "/alias/a.yaml"} {
		if data, err := f.Read(t.Context(), "file://"+path); err != nil || string(data) != text {
			t.Errorf("%s: got %q, %v", path, data, err)
		}
	}
	for _, path := range []string{
		outside + "/secret", root + "/link", root + "/folder/secret", root + "/../outside/secret", root + "2/c", outside + "/none", "/etc/passwd", "/none",
	} {
		data, err := f.Read(t.Context(), "file://"+path)
		if want := fmt.Sprintf("address %q: files are not read from there", "file://"+path); errorText(err) != want {
			t.Errorf("%s: got %q, %v, want %s", path, data, err, want)
		}
	}
	if _, err := f.Read(t.Context(), "file://"+dir+"/alias/none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file below a root: %v", err)
	}
	if _, err := f.Read(t.Context(), "file://a.yaml"); errorText(err) != `address "file://a.yaml": its path is not absolute` {
		t.Error(err)
	}
	for _, path := range []string{root + "/pipe", root} {
		if _, err := f.Read(t.Context(), "file://"+path); !strings.HasSuffix(errorText(err), ": it is not a file") {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := New(Options{}).Read(t.Context(), "file://"+root+"/a.yaml"); !strings.HasSuffix(errorText(err), ": files are not read here") {
		t.Errorf("without roots: %v", err)
	}
}
