//go:build linux

package file_test

import (
	"testing"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/file"
)

func testAppend(t *testing.T) {
	s := newSandbox(t, map[string]string{"f": "one\n", "folder/": "", "link": "-> f"})
	s.fails(`AppendFile: opening "DIR/gone": no such file or directory`, file.Append{}, action.Entry{"path": "gone", "content": "x"})
	s.fails(`AppendFile: opening "DIR/folder": is a folder`, file.Append{}, action.Entry{"path": "folder", "content": "x"})
	s.must(file.Append{}, action.Entry{"path": "f", "content": "two\n"}, action.Entry{"path": "link", "content": "ä", "encoding": "utf-16"},
		action.Entry{"path": "f"})
	s.want(map[string]string{"f": "one\ntwo\n\xe4\x00", "folder/": "", "link": "-> f"})
}
