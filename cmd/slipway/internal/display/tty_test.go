package display

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/golden"
)

// play shows moments on a screen, repainting every 100 ms, and calls at after each repaint.
func play(t *testing.T, s *screen, moments []moment, at func(time.Duration)) {
	t.Helper()
	c := &clock{now: began}
	d := newTTY(s, Options{Now: c.Now, Size: func() (int, int) { return s.columns, s.rows }})
	close(d.stopped) // nobody repaints but this test
	last := time.Duration(0)
	for _, m := range moments {
		for ; last < m.at; last += repaintEvery {
			c.now = began.Add(last)
			d.repaint()
			if at != nil {
				at(last)
			}
		}
		c.now = began.Add(m.at)
		d.Send(m.e)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

func TestTTYFrames(t *testing.T) {
	s := newScreen(t, 80, 24)
	var frames strings.Builder
	play(t, s, story(), func(at time.Duration) {
		switch at {
		case ms(200), ms(1700), ms(2200), ms(2500):
			fmt.Fprintf(&frames, "---- %s\n%s", at, s.text())
		}
	})
	fmt.Fprintf(&frames, "---- end\n%s", s.all())
	golden.Check(t, frames.String())
}

func TestTTYFitsASmallScreen(t *testing.T) {
	s := newScreen(t, 30, 8)
	var frames strings.Builder
	play(t, s, story(), func(at time.Duration) {
		if at == ms(2300) {
			frames.WriteString(s.text())
		}
		for i, row := range s.cells {
			if w := textWidth(strings.ReplaceAll(string(row), "\x00", "")); w > 30 {
				t.Errorf("at %s row %d is %d columns wide", at, i, w)
			}
		}
	})
	golden.Check(t, frames.String())
}

// TestTTYLeavesNoTraces plays random builds on screens of random sizes that change. What changes while it runs must
// never be left on the screen or in its history, and every finished part must be there once.
// A terminal echoes what is typed at the cursor, such as Ctrl-C.
func TestTTYPaintsOverWhatIsTyped(t *testing.T) {
	quiet, typed := newScreen(t, 80, 24), newScreen(t, 80, 24)
	play(t, quiet, story(), nil)
	play(t, typed, story(), func(time.Duration) {
		typed.put('^')
		typed.put('C')
	})
	if quiet.all() != typed.all() {
		t.Errorf("the screen has\n%s\nwant\n%s", typed.all(), quiet.all())
	}
}

func TestTTYLeavesNoTraces(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		s := newScreen(t, 40+r.IntN(80), 6+r.IntN(30))
		var moments []moment
		for i := range 8 {
			name := fmt.Sprintf("part%02d", i)
			at := func(n int) time.Duration { return time.Duration(i)*time.Second + ms(n) }
			e := event.Event{Stage: "build", Component: name, Index: i + 1, Count: 8, Phase: "build", Step: "S", Platform: "linux/amd64"}
			send := func(n int, t event.Type) {
				e := e
				e.Type, e.Text = t, strings.Repeat("output ", r.IntN(30))
				moments = append(moments, moment{at(n), e})
			}
			send(0, event.ComponentStart)
			send(0, event.StepStart)
			for n := range r.IntN(20) {
				send(10+n*40, event.StepOutput)
			}
			if r.IntN(2) == 0 {
				send(890, event.StepEnd)
			}
			send(900, event.ComponentEnd)
		}
		moments = append(moments, moment{9 * time.Second, event.Event{Type: event.BuildEnd}})
		play(t, s, moments, func(time.Duration) {
			if r.IntN(10) == 0 {
				s.resize(s.columns+r.IntN(10), s.rows+r.IntN(3))
			}
		})
		all := s.all()
		if strings.ContainsAny(all, spinnerFrames+"│…") {
			t.Errorf("seed %d: traces are left:\n%s", seed, all)
		}
		for i := range 8 {
			if n := strings.Count(all, fmt.Sprintf("part%02d", i)); n != 1 {
				t.Errorf("seed %d: part%02d is there %d times:\n%s", seed, i, n, all)
			}
		}
	}
}

func TestTTYWritesNothingWhenNothingChanged(t *testing.T) {
	s := newScreen(t, 80, 24)
	c := &clock{now: began}
	writes := 0
	d := newTTY(writerFunc(func(p []byte) (int, error) { writes++; return s.Write(p) }), Options{Now: c.Now, Size: func() (int, int) { return 80, 24 }})
	d.Send(event.Event{Type: event.StageStart, Stage: "build"})
	d.repaint()
	d.repaint()
	if writes != 1 {
		t.Errorf("%d writes for one frame, want 1", writes)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestPainterCountsWrappedRows(t *testing.T) {
	p := painter{widths: []int{79, 10, 0, 40}}
	tests := []struct{ columns, want int }{{80, 4}, {40, 5}, {39, 7}, {10, 14}}
	for _, tt := range tests {
		if got := p.height(tt.columns); got != tt.want {
			t.Errorf("height on %d columns = %d, want %d", tt.columns, got, tt.want)
		}
	}
}

func TestTTYManyTransfers(t *testing.T) {
	s := newScreen(t, 100, 24)
	moments := []moment{{0, event.Event{Type: event.StageStart, Stage: "publish"}}}
	for i := range 8 {
		total := int64(10_000_000)
		if i == 1 {
			total = 0
		}
		moments = append(moments, moment{0, event.Event{Type: event.Progress, Stage: "publish", Name: fmt.Sprintf("layer sha256:%064d", i), Current: int64(i) * 1_000_000, Total: total}})
	}
	moments = append(moments, moment{ms(2100), event.Event{Type: event.BuildEnd}})
	var frame string
	play(t, s, moments, func(at time.Duration) {
		if at == ms(2000) {
			frame = s.text()
		}
	})
	golden.Check(t, frame)
}

func TestTTYStrayEvents(t *testing.T) {
	s := newScreen(t, 80, 24)
	var moments []moment
	for _, typ := range []event.Type{
		event.StepOutput, event.StepEnd, event.StepAttempt, event.PhaseEnd, event.ComponentEnd, event.StageEnd, event.Progress,
		event.StepLog, event.Log, event.BuildEnd, "unknown",
	} {
		moments = append(moments, moment{0, event.Event{Type: typ, Component: "c"}}, moment{ms(100), event.Event{Type: typ, Done: true}})
	}
	play(t, s, moments, nil)
}

func TestNewTTYRunsAndCloses(t *testing.T) {
	var b strings.Builder
	d := New(TTY, &b, Options{})
	d.Send(event.Event{Type: event.BuildStart, Recipe: "web"})
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "web") {
		t.Errorf("the title is missing: %q", b.String())
	}
}
