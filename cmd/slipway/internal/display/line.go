package display

import "strings"

// span is a piece of clean text in one colour.
type span struct{ colour, text string }

// line is one line of the screen: text from the left edge and, unless it is empty, text that ends at the right one.
type line struct {
	left        []span
	right       string
	rightColour string
	wrap        bool // may be longer than the screen is wide
}

// rightEdge is the column at which times end on wide screens.
const rightEdge = 78

func (l *line) add(colour, text string) { l.left = append(l.left, span{colour, text}) }

// render lays the line out for a screen of the given columns; 0 is a screen without an edge. The last column stays
// free, so that no terminal wraps.
func (l line) render(columns int, style Style) string {
	limit := columns - 1
	edge := min(limit, rightEdge)
	if columns <= 0 {
		limit, edge = 1<<20, rightEdge
	}
	if l.wrap {
		limit = 1 << 20
	}
	room := limit
	if l.right != "" {
		// the left part may pass the edge only when the right part still fits behind it
		room = limit - textWidth(l.right) - 1
	}
	var b strings.Builder
	used := 0
	for _, s := range l.left {
		text := clip(s.text, room-used)
		used += textWidth(text)
		b.WriteString(style.paint(s.colour, text))
		if text != s.text {
			break
		}
	}
	if l.right == "" || room <= 0 {
		return b.String()
	}
	b.WriteString(strings.Repeat(" ", max(1, edge-used-textWidth(l.right))))
	colour := l.rightColour
	if colour == noColour {
		colour = dim
	}
	b.WriteString(style.paint(colour, l.right))
	return b.String()
}

// pad fills text with blanks up to columns.
func pad(text string, columns int) string {
	return text + strings.Repeat(" ", max(0, columns-textWidth(text)))
}
