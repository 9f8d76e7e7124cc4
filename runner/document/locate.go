package document

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// locate returns the place in the file of the reference at offset in the text of a scalar. Only the start of a scalar
// is kept, and escapes and folding move what is behind it, so the reference is looked for in the line where it should
// be; when it is not there, the start of the scalar is near enough.
func (v *validator) locate(value *Value, offset int) Pos {
	if len(v.diags) >= maxDetailed {
		return value.Pos
	}
	if v.source == nil {
		v.source = bytes.Split(bytes.TrimPrefix(v.doc.Bytes, byteOrderMark), []byte("\n"))
	}
	before, word := value.Text[:offset], value.Text[offset:]
	if end := strings.Index(word, "}}"); end >= 0 {
		word = word[:end+2]
	}
	line, column := value.Pos.Line, value.Pos.Column
	if rest := v.tail(line, column); len(rest) > 0 && rest[0] == '|' {
		// A literal block begins on the next line and goes on line for line.
		line, column = line+1+strings.Count(before, "\n"), 1
		before = before[strings.LastIndexByte(before, '\n')+1:]
	} else if strings.Contains(before, "\n") {
		return value.Pos
	}
	rest := v.tail(line, column)
	at := 0
	for skip := strings.Count(before, word); ; skip-- {
		i := bytes.Index(rest[at:], []byte(word))
		if i < 0 {
			return value.Pos
		}
		at += i
		if skip == 0 {
			return Pos{File: value.Pos.File, Line: line, Column: column + utf8.RuneCount(rest[:at])}
		}
		at += len(word)
	}
}

// tail returns what stands in a line of the source from a column on.
func (v *validator) tail(line, column int) []byte {
	if line < 1 || line > len(v.source) {
		return nil
	}
	text := v.source[line-1]
	for ; column > 1 && len(text) > 0; column-- {
		_, size := utf8.DecodeRune(text)
		text = text[size:]
	}
	return text
}
