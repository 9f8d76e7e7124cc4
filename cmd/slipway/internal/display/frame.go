package display

import (
	"fmt"
	"strings"
	"time"

	"github.com/slipway-oci/slipway/builder/event"
)

const (
	doneShown      = 3 // finished steps shown above the running one
	transfersShown = 5
	spinnerFrames  = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
	spinnerPeriod  = 100 * time.Millisecond
)

// detail says how much of the tree a frame shows; frame lowers it until the frame fits.
type detail struct{ done, tail, transfers int }

// frame returns the lines of what goes on now, at most rows of them.
func (t *tree) frame(now time.Time, rows int) []line {
	d := detail{done: doneShown, transfers: transfersShown}
	bare := t.lines(now, d)
	if len(bare) > rows {
		d = detail{transfers: 1}
		bare = t.lines(now, d)
	}
	if running := t.running(); running > 0 && len(bare) < rows {
		d.tail = min(stepTail, (rows-len(bare))/running)
		return t.lines(now, d)
	}
	if len(bare) > rows {
		more := line{left: []span{{dim, fmt.Sprintf("  … %d more lines", len(bare)-rows+1)}}}
		bare = append(bare[:max(0, rows-1)], more)[:rows]
	}
	return bare
}

// running counts the steps that run and have printed something.
func (t *tree) running() int {
	n := 0
	for _, s := range t.stages {
		for _, c := range s.components {
			for _, st := range c.steps {
				if len(st.tail) > 0 {
					n++
				}
			}
		}
	}
	return n
}

func (t *tree) lines(now time.Time, d detail) []line {
	var ls []line
	for _, s := range t.stages {
		if len(s.components) == 0 {
			ls = append(ls, t.place(s, nil, spinner(now), "", now.Sub(s.start)))
		}
		for _, c := range s.components {
			note := strings.TrimSpace(c.phase + strings.Replace(countOf(countEvent(c)), "(", " (", 1))
			ls = append(ls, t.place(s, c, spinner(now), note, now.Sub(c.start)))
			ls = append(ls, c.lines(now, d)...)
		}
		ls = append(ls, s.transferLines(now, d.transfers)...)
	}
	return ls
}

func countEvent(c *component) event.Event { return event.Event{Index: c.index, Count: c.count} }

func (c *component) lines(now time.Time, d detail) []line {
	ls := append([]line(nil), c.done[max(0, len(c.done)-d.done):]...)
	for _, s := range c.steps {
		l := line{left: []span{{noColour, "  "}, spinner(now), {bold, " " + Clean(stepPath(s.phase, s.name))}}, right: Duration(now.Sub(s.start))}
		if s.action != "" {
			l.add(dim, "  "+Clean(s.action))
		}
		if s.attempt > 1 {
			l.add(yellow, fmt.Sprintf("  attempt %d of %d", s.attempt, s.of))
		}
		ls = append(ls, l)
		for _, text := range s.tail[max(0, len(s.tail)-d.tail):] {
			ls = append(ls, line{left: []span{{dim, "    │ "}, {dim, text}}})
		}
	}
	return ls
}

func (s *stage) transferLines(now time.Time, limit int) []line {
	var ls []line
	for i, p := range s.transfers {
		if i == limit {
			ls = append(ls, line{left: []span{{dim, fmt.Sprintf("  … and %d more", len(s.transfers)-limit)}}})
			break
		}
		ls = append(ls, p.line(now))
	}
	return ls
}

// line shows a transfer: a bar where the total is known, bytes, and the speed so far.
func (p *transfer) line(now time.Time) line {
	const cells = 20
	l := line{left: []span{{noColour, "  " + pad(clip(shortDigests(Clean(p.name)), 28), 28) + " "}}}
	if p.total > 0 {
		full := int(min(p.current, p.total) * cells / p.total)
		l.add(green, strings.Repeat("━", full))
		l.add(dim, strings.Repeat("─", cells-full))
		l.add(noColour, fmt.Sprintf(" %s / %s", Bytes(p.current), Bytes(p.total)))
	} else {
		l.add(noColour, Bytes(p.current))
	}
	if took := now.Sub(p.start); took >= time.Second {
		l.right = Bytes(int64(float64(p.current)/took.Seconds())) + "/s"
	}
	return l
}

func spinner(now time.Time) span {
	frames := []rune(spinnerFrames)
	return span{cyan, string(frames[now.UnixNano()/int64(spinnerPeriod)%int64(len(frames))])}
}
