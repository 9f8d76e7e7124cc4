package convert

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
)

var (
	plainText = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[A-Za-z](?:[A-Za-z0-9 ,./()_+-]*[A-Za-z0-9./)_+-])?$`)
	})
	// YAML reads these words as something else than text, in some version and in any case.
	notText = []string{"true", "false", "yes", "no", "on", "off", "y", "n", "null"}
)

// scalar writes a text on one line: plain where nobody can read it as anything else.
func scalar(text string) string {
	if plainText().MatchString(text) && !slices.Contains(notText, strings.ToLower(text)) {
		return text
	}
	return quoted(text)
}

// block writes a text that ends in one LF: as a literal block with this indentation, so that people can read it, or
// in double quotes where a literal block cannot carry it.
func block(text string, indent int) string {
	if !fitsLiteral(text) {
		return quoted(text)
	}
	var b strings.Builder
	b.WriteString("|")
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		b.WriteByte('\n')
		if line != "" {
			b.WriteString(strings.Repeat(" ", indent))
			b.WriteString(line)
		}
	}
	return b.String()
}

// fitsLiteral reports whether a literal block gives the text back. The first line decides the indentation of the whole
// block, so it must neither be empty nor start with a blank.
func fitsLiteral(text string) bool {
	if text[0] == '\n' || text[0] == ' ' || text[0] == '\t' {
		return false
	}
	return !strings.ContainsFunc(text, func(r rune) bool {
		return r != '\n' && r != '\t' && mustEscape(r)
	})
}

// mustEscape reports whether a character cannot stand in YAML as it is: control characters, what some version takes
// for a line break, and what nobody can see.
func mustEscape(r rune) bool {
	switch {
	case r < 0x7F:
		return r < ' '
	case r == '\uFEFF', r == '\u2028', r == '\u2029', unicode.Is(unicode.Cc, r), unicode.Is(unicode.Cf, r):
		return true
	default:
		return r&0xFFFE == 0xFFFE || r >= 0xFDD0 && r <= 0xFDEF // not characters at all
	}
}

var escapes = map[rune]string{'"': `\"`, '\\': `\\`, '\n': `\n`, '\t': `\t`, '\r': `\r`}

func quoted(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch escape, found := escapes[r]; {
		case found:
			b.WriteString(escape)
		case !mustEscape(r):
			b.WriteRune(r)
		case r <= 0xFF:
			fmt.Fprintf(&b, `\x%02X`, r)
		case r <= 0xFFFF:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			fmt.Fprintf(&b, `\U%08X`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
