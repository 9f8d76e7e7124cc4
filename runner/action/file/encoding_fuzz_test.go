package file

import (
	"bufio"
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzEncodings looks for bytes that an encoding reads and does not write back, and for text that does not survive.
func FuzzEncodings(f *testing.F) {
	for _, name := range encodingNames {
		e, err := parseEncoding(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, text := range []string{"", "a", "a€𝄞\n", "\uFEFFmark", "\uFFFD", "\x00"} {
			f.Add(name, e.encode(text))
		}
		f.Add(name, []byte{0xff, 0xfe, 0x00, 0xd8})
		f.Add(name, []byte{0xc3})
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		e, err := parseEncoding(name)
		if err != nil {
			return
		}
		mark := e.encode("\uFEFF")
		if text, err := e.decode(data); err == nil {
			if !utf8.ValidString(text) {
				t.Errorf("%s: %x reads as %q", e, data, text)
			}
			if got, want := e.encode(text), bytes.TrimPrefix(data, mark); !bytes.Equal(got, want) {
				t.Errorf("%s: %x is written as %x", e, want, got)
			}
		}
		if !utf8.Valid(data) {
			return
		}
		text := strings.TrimPrefix(string(data), "\uFEFF")
		encoded := e.encode(text)
		if again, err := e.decode(encoded); err != nil || again != strings.TrimPrefix(text, "\uFEFF") {
			t.Errorf("%s: %q reads back as %q, %v", e, text, again, err)
		}
		var out bytes.Buffer
		w := bufio.NewWriter(&out)
		if err := e.convert(w, bufio.NewReader(bytes.NewReader(data))); err != nil || w.Flush() != nil {
			t.Errorf("%s: converting %q: %v", e, data, err)
		}
		if !bytes.Equal(out.Bytes(), encoded) {
			t.Errorf("%s: %q is converted to %x, encoded to %x", e, text, out.Bytes(), encoded)
		}
	})
}
