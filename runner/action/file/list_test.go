//go:build linux

package file_test

import (
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/file"
)

func testList(t *testing.T) {
	s := newSandbox(t, map[string]string{
		"in/b.txt": "", "in/a.txt": "", "in/a.txt.d/deep.txt": "", "in/link.txt": "-> ../elsewhere", "in/x": "", "empty/": "", "elsewhere/f.txt": "",
	})
	files := func(e action.Entry) string {
		t.Helper()
		text := s.must(file.List{}, e).Outputs[0]["files"].(string)
		return strings.ReplaceAll(text, s.req.Dir+"/", "")
	}
	for _, c := range []struct {
		entry action.Entry
		want  string
	}{
		{action.Entry{"path": "in"}, "in/a.txt,in/b.txt,in/link.txt,in/x"},
		{action.Entry{"path": "in/", "fileNamePattern": "*.txt"}, "in/a.txt,in/b.txt,in/link.txt"},
		{action.Entry{"path": "./in", "fileNamePattern": "*.txt", "recursive": true}, "in/a.txt,in/a.txt.d/deep.txt,in/b.txt,in/link.txt"},
		{action.Entry{"path": "in", "fileNamePattern": "none*"}, ""},
		{action.Entry{"path": "empty", "recursive": true}, ""},
	} {
		if got := files(c.entry); got != c.want {
			t.Errorf("%v: files = %s, want %s", c.entry, got, c.want)
		}
	}
	s.fails(`ListFiles: listing "DIR/gone": no such file or directory`, file.List{}, action.Entry{"path": "gone"})
	s.fails(`ListFiles: listing "DIR/in/x": is not a folder`, file.List{}, action.Entry{"path": "in/x"})
	if n := len(s.must(file.List{}, action.Entry{"path": "in"}, action.Entry{"path": "empty"}).Outputs); n != 2 {
		t.Errorf("%d outputs for two entries", n)
	}
}
