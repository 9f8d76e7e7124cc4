package engine

import (
	"bytes"
	"io"
	"sync"
)

// What a tail keeps.
const (
	tailLines = 10
	tailLine  = 1 << 10 // bytes of one line
)

// tail passes output on and keeps its last lines.
type tail struct {
	to io.Writer // nil keeps only

	mu    sync.Mutex
	rest  []byte // of the line that has not ended
	lines []string
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rest = append(t.rest, p...)
	for {
		line, rest, ok := bytes.Cut(t.rest, []byte("\n"))
		if !ok {
			break
		}
		t.keep(line)
		t.rest = rest
	}
	if len(t.rest) > tailLine {
		t.rest = bytes.Clone(t.rest[len(t.rest)-tailLine:])
	}
	if t.to != nil {
		return t.to.Write(p)
	}
	return len(p), nil
}

func (t *tail) keep(line []byte) {
	line = bytes.TrimRight(line, "\r \t")
	if len(line) == 0 {
		return
	}
	t.lines = append(t.lines, string(line[max(0, len(line)-tailLine):]))
	if len(t.lines) > tailLines {
		t.lines = t.lines[1:]
	}
}

// last gives the last lines, with the one that has not ended.
func (t *tail) last() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.keep(t.rest)
	t.rest = nil
	return append([]string(nil), t.lines...)
}
