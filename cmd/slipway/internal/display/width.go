package display

import (
	"unicode"

	"golang.org/x/text/width"
)

// runeWidth is the number of terminal columns of r.
func runeWidth(r rune) int {
	if r < 0x7f {
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) || r == 0x200b || r >= 0xfe00 && r <= 0xfe0f {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	default:
		return 1
	}
}

// textWidth is the number of terminal columns of text, which must be clean.
func textWidth(text string) int {
	n := 0
	for _, r := range text {
		n += runeWidth(r)
	}
	return n
}

// clip shortens text to at most columns; a text that was cut ends with an ellipsis.
func clip(text string, columns int) string {
	if columns <= 0 {
		return ""
	}
	if len(text) <= columns || textWidth(text) <= columns {
		return text
	}
	n := 0
	for i, r := range text {
		if n+runeWidth(r) > columns-1 {
			return text[:i] + "…"
		}
		n += runeWidth(r)
	}
	return text
}
