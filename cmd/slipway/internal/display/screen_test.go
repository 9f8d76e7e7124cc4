package display

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// screen is a small terminal: it understands what the painter writes and fails the test on anything else.
type screen struct {
	t          *testing.T
	columns    int
	rows       int
	cells      [][]rune
	x, y       int
	history    []string // lines that scrolled off the top
	hidden     bool     // the cursor
	frame      bool     // a frame has begun and not ended
	scrolledUp int      // times the cursor was moved above the first row
}

func newScreen(t *testing.T, columns, rows int) *screen {
	t.Helper()
	return &screen{t: t, columns: columns, rows: rows, cells: make([][]rune, rows)}
}

// Write interprets one write of the painter, which must be one whole frame.
func (s *screen) Write(data []byte) (int, error) {
	s.t.Helper()
	rest := string(data)
	for rest != "" {
		if strings.HasPrefix(rest, "\x1b[") {
			end := strings.IndexFunc(rest[2:], func(r rune) bool { return r >= 0x40 && r <= 0x7e })
			if end < 0 {
				s.t.Fatalf("unfinished control sequence %q", rest)
			}
			s.control(rest[2:2+end], rest[2+end])
			rest = rest[3+end:]
			continue
		}
		r, n := utf8.DecodeRuneInString(rest)
		rest = rest[n:]
		switch {
		case r == '\r':
			s.x = 0
		case r == '\n':
			s.down()
		case r < ' ' || r >= 0x7f && r <= 0x9f:
			s.t.Fatalf("control character %q on the screen", r)
		default:
			s.put(r)
		}
	}
	if s.frame || s.hidden || s.x != 0 {
		s.t.Errorf("a write leaves the terminal in a frame (%v), without a cursor (%v) or in column %d", s.frame, s.hidden, s.x)
	}
	return len(data), nil
}

func (s *screen) control(arguments string, final byte) {
	switch final {
	case 'm':
	case 'A':
		n := 1
		_, _ = fmt.Sscanf(arguments, "%d", &n)
		if s.y -= n; s.y < 0 {
			s.y = 0
			s.scrolledUp++
		}
	case 'K':
		if s.x < len(s.cells[s.y]) {
			s.cells[s.y] = s.cells[s.y][:s.x]
		}
	case 'J':
		if s.x < len(s.cells[s.y]) {
			s.cells[s.y] = s.cells[s.y][:s.x]
		}
		for i := s.y + 1; i < s.rows; i++ {
			s.cells[i] = nil
		}
	case 'h', 'l':
		switch arguments {
		case "?25":
			s.hidden = final == 'l'
		case "?2026":
			s.frame = final == 'h'
		default:
			s.t.Fatalf("unknown mode %q", arguments)
		}
	default:
		s.t.Fatalf("unknown control sequence %q%c", arguments, final)
	}
}

func (s *screen) down() {
	if s.y++; s.y == s.rows {
		s.history = append(s.history, string(s.cells[0]))
		copy(s.cells, s.cells[1:])
		s.cells[s.rows-1] = nil
		s.y--
	}
}

func (s *screen) put(r rune) {
	w := runeWidth(r)
	if s.x+w > s.columns {
		s.x = 0
		s.down()
	}
	row := s.cells[s.y]
	for len(row) < s.x+1 {
		row = append(row, ' ')
	}
	row[s.x] = r
	s.cells[s.y] = row
	s.x += w
	if w == 2 { // the second half of a wide character
		s.cells[s.y] = append(s.cells[s.y][:s.x-1], append([]rune{0}, s.cells[s.y][min(s.x, len(s.cells[s.y])):]...)...)
	}
}

// resize changes the size as xterm does: nothing is wrapped anew.
func (s *screen) resize(columns, rows int) {
	for s.rows > rows && s.y > 0 && len(s.cells[s.rows-1]) > 0 || s.y >= rows {
		s.history = append(s.history, string(s.cells[0]))
		s.cells = append(s.cells[1:], nil)
		s.y--
		if s.y < rows {
			break
		}
	}
	for len(s.cells) < rows {
		s.cells = append(s.cells, nil)
	}
	s.cells, s.columns, s.rows = s.cells[:rows], columns, rows
}

// text is what the screen shows, without empty lines at its end.
func (s *screen) text() string {
	lines := make([]string, 0, s.rows)
	for _, row := range s.cells {
		lines = append(lines, strings.TrimRight(strings.ReplaceAll(string(row), "\x00", ""), " "))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n") + "\n"
}

// all is history and screen.
func (s *screen) all() string {
	var b strings.Builder
	for _, l := range s.history {
		b.WriteString(strings.TrimRight(strings.ReplaceAll(l, "\x00", ""), " ") + "\n")
	}
	return b.String() + s.text()
}
