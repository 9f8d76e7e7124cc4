//go:build linux

package file_test

import (
	"testing"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/file"
)

func testDelete(t *testing.T) {
	s := newSandbox(t, map[string]string{
		"a": "", "target": "T", "link": "-> target", "logs/1.log": "", "logs/2.log": "-> ../target", "logs/3.log/": "", "logs/keep": "",
	})
	s.must(file.Delete{}, action.Entry{"path": "a"}, action.Entry{"path": "link"}, action.Entry{"path": "logs/*.log"})
	s.must(file.Delete{}, action.Entry{"path": "gone"}, action.Entry{"path": "logs/x*"}, action.Entry{"path": "gone/x*"})
	s.wantLog(`Info "` + s.path("gone") + `" does not exist`)
	s.wantLog(`Info nothing matches "logs/x*"`)
	s.fails(`DeleteFile: deleting "DIR/logs": is a folder`, file.Delete{}, action.Entry{"path": "logs"})
	s.want(map[string]string{"target": "T", "logs/3.log/": "", "logs/keep": ""})
}
