package action

import (
	"strings"
	"unicode/utf8"
)

// MaxText is the size limit of a text output in bytes (component-document reference, 8.4).
const MaxText = 1 << 20

// Truncated stands at the end of an output that was cut at MaxText.
const Truncated = "[truncated]"

// ValidText returns text with U+FFFD in place of each byte that is not UTF-8, as JSON writers do.
func ValidText(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	return string([]rune(text))
}

// CutText returns text shortened to at most limit bytes, at a character border, and whether it was shortened.
func CutText(text string, limit int) (string, bool) {
	if len(text) <= limit {
		return text, false
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit], true
}

// TrimNewlines returns text without the line feeds and carriage returns at its end.
func TrimNewlines(text string) string { return strings.TrimRight(text, "\r\n") }
