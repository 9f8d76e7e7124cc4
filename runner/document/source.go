package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// The size limits of a document in bytes.
const (
	// MaxInline is the largest document that may stand inside a recipe, a component record or a call.
	MaxInline = 65_535
	// MaxFile is the largest document that may be loaded from a location.
	MaxFile = 1 << 20
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// readYAML returns the root node of the one YAML document in data, or nil when there is none to work on.
func readYAML(file string, data []byte, limit int, diags *Diagnostics) *yaml.Node {
	if len(data) > limit {
		hint := ""
		if limit == MaxInline {
			hint = "keep it as a file or an object"
		}
		diags.add(Error, CodeTooLarge, Pos{File: file, Line: 1, Column: 1}, hint,
			"the document has %d bytes, more than the limit of %d", len(data), limit)
		return nil
	}
	data = bytes.TrimPrefix(data, byteOrderMark)
	if !utf8.Valid(data) {
		diags.add(Error, CodeSyntax, badByte(file, data), "save the file as UTF-8", "the file is not UTF-8")
		return nil
	}
	if len(data) >= largeDocument {
		if root := readPieces(data); root != nil {
			return root
		}
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	root, err := decode(dec)
	if errors.Is(err, io.EOF) {
		diags.add(Error, CodeSyntax, Pos{File: file, Line: 1, Column: 1}, "", "the document is empty")
		return nil
	}
	if err != nil {
		syntaxProblem(file, data, err, diags)
		return nil
	}
	next, err := decode(dec)
	switch {
	case errors.Is(err, io.EOF):
	case err != nil:
		syntaxProblem(file, data, err, diags)
	default:
		diags.add(Error, CodeSyntax, Pos{File: file, Line: next.Line, Column: next.Column}, "keep one document in a file",
			"a second YAML document begins here")
	}
	return root.Content[0]
}

// decode reads the next YAML document. The parser is known to panic on some broken input, which must not end more
// than the reading of this file.
func decode(dec *yaml.Decoder) (n *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: the parser gave up: %v", r)
		}
	}()
	n = new(yaml.Node)
	if err := dec.Decode(n); err != nil {
		return nil, err
	}
	if n.Kind != yaml.DocumentNode || len(n.Content) == 0 {
		return nil, errors.New("yaml: no document")
	}
	return n, nil
}

// badByte returns the place of the first byte that is not UTF-8.
func badByte(file string, data []byte) Pos {
	pos := Pos{File: file, Line: 1, Column: 1}
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		if r == utf8.RuneError && size == 1 {
			break
		}
		pos.Column++
		if r == '\n' {
			pos.Line, pos.Column = pos.Line+1, 1
		}
		data = data[size:]
	}
	return pos
}

var (
	yamlError     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?s)^yaml: (?:line ([0-9]+): )?(.*)$`) })
	unknownAnchor = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^unknown anchor '(.*)' referenced$`) })
	// openRef is a value that begins with an unquoted reference and goes on behind it, or has an index inside: that is
	// never YAML.
	openRef = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?:^|[:,\[{-])[ \t]+(\{\{(?:[^{}]*\}\}[ \t]*[^ \t\r#,\]}]|[^{}]*\[[^{}]*\}\}))`)
	})
)

// openRefLines is how far behind the place of a syntax error an unquoted reference is looked for: the parser names the
// line on which the surrounding map began.
const openRefLines = 50

// syntaxProblem reports an error of the YAML parser. A value that starts with an unquoted reference is the usual cause,
// so the lines from the error on are searched for one.
func syntaxProblem(file string, data []byte, err error, diags *Diagnostics) {
	line, text := 1, err.Error()
	if m := yamlError().FindStringSubmatch(text); m != nil {
		text = m[2]
		if n, convErr := strconv.Atoi(m[1]); convErr == nil {
			line = n
		}
	}
	if m := unknownAnchor().FindStringSubmatch(text); m != nil {
		diags.add(Error, CodeSyntax, find(file, data, "*"+m[1]), "quote a value that begins with *", "unknown alias %q", "*"+m[1])
		return
	}
	if strings.HasPrefix(text, "exceeded max depth") { // the parser has a limit too, and names no place
		diags.add(Error, CodeTooLarge, Pos{File: file, Line: line, Column: 1}, "", "nested more than %d levels deep", maxDepth)
		return
	}
	lines := strings.Split(string(data), "\n")
	line = min(line, len(lines))
	for n := max(line-1, 1); n <= min(line+openRefLines, len(lines)); n++ {
		if m := openRef().FindStringSubmatchIndex(lines[n-1]); m != nil {
			column := utf8.RuneCountInString(lines[n-1][:m[2]]) + 1
			diags.add(Error, CodeRefUnquoted, Pos{File: file, Line: n, Column: column}, "put quotes around the whole value",
				"a value that begins with {{ must be quoted (%s)", text)
			return
		}
	}
	column := 1 + len(lines[line-1]) - len(strings.TrimLeft(lines[line-1], " \t"))
	diags.add(Error, CodeSyntax, Pos{File: file, Line: line, Column: column}, syntaxHint(text), "%s", text)
}

// syntaxHint explains messages of the parser that come from a character without quotes.
func syntaxHint(message string) string {
	switch {
	case strings.Contains(message, "did not find expected alphabetic or numeric character"):
		return "quote a value that begins with * or &"
	case strings.Contains(message, "cannot start any token"):
		return "quote a value that begins with @, % or `, and indent with spaces"
	}
	return ""
}

// find returns the place of the first occurrence of word.
func find(file string, data []byte, word string) Pos {
	i := bytes.Index(data, []byte(word))
	if i < 0 {
		return Pos{File: file, Line: 1, Column: 1}
	}
	start := bytes.LastIndexByte(data[:i], '\n') + 1
	return Pos{File: file, Line: bytes.Count(data[:i], []byte("\n")) + 1, Column: utf8.RuneCount(data[start:i]) + 1}
}
