//go:build linux

package file_test

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/actiontest"
	"github.com/slipway-oci/slipway/runner/action/file"
)

func testCreate(t *testing.T) {
	old := syscall.Umask(0o022)
	defer syscall.Umask(old)
	s := newSandbox(t, map[string]string{"f": "a long old text", "link": "-> f", "folder/": ""})
	s.must(file.Create{}, action.Entry{"path": "a/b/c", "content": `one\ntwo`})
	s.wantMode("a/b/c", 0o644)
	s.wantMode("a", 0o755)
	s.must(file.Create{}, action.Entry{"path": "f", "content": "new"})
	s.fails(`CreateFile: creating "DIR/f": already exists and overwrite is false`, file.Create{},
		action.Entry{"path": "f", "content": "x", "overwrite": false})
	s.fails(`CreateFile: creating "DIR/folder": is a folder`, file.Create{}, action.Entry{"path": "folder"})
	s.fails(`CreateFile: creating "DIR/new/": is a folder`, file.Create{}, action.Entry{"path": "new/"})
	s.must(file.Create{}, action.Entry{"path": "open", "permissions": "0777"})
	s.wantMode("open", 0o777)
	s.must(file.Create{}, action.Entry{"path": "shut", "content": "x", "permissions": "0400"})
	s.wantMode("shut", 0o400)
	s.want(map[string]string{"a/b/c": `one\ntwo`, "f": "new", "link": "-> f", "folder/": "", "open": "", "shut": "x"})
	s.must(file.Create{}, action.Entry{"path": "link", "content": "through", "permissions": "600"})
	s.wantMode("f", 0o600)
	s.want(map[string]string{"a/b/c": `one\ntwo`, "f": "through", "link": "-> f", "folder/": "", "open": "", "shut": "x"})
}

func testCreateOwner(t *testing.T) {
	needRoot(t)
	var known file.Accounts
	known.Passwd, known.Group = accounts(t)
	m := file.Create{Accounts: known}
	for name, c := range map[string]struct {
		entry    action.Entry
		uid, gid uint32
	}{
		"names":            {action.Entry{"owner": "app", "group": "staff"}, 1200, 1400},
		"numbers":          {action.Entry{"owner": "1200", "group": "77"}, 1200, 77},
		"unknown numbers":  {action.Entry{"owner": "4711", "group": "4712"}, 4711, 4712},
		"owner alone":      {action.Entry{"owner": "app"}, 1200, 0},
		"group alone":      {action.Entry{"group": "staff"}, 0, 1400},
		"set-id bits stay": {action.Entry{"owner": "app", "permissions": "4755"}, 1200, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSandbox(t, nil)
			c.entry["path"] = "f"
			s.must(m, c.entry)
			s.wantOwner("f", c.uid, c.gid)
			if c.entry.Has("permissions") {
				s.wantMode("f", 0o4755)
			}
		})
	}
	s := newSandbox(t, nil)
	s.fails(`CreateFile: unknown user "nobody-here"`, m, action.Entry{"path": "f", "owner": "nobody-here"})
	s.fails(`CreateFile: unknown group "app"`, m, action.Entry{"path": "f", "group": "app"})
	s.fails(`CreateFile: unknown user "4294967295"`, m, action.Entry{"path": "f", "owner": "4294967295"})
	none := file.Create{Accounts: file.Accounts{Passwd: "/nonexistent/passwd", Group: "/nonexistent/group"}}
	s.fails(`CreateFile: unknown user "root"`, none, action.Entry{"path": "f", "owner": "root"})
	s.want(map[string]string{})
}

func TestCreateDoesNotWaitForAPipe(t *testing.T) {
	s := newSandbox(t, nil)
	if err := syscall.Mkfifo(s.path("pipe"), 0o644); err != nil {
		t.Fatal(err)
	}
	s.fails(`CreateFile: creating "DIR/pipe": no such device or address`, file.Create{}, action.Entry{"path": "pipe"})
	s.fails(`ReadFile: reading "DIR/pipe": is a pipe or socket`, file.Read{}, action.Entry{"path": "pipe"})
	s.fails(`CopyFile: reading "DIR/pipe": is a pipe or socket`, file.Copy{}, action.Entry{"source": "pipe", "destination": "f"})
}

func BenchmarkCreateFile(b *testing.B) {
	req, _ := actiontest.Request(b, action.Entry{"path": "f", "content": "text\n", "permissions": "0644"})
	for b.Loop() {
		if _, err := (file.Create{}).Run(b.Context(), req); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCreateFileByHand is the same work in system calls, to compare with BenchmarkCreateFile.
func BenchmarkCreateFileByHand(b *testing.B) {
	path := filepath.Join(b.TempDir(), "f")
	for b.Loop() {
		fd, err := syscall.Open(path, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_TRUNC|syscall.O_CLOEXEC, 0o644)
		if err != nil {
			b.Fatal(err)
		}
		_, _ = syscall.Write(fd, []byte("text\n"))
		_ = syscall.Close(fd)
		_ = syscall.Chmod(path, 0o644)
	}
}
