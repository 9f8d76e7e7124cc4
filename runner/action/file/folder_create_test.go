//go:build linux

package file_test

import (
	"syscall"
	"testing"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/file"
)

func testCreateFolder(t *testing.T) {
	old := syscall.Umask(0o022)
	defer syscall.Umask(old)
	s := newSandbox(t, map[string]string{"full/f": "kept", "file": "", "link": "-> full"})
	s.must(file.CreateFolder{}, action.Entry{"path": "a/b/c", "permissions": "0700"}, action.Entry{"path": "d/"})
	s.wantMode("a/b/c", 0o700)
	s.wantMode("a/b", 0o755)
	s.wantMode("d", 0o755)
	s.must(file.CreateFolder{}, action.Entry{"path": "full", "permissions": "1777"}, action.Entry{"path": "link"})
	s.wantMode("full", 0o1777)
	s.fails(`CreateFolder: creating folder "DIR/full": already exists and overwrite is false`, file.CreateFolder{},
		action.Entry{"path": "full", "overwrite": false})
	s.fails(`CreateFolder: creating folder "DIR/file": is not a folder`, file.CreateFolder{}, action.Entry{"path": "file"})
	s.want(map[string]string{"a/b/c/": "", "d/": "", "full/f": "kept", "file": "", "link": "-> full"})
}
