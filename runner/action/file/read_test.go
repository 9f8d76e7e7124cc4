//go:build linux

package file_test

import (
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
