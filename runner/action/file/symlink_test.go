//go:build linux

package file_test

import (
	"testing"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/file"
)

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
