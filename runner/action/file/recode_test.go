//go:build linux

package file_test

import (
	"os"
	"testing"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/file"
)

func testRecode(t *testing.T) {
	files := map[string]string{"f": "\xef\xbb\xbfä\n", "latin": "caf\xe9", "empty": "", "link": "-> f"}
	s := newSandbox(t, files)
	if err := os.Chmod(s.path("f"), 0o4751|os.ModeSetuid); err != nil {
		t.Fatal(err)
	}
	mode := s.mode("f")
	s.fails(`SetFileEncoding: converting "DIR/latin": invalid bytes: byte 3 is not UTF-8`, file.SetEncoding{},
		action.Entry{"path": "latin", "encoding": "utf16"})
	s.must(file.SetEncoding{}, action.Entry{"path": "link", "encoding": "utf16-BE"}, action.Entry{"path": "empty", "encoding": "utf32"})
	files["f"] = "\x00\xe4\x00\n"
	s.want(files)
	if got := s.mode("f") | 0o4000; got != mode|0o4000 {
		t.Errorf("mode = %o, want %o", got, mode)
	}
	if left, _ := os.ReadDir(s.req.WorkDir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
