//go:build linux

package file_test

import (
	"testing"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/file"
)

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
