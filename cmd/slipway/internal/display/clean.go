package display

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes text safe to show on one line of a terminal: control sequences are removed whole, tabs become blanks,
// what a carriage return overwrites is dropped, line breaks become blanks, and every other control or direction-changing
// character, or byte that is not UTF-8, becomes U+FFFD.
func Clean(text string) string {
	if isClean(text) {
		return text
	}
	text = strings.TrimRight(text, "\r\n")
	var b strings.Builder
	column := 0
	for len(text) > 0 {
		if n := sequence(text); n > 0 {
			text = text[n:]
			continue
		}
		r, n := utf8.DecodeRuneInString(text)
		text = text[n:]
		switch {
		case r == '\r':
			b.Reset()
			column = 0
			continue
		case r == '\t':
			for ok := true; ok; ok = column%8 != 0 {
				b.WriteByte(' ')
				column++
			}
			continue
		case r == '\n' || r == '\u2028' || r == '\u2029':
			r = ' '
		case unsafe(r):
			r = utf8.RuneError
		}
		b.WriteRune(r)
		column += runeWidth(r)
	}
	return b.String()
}

// CleanLines is Clean for a text of several lines.
func CleanLines(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i, l := range lines {
		lines[i] = Clean(l)
	}
	return strings.Join(lines, "\n")
}

func isClean(text string) bool {
	for i := range len(text) {
		if text[i] < 0x20 || text[i] >= 0x7f {
			return false
		}
	}
	return true
}

// unsafe reports whether a terminal might act on r, or show the text around it in another order.
func unsafe(r rune) bool {
	return unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// sequence returns the length of the control sequence that text begins with, or 0. One that does not end takes only
// its introducer with it, so that no text is swallowed.
func sequence(text string) int {
	var kind byte
	var n int
	switch {
	case len(text) >= 2 && text[0] == 0x1b:
		kind, n = text[1], 2
	case len(text) >= 2 && text[0] == 0xc2 && text[1] >= 0x80 && text[1] <= 0x9f: // the same in one character
		kind, n = text[1]-0x40, 2
	default:
		return 0
	}
	switch kind {
	case '[': // CSI: parameters, intermediates, final byte
		for i := n; i < len(text); i++ {
			if c := text[i]; c >= 0x40 && c <= 0x7e {
				return i + 1
			} else if c < 0x20 || c > 0x3f {
				return n
			}
		}
		return n
	case ']', 'P', 'X', '^', '_': // strings up to BEL or ST
		for i := n; i < len(text); i++ {
			switch {
			case text[i] == 0x07:
				return i + 1
			case strings.HasPrefix(text[i:], "\x1b\\") || strings.HasPrefix(text[i:], "\u009c"):
				return i + 2
			}
		}
		return n
	case '(', ')', '*', '+', '#', '%', ' ': // two-byte escapes
		return min(3, len(text))
	default:
		if text[0] == 0x1b && (kind < 0x20 || kind > 0x7e) {
			return 1
		}
		return n
	}
}
