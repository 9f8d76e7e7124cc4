package report

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzAppendString compares with the standard library.
func FuzzAppendString(f *testing.F) {
	for at := range 18 {
		for _, c := range []string{`"`, `\`, "\x00", "\x1f", " ", "\x7f", "!", "[", "é", "\u2028", "𝄞", "\n\t\r"} {
			f.Add(strings.Repeat("x", at) + c + strings.Repeat("y", 17-at))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return
		}
		got := AppendString([]byte("["), text)
		var back []string
		if err := json.Unmarshal(append(got, ']'), &back); err != nil || len(back) != 1 || back[0] != text {
			t.Errorf("%q is written as %s: %q, %v", text, got, back, err)
		}
		for limit := range 40 {
			n := fitting([]byte(text), limit)
			if size := len(AppendString(nil, text[:n])) - 2; size > limit || !utf8.ValidString(text[:n]) {
				t.Errorf("%q takes %d bytes, more than %d", text[:n], size, limit)
			}
		}
	})
}
