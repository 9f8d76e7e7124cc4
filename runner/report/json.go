package report

import (
	"encoding/binary"
	"unicode/utf8"
)

const hex = "0123456789abcdef"

// AppendString appends s, valid UTF-8, to b as a JSON string, without HTML escapes.
func AppendString(b []byte, s string) []byte { return appendText(b, []byte(s)) }

// appendText is AppendString for bytes.
func appendText(b, s []byte) []byte {
	b = append(b, '"')
	for {
		n := plain(s)
		b = append(b, s[:n]...)
		if n == len(s) {
			return append(b, '"')
		}
		switch c := s[n]; c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\t':
			b = append(b, '\\', 't')
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		s = s[n+1:]
	}
}

// plain returns how many bytes at the beginning of s stand for themselves in a JSON string. It looks at eight at a time:
// the highest bit of each byte in mark tells that it is below 0x20, a quote or a backslash. A byte behind such a one
// may be marked too, so the end is found one by one.
func plain(s []byte) int {
	const (
		ones   = 0x0101010101010101
		highs  = 0x80 * ones
		quote  = '"' * ones
		escape = '\\' * ones
	)
	n := 0
	for ; n+8 <= len(s); n += 8 {
		w := binary.LittleEndian.Uint64(s[n:])
		q, e := w^quote, w^escape
		mark := (w-0x20*ones)&^w | (q-ones)&^q | (e-ones)&^e
		if mark&highs != 0 {
			break
		}
	}
	for ; n < len(s); n++ {
		if c := s[n]; c < 0x20 || c == '"' || c == '\\' {
			break
		}
	}
	return n
}

// fitting returns the length of the longest beginning of s whose JSON takes at most limit bytes.
func fitting(s []byte, limit int) int {
	if len(s)*6 <= limit {
		return len(s)
	}
	used := 0
	for i := 0; i < len(s); {
		c, size := utf8.DecodeRune(s[i:])
		switch {
		case c == '"' || c == '\\' || c == '\t' || c == '\n' || c == '\r':
			used += 2
		case c < 0x20:
			used += 6
		default:
			used += size
		}
		if used > limit {
			return i
		}
		i += size
	}
	return len(s)
}
