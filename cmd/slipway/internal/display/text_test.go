package display

import (
	"strings"
	"testing"
	"time"
)

func TestClean(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "hello, world", "hello, world"},
		{"unicode", "grün 日本", "grün 日本"},
		{"colours", "\x1b[1;31mred\x1b[0m", "red"},
		{"title", "a\x1b]0;title\x07b\x1b]2;x\x1b\\c", "abc"},
		{"device control string", "a\x1bPq#0\x1b\\b", "ab"},
		{"one-character introducers", "a\u009b2Jb\u009dtitle\u009cc", "abc"},
		{"unfinished sequence keeps the text", "\x1b[31\nred", "31 red"},
		{"unfinished title keeps the text", "\x1b]0;title", "0;title"},
		{"lone escape", "a\x1b", "a\ufffd"},
		{"escape before a sequence", "a\x1b\x1b[31mb", "ab"},
		{"charset", "\x1b(Ba", "a"},
		{"reset", "\x1bca", "a"},
		{"tab", "a\tb", "a       b"},
		{"tab at its stop", "12345678\tb", "12345678        b"},
		{"progress by carriage return", "10%\r50%\r100%", "100%"},
		{"line end", "text\r\n", "text"},
		{"line break", "a\nb", "a b"},
		{"bell, backspace, null", "a\a\b\x00b", "a\ufffd\ufffd\ufffdb"},
		{"direction override", "a\u202eb\u2066c", "a\ufffdb\ufffdc"},
		{"not UTF-8", "a\xffb", "a\ufffdb"},
		{"delete", "a\x7fb", "a\ufffdb"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Clean(tt.in); got != tt.want {
				t.Errorf("Clean(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"", "\x1b[31m", "\x1b]0;x\x07", "\xc2\x9b2J", "a\r\n", "\x1b(", "\xc2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got := Clean(in)
		for _, r := range got {
			if unsafe(r) {
				t.Errorf("Clean(%q) = %q holds %q", in, got, r)
			}
		}
		if again := Clean(got); again != got {
			t.Errorf("Clean(%q) = %q, and cleaned again %q", in, got, again)
		}
	})
}

func TestClip(t *testing.T) {
	tests := []struct {
		in      string
		columns int
		want    string
	}{
		{"hello", 5, "hello"},
		{"hello", 4, "hel…"},
		{"hello", 1, "…"},
		{"hello", 0, ""},
		{"日本語", 6, "日本語"},
		{"日本語", 5, "日本…"},
		{"日本語", 4, "日…"},
		{"e\u0301e\u0301e\u0301", 2, "e\u0301…"},
	}
	for _, tt := range tests {
		got := clip(tt.in, tt.columns)
		if got != tt.want {
			t.Errorf("clip(%q, %d) = %q, want %q", tt.in, tt.columns, got, tt.want)
		}
		if textWidth(got) > tt.columns {
			t.Errorf("clip(%q, %d) is %d columns wide", tt.in, tt.columns, textWidth(got))
		}
	}
}

func TestLineNeverPassesTheEdge(t *testing.T) {
	l := line{left: []span{{noColour, "✓ build    "}, {bold, "日本語テキスト"}, {dim, "  phase"}}, right: "12m03s"}
	for columns := 1; columns < 60; columns++ {
		if w := textWidth(l.render(columns, Style{})); w > max(0, columns-1) {
			t.Errorf("on %d columns the line is %d wide", columns, w)
		}
	}
}

func TestDuration(t *testing.T) {
	tests := []struct {
		in   time.Duration
		want string
	}{
		{-time.Second, "0ms"},
		{0, "0ms"},
		{99 * time.Millisecond, "99ms"},
		{149 * time.Millisecond, "0.1s"},
		{59940 * time.Millisecond, "59.9s"},
		{59960 * time.Millisecond, "1m00s"},
		{61 * time.Second, "1m01s"},
		{2*time.Hour + 3*time.Minute + 4*time.Second, "2h03m04s"},
	}
	for _, tt := range tests {
		if got := Duration(tt.in); got != tt.want {
			t.Errorf("Duration(%s) = %s, want %s", tt.in, got, tt.want)
		}
	}
}

func TestBytes(t *testing.T) {
	tests := []struct {
		in   int64
		want string
	}{{0, "0 B"}, {999, "999 B"}, {1000, "1.0 kB"}, {1_250_000, "1.2 MB"}, {999_960_000, "1.0 GB"}, {5e15, "5000.0 TB"}}
	for _, tt := range tests {
		if got := Bytes(tt.in); got != tt.want {
			t.Errorf("Bytes(%d) = %s, want %s", tt.in, got, tt.want)
		}
	}
}

func TestResolveMode(t *testing.T) {
	tests := []struct {
		name       string
		mode       Mode
		terminal   bool
		env        string
		want       Mode
		wantColour bool
	}{
		{"terminal", Auto, true, "TERM=xterm", TTY, true},
		{"pipe", Auto, false, "TERM=xterm", Plain, false},
		{"CI", Auto, true, "CI=true", Plain, false},
		{"not CI", Auto, true, "CI=false", TTY, true},
		{"dumb", Auto, true, "TERM=dumb", Plain, false},
		{"no colour", Auto, true, "NO_COLOR=1", TTY, false},
		{"asked for", TTY, false, "CI=true", TTY, false},
		{"quiet", Quiet, true, "", Quiet, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			name, value, _ := strings.Cut(tt.env, "=")
			terminal := Terminal{IsTerminal: tt.terminal, Getenv: func(k string) string {
				if k == name {
					return value
				}
				return ""
			}}
			if got := tt.mode.Resolve(terminal); got != tt.want {
				t.Errorf("mode = %s, want %s", got, tt.want)
			}
			if got := terminal.Colour(); got != tt.wantColour {
				t.Errorf("colour = %v, want %v", got, tt.wantColour)
			}
		})
	}
}

func TestParseMode(t *testing.T) {
	for _, m := range Modes() {
		if got, err := ParseMode(m); err != nil || string(got) != m {
			t.Errorf("ParseMode(%q) = %q, %v", m, got, err)
		}
	}
	if got, err := ParseMode("rawjson"); err != nil || got != JSON {
		t.Errorf("ParseMode(rawjson) = %q, %v", got, err)
	}
	if _, err := ParseMode("fancy"); err == nil || !strings.Contains(err.Error(), "plain") {
		t.Errorf("ParseMode(fancy) = %v", err)
	}
}
