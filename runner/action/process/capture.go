package process

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/slipway-oci/slipway/runner/action"
)

// maskMargin is kept beyond a size limit, so that a secret on the border is seen whole before the text is cut there.
const maskMargin = 64 << 10

// capture streams everything on and keeps the beginning. It is written by one goroutine and read after that has ended.
type capture struct {
	to   io.Writer
	kept []byte
	more bool // there was text beyond what is kept, apart from newlines
}

func (c *capture) Write(p []byte) (int, error) {
	room := min(action.MaxText+maskMargin-len(c.kept), len(p))
	c.kept = append(c.kept, p[:room]...)
	c.more = c.more || len(bytes.Trim(p[room:], "\r\n")) > 0
	if c.to == nil {
		return len(p), nil
	}
	return c.to.Write(p)
}

// text returns the output for later steps, and whether it was cut.
func (c *capture) text(req action.Request) (string, bool) {
	text := string(c.kept)
	if !c.more {
		text = action.TrimNewlines(text)
	}
	if len(text) <= action.MaxText && !c.more {
		return action.ValidText(text), false
	}
	text, cut := action.CutText(action.ValidText(req.Masked(text)), action.MaxText)
	if !cut && !c.more {
		return text, false
	}
	return text + action.Truncated, true
}

// lastLine streams everything on and remembers the last line that is not empty.
type lastLine struct {
	to   io.Writer
	line []byte // the line being written
	last []byte // the last complete one
}

func (l *lastLine) Write(p []byte) (int, error) {
	rest := p
	for len(rest) > 0 {
		at := bytes.IndexByte(rest, '\n')
		if at < 0 {
			l.keep(rest)
			break
		}
		l.keep(rest[:at])
		if len(bytes.TrimSpace(l.line)) > 0 {
			l.last, l.line = l.line, l.last
		}
		l.line = l.line[:0]
		rest = rest[at+1:]
	}
	if l.to == nil {
		return len(p), nil
	}
	return l.to.Write(p)
}

func (l *lastLine) keep(p []byte) {
	l.line = append(l.line, p[:min(len(p), maskMargin-len(l.line))]...)
}

// lastErrorLength is how many characters of the last line go into an error.
const lastErrorLength = 200

func (l *lastLine) text(req action.Request) string {
	line := l.line
	if len(bytes.TrimSpace(line)) == 0 {
		line = l.last
	}
	text := strings.TrimSpace(action.ValidText(req.Masked(string(line))))
	if utf8.RuneCountInString(text) <= lastErrorLength {
		return text
	}
	return string([]rune(text)[:lastErrorLength])
}
