//go:build linux

package file_test

import (
	"testing"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/file"
)

func testDeleteFolder(t *testing.T) {
	s := newSandbox(t, map[string]string{
		"full/sub/f": "", "full/link": "-> ../kept", "empty/": "", "kept/f": "F", "link": "-> kept", "file": "", "filelink": "-> file",
	})
	s.fails(`DeleteFolder: deleting "DIR/full": is not empty and force is false`, file.DeleteFolder{}, action.Entry{"path": "full"})
	s.fails(`DeleteFolder: deleting "DIR/file": is not a folder`, file.DeleteFolder{}, action.Entry{"path": "file", "force": true})
	s.fails(`DeleteFolder: deleting "DIR/filelink": is not a folder`, file.DeleteFolder{}, action.Entry{"path": "filelink"})
	s.fails(`DeleteFolder: "full*": a wildcard is not allowed here`, file.DeleteFolder{}, action.Entry{"path": "full*", "force": true})
	s.fails(`DeleteFolder: deleting "/": the root folder is not a permitted target`, file.DeleteFolder{}, action.Entry{"path": "/"})
	s.fails(`DeleteFolder: deleting "/usr/..": the root folder is not a permitted target`, file.DeleteFolder{}, action.Entry{"path": "/usr/.."})
	s.must(file.DeleteFolder{}, action.Entry{"path": "full/", "force": true}, action.Entry{"path": "empty"}, action.Entry{"path": "link/", "force": true})
	s.must(file.DeleteFolder{}, action.Entry{"path": "gone"}, action.Entry{"path": "gone", "force": true})
	s.want(map[string]string{"kept/f": "F", "file": "", "filelink": "-> file"})
}
