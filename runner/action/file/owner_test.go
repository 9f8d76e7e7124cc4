//go:build linux

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
