package file_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/file"
)

func testRead(t *testing.T) {
	s := newSandbox(t, map[string]string{
		"mark": "\xef\xbb\xbftext \n\n", "latin": "caf\xe9", "folder/": "", "link": "-> mark",
		"large": strings.Repeat("a", action.MaxText+1), "limit": strings.Repeat("a", action.MaxText),
		"odd": "a\x00b", "half": "\x34\xd8", "beyond": "\x00\x00\x11\x00", "short": "abc", "mark16": "\xff\xfea\x00",
	})
	result := s.must(file.Read{}, action.Entry{"path": "mark"}, action.Entry{"path": "link", "printFileContent": true},
		action.Entry{"path": "mark16", "encoding": "utf16"})
	want := []map[string]any{{"content": "text \n\n"}, {"content": "text \n\n"}, {"content": "a"}}
	if diff := cmp.Diff(want, result.Outputs); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
	if got := s.rec.Stdout.String(); got != "text \n\n" {
		t.Errorf("printed %q", got)
	}
	if result := s.must(file.Read{}, action.Entry{"path": "limit"}); len(result.Outputs[0]["content"].(string)) != action.MaxText {
		t.Error("a file of just 1 MiB is not read whole")
	}
	for _, c := range []struct{ path, encoding, want string }{
		{"latin", "utf8", "invalid bytes: not UTF-8"},
		{"folder", "utf8", "is a folder"},
		{"large", "utf8", "is larger than 1048576 bytes"},
		{"odd", "utf16", "invalid bytes: an odd number of bytes is not UTF-16-LE"},
		{"half", "utf16", "invalid bytes: half a surrogate pair at byte 0 is not UTF-16-LE"},
		{"beyond", "utf32", "invalid bytes: 0x110000 at byte 0 is not UTF-32-LE"},
		{"short", "utf32-BE", "invalid bytes: a length that is no multiple of 4 is not UTF-32-BE"},
	} {
		s.fails(`ReadFile: reading "DIR/`+c.path+`": `+c.want, file.Read{}, action.Entry{"path": c.path, "encoding": c.encoding})
	}
}

func testAppend(t *testing.T) {
	s := newSandbox(t, map[string]string{"f": "one\n", "folder/": "", "link": "-> f"})
	s.fails(`AppendFile: opening "DIR/gone": no such file or directory`, file.Append{}, action.Entry{"path": "gone", "content": "x"})
	s.fails(`AppendFile: opening "DIR/folder": is a folder`, file.Append{}, action.Entry{"path": "folder", "content": "x"})
	s.must(file.Append{}, action.Entry{"path": "f", "content": "two\n"}, action.Entry{"path": "link", "content": "ä", "encoding": "utf-16"},
		action.Entry{"path": "f"})
	s.want(map[string]string{"f": "one\ntwo\n\xe4\x00", "folder/": "", "link": "-> f"})
}

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
