package file_test

import (
	"testing"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/file"
)

func testOwner(t *testing.T) {
	needRoot(t)
	var m file.SetOwner
	m.Accounts.Passwd, m.Accounts.Group = accounts(t)
	s := newSandbox(t, map[string]string{"f": "", "g": "", "h": "", "link": "-> f", "folder/": ""})
	s.must(m, action.Entry{"path": "link", "owner": "app"})
	s.wantOwner("f", 1200, 1300)
	s.wantOwner("link", 0, 0)
	s.must(m, action.Entry{"path": "g", "owner": "1200", "group": "staff"}, action.Entry{"path": "h", "owner": "4711"})
	s.wantOwner("g", 1200, 1400)
	s.wantOwner("h", 4711, 0)
	s.fails(`SetFileOwner: setting owner of "DIR/folder": is a folder`, m, action.Entry{"path": "folder", "owner": "app"})
	s.fails(`SetFileOwner: unknown user "none"`, m, action.Entry{"path": "f", "owner": "none"})
	s.fails(`SetFileOwner: unknown group "none"`, m, action.Entry{"path": "f", "owner": "app", "group": "none"})
}

func testFolderAttributes(t *testing.T) {
	files := map[string]string{"d/f": "", "d/sub/g": "", "d/out": "-> ../kept", "kept/k": "", "file": "", "link": "-> d"}
	t.Run("permissions", func(t *testing.T) {
		s := newSandbox(t, files)
		s.must(file.SetFolderPermissions{}, action.Entry{"path": "d", "permissions": "700", "recursive": false})
		s.wantMode("d", 0o700)
		s.wantMode("d/f", 0o644)
		s.must(file.SetFolderPermissions{}, action.Entry{"path": "link", "permissions": "0750"})
		for _, name := range []string{"d", "d/f", "d/sub", "d/sub/g"} {
			s.wantMode(name, 0o750)
		}
		s.wantMode("kept", 0o755)
		s.fails(`SetFolderPermissions: setting permissions of "DIR/file": is not a folder`, file.SetFolderPermissions{},
			action.Entry{"path": "file", "permissions": "750"})
	})
	t.Run("owner", func(t *testing.T) {
		needRoot(t)
		var m file.SetFolderOwner
		m.Accounts.Passwd, m.Accounts.Group = accounts(t)
		s := newSandbox(t, files)
		s.must(m, action.Entry{"path": "d", "owner": "app", "group": "staff", "recursive": false})
		s.wantOwner("d", 1200, 1400)
		s.wantOwner("d/f", 0, 0)
		s.must(m, action.Entry{"path": "link", "owner": "app"})
		for _, name := range []string{"d", "d/f", "d/sub", "d/sub/g", "d/out"} {
			s.wantOwner(name, 1200, 1300)
		}
		s.wantOwner("kept", 0, 0)
		s.wantOwner("link", 0, 0)
		s.fails(`SetFolderOwner: setting owner of "DIR/file": is not a folder`, m, action.Entry{"path": "file", "owner": "app"})
	})
}

func testSymlink(t *testing.T) {
	start := map[string]string{"target": "T", "old": "-> target", "file": "F", "lost": "-> nowhere"}
	s := newSandbox(t, start)
	s.must(file.CreateSymlink{}, action.Entry{"path": "a/b", "target": "./target"})
	s.fails(`CreateSymlink: linking to "DIR/none": no such file or directory`, file.CreateSymlink{}, action.Entry{"path": "x", "target": "none"})
	s.fails(`CreateSymlink: linking to "DIR/lost": no such file or directory`, file.CreateSymlink{}, action.Entry{"path": "x", "target": "lost"})
	s.fails(`CreateSymlink: creating link "DIR/old": already exists and force is false`, file.CreateSymlink{}, action.Entry{"path": "old", "target": "file"})
	s.fails(`CreateSymlink: creating link "DIR/file": something that is not a link is in its place`, file.CreateSymlink{},
		action.Entry{"path": "file", "target": "target", "force": true})
	s.must(file.CreateSymlink{}, action.Entry{"path": "old", "target": "file", "force": true})
	s.want(map[string]string{
		"target": "T", "file": "F", "lost": "-> nowhere",
		"a/b": "-> " + s.path("target"), "old": "-> " + s.path("file"),
	})
}
