//go:build linux

package file_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/actiontest"
)

// sandbox is a working directory with some files, and what modules say about them.
type sandbox struct {
	testing.TB
	req action.Request
	rec *actiontest.Recorder
}

// newSandbox creates the files: a name that ends with "/" is a folder, a content that starts with "-> " a link.
func newSandbox(tb testing.TB, files map[string]string) sandbox {
	tb.Helper()
	req, rec := actiontest.Request(tb)
	s := sandbox{tb, req, rec}
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		path := s.path(name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			tb.Fatal(err)
		}
		var err error
		if target, isLink := strings.CutPrefix(files[name], "-> "); strings.HasSuffix(name, "/") {
			err = os.MkdirAll(path, 0o755)
		} else if isLink {
			err = os.Symlink(target, path)
		} else {
			err = os.WriteFile(path, []byte(files[name]), 0o644)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	return s
}

func (s sandbox) path(name string) string { return filepath.Join(s.req.Dir, name) }

// run runs a module on entries and returns the text of its error, with the folder written as DIR.
func (s sandbox) run(m action.Module, entries ...action.Entry) (action.Result, string) {
	s.Helper()
	req := s.req
	req.Entries = entries
	result, err := m.Run(s.Context(), req)
	if err == nil {
		return result, ""
	}
	return result, strings.ReplaceAll(err.Error(), s.req.Dir, "DIR")
}

// must runs a module that has to succeed.
func (s sandbox) must(m action.Module, entries ...action.Entry) action.Result {
	s.Helper()
	result, err := s.run(m, entries...)
	if err != "" {
		s.Fatal(err)
	}
	return result
}

// fails runs a module that has to fail with exactly this text.
func (s sandbox) fails(want string, m action.Module, entries ...action.Entry) {
	s.Helper()
	if _, err := s.run(m, entries...); err != want {
		s.Errorf("error = %s\nwant    %s", err, want)
	}
}

// want compares the tree below the working directory, written as for newSandbox, but with folders only when empty.
func (s sandbox) want(files map[string]string) {
	s.Helper()
	if diff := cmp.Diff(files, tree(s.TB, s.req.Dir)); diff != "" {
		s.Errorf("files (-want +got):\n%s", diff)
	}
}

func tree(tb testing.TB, root string) map[string]string {
	tb.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		name, _ := filepath.Rel(root, path)
		switch {
		case entry.IsDir():
			below, err := os.ReadDir(path)
			if len(below) == 0 {
				files[name+"/"] = ""
			}
			return err
		case entry.Type()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			files[name] = "-> " + target
			return err
		case !entry.Type().IsRegular():
			files[name] = entry.Type().String()
			return nil
		}
		content, err := os.ReadFile(path)
		files[name] = string(content)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return files
}

// mode returns the octal mode of a file with its special bits, not following links.
func (s sandbox) mode(name string) uint32 {
	s.Helper()
	return s.stat(name).Mode & 0o7777
}

func (s sandbox) stat(name string) *syscall.Stat_t {
	s.Helper()
	info, err := os.Lstat(s.path(name))
	if err != nil {
		s.Fatal(err)
	}
	return info.Sys().(*syscall.Stat_t)
}

func (s sandbox) wantMode(name string, want uint32) {
	s.Helper()
	if got := s.mode(name); got != want {
		s.Errorf("mode of %s = %04o, want %04o", name, got, want)
	}
}

func (s sandbox) wantOwner(name string, uid, gid uint32) {
	s.Helper()
	if stat := s.stat(name); stat.Uid != uid || stat.Gid != gid {
		s.Errorf("owner of %s = %d:%d, want %d:%d", name, stat.Uid, stat.Gid, uid, gid)
	}
}

// wantLog checks that the module said something, written as "Level text".
func (s sandbox) wantLog(want string) {
	s.Helper()
	if got := s.rec.Log(); !strings.Contains(got, want) {
		s.Errorf("log = %q, want %q", got, want)
	}
}

// accounts writes a passwd and a group file with one user and two groups.
func accounts(tb testing.TB) (passwd, group string) {
	tb.Helper()
	folder := tb.TempDir()
	passwd, group = filepath.Join(folder, "passwd"), filepath.Join(folder, "group")
	users := "root:x:0:0:root:/root:/bin/sh\nbroken line\nbad:x:x:0:::\napp:x:1200:1300:App:/home/app:/bin/false\n"
	groups := "root:x:0:\nempty\nbad:x:x:\nstaff:x:1400:app\n"
	for path, content := range map[string]string{passwd: users, group: groups} {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			tb.Fatal(err)
		}
	}
	return passwd, group
}

func needRoot(tb testing.TB) {
	tb.Helper()
	if os.Geteuid() != 0 {
		tb.Skip("only root can give files to other users")
	}
}
