package display

import (
	"bytes"
	"fmt"
	"io"
)

// painter keeps a region of changing lines at the bottom of what was printed. Between two calls of paint the cursor
// is at the start of the line below that region, visible, and no mode of the terminal is changed: whatever ends the
// process, there is nothing to restore.
type painter struct {
	w       io.Writer
	columns int
	shown   []string // the region as it was painted
	widths  []int    // the columns of each of its lines
}

const (
	// Show nothing until the frame is whole, hide the cursor, and begin the line anew: what a person types, such as
	// Ctrl-C, may have moved the cursor.
	beginFrame  = "\x1b[?2026h\x1b[?25l\r"
	endFrame    = "\x1b[?25h\x1b[?2026l"
	eraseToEnd  = "\x1b[K"
	eraseBelow  = "\x1b[J"
	cursorUpFmt = "\x1b[%dA"
)

// paint prints the finished lines above the region for good and shows live in it, in one write. Lines that did not
// change are not sent again.
func (p *painter) paint(finished, live []line, columns, rows int, style Style) {
	texts := make([]string, len(live))
	widths := make([]int, len(live))
	for i, l := range live {
		texts[i] = l.render(columns, style)
		widths[i] = textWidth(l.render(columns, Style{}))
	}
	var b bytes.Buffer
	same := columns == p.columns && len(finished) == 0
	if up := min(p.height(columns), max(0, rows-1)); up > 0 {
		fmt.Fprintf(&b, cursorUpFmt, up)
	}
	if columns != p.columns && len(p.shown) > 0 {
		b.WriteString(eraseBelow) // a terminal that wrapped the old lines may have left parts of them anywhere
	}
	for _, l := range finished {
		if l.wrap {
			b.WriteString(eraseBelow)
		}
		b.WriteString(l.render(columns, style) + eraseToEnd + "\r\n")
	}
	changed := len(finished) > 0
	for i, text := range texts {
		if same && i < len(p.shown) && p.shown[i] == text {
			b.WriteString("\r\n")
			continue
		}
		changed = true
		b.WriteString(text + eraseToEnd + "\r\n")
	}
	if len(finished) > 0 || len(texts) < len(p.shown) {
		changed = true
		b.WriteString(eraseBelow)
	}
	p.shown, p.widths, p.columns = texts, widths, columns
	if changed {
		_, _ = io.WriteString(p.w, beginFrame+b.String()+endFrame)
	}
}

// height is the number of rows that the region takes on a terminal that is now columns wide and wrapped what became
// too long.
func (p *painter) height(columns int) int {
	n := 0
	for _, w := range p.widths {
		n += 1 + max(0, w-1)/max(1, columns)
	}
	return n
}
