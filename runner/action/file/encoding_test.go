//go:build linux

package file_test

import (
	"testing"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/file"
)

// The spellings of every encoding, with the bytes of "a€𝄞".
var encodings = map[string][]string{
	"a\xe2\x82\xac\xf0\x9d\x84\x9e":                 {"utf8", "utf-8", "UTF8", "Utf-8"},
	"a\x00\xac\x20\x34\xd8\x1e\xdd":                 {"utf16", "utf-16", "utf16-LE", "utf-16-LE", "UTF-16-le"},
	"\x00a\x20\xac\xd8\x34\xdd\x1e":                 {"utf16-BE", "utf-16-BE", "utf16-be"},
	"a\x00\x00\x00\xac\x20\x00\x00\x1e\xd1\x01\x00": {"utf32", "utf-32", "utf32-LE", "utf-32-LE"},
	"\x00\x00\x00a\x00\x00\x20\xac\x00\x01\xd1\x1e": {"utf32-BE", "utf-32-BE"},
}

func testEncodings(t *testing.T) {
	for data, names := range encodings {
		for _, name := range names {
			t.Run(name, func(t *testing.T) {
				s := newSandbox(t, nil)
				s.must(file.Create{}, action.Entry{"path": "f", "content": "a€𝄞", "encoding": name})
				s.want(map[string]string{"f": data})
				result := s.must(file.Read{}, action.Entry{"path": "f", "encoding": name})
				if got := result.Outputs[0]["content"]; got != "a€𝄞" {
					t.Errorf("read %q", got)
				}
			})
		}
	}
	s := newSandbox(t, nil)
	s.fails(`CreateFile: unknown encoding "latin1"`, file.Create{}, action.Entry{"path": "f", "encoding": "latin1"})
	s.want(map[string]string{})
}
