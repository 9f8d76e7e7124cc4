package report

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

func masker(values ...string) *Masker {
	m := &Masker{}
	for _, v := range values {
		m.Add(v)
	}
	return m
}

func TestMaskerText(t *testing.T) {
	tests := []struct {
		name, text, want string
		secrets          []string
	}{
		{name: "none", text: "hello", want: "hello"},
		{name: "one", secrets: []string{"secret"}, text: "a secret, asecretb", want: "a ***, a***b"},
		{name: "longest first", secrets: []string{"pass", "password"}, text: "password pass passwor", want: "*** *** ***wor"},
		{name: "overlap", secrets: []string{"aaab"}, text: "aaaaab", want: "aa***"},
		{name: "multi-line", secrets: []string{"first\nsecond\nab"}, text: "second first\nsecond\nab ab", want: "*** *** ab"},
		{name: "lines with carriage returns", secrets: []string{"first\r\nsecond"}, text: "x first y", want: "x *** y"},
		{name: "JSON", secrets: []string{`a"b\c` + "\n" + `<tag>`}, text: `"a\"b\\c\n<tag>" \u003ctag\u003e`, want: `"***" ***`},
		{name: "encoded for a URL", secrets: []string{"p@ss word/+1"}, text: "p%40ss+word%2F%2B1 p%40ss%20word%2F%2B1 p@ss%20word%2F+1", want: "*** *** ***"},
		{name: "base64", secrets: []string{"pass word"}, text: "cGFzcyB3b3Jk", want: "***"},
		{name: "base64 behind a name", secrets: []string{"pass word"}, text: "Basic dTpwYXNzIHdvcmQ= bWU6cGFzcyB3b3Jk", want: "Basic dTp***Q= bWU6***"},
		{name: "too short for encoded forms", secrets: []string{"abcd"}, text: "YWJjZA", want: "YWJjZA"},
		{name: "empty", secrets: []string{""}, text: "hello", want: "hello"},
		{name: "not ASCII", secrets: []string{"päßword"}, text: "ein päßword!", want: "ein ***!"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := masker(tt.secrets...)
			if got := m.Text(tt.text); got != tt.want {
				t.Errorf("Text(%q) = %q, want %q", tt.text, got, tt.want)
			}
			for size := 1; size <= len(tt.text); size++ { // the same as a stream, cut at every border
				var b strings.Builder
				w := m.Writer(&b)
				for rest := tt.text; rest != ""; {
					n := min(size, len(rest))
					if _, err := io.WriteString(w, rest[:n]); err != nil {
						t.Fatal(err)
					}
					rest = rest[n:]
				}
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				if got := b.String(); got != tt.want {
					t.Errorf("in writes of %d bytes: %q, want %q", size, got, tt.want)
				}
			}
		})
	}
}

// TestMaskerHoldsBackLittle shows that text which is no beginning of a secret is passed on at once.
func TestMaskerHoldsBackLittle(t *testing.T) {
	var b strings.Builder
	w := masker("secret").Writer(&b)
	for _, step := range []struct{ write, seen string }{{"hello", "hello"}, {" sec", "hello "}, {"x", "hello secx"}, {"secre", "hello secx"}, {"t", "hello secx***"}} {
		if _, err := io.WriteString(w, step.write); err != nil {
			t.Fatal(err)
		}
		if got := b.String(); got != step.seen {
			t.Errorf("behind %q: %q, want %q", step.write, got, step.seen)
		}
	}
}

func TestMaskerValue(t *testing.T) {
	in := map[string]any{"a": "x secret", "b": []any{"secret", 1, true, nil}, "c": map[string]any{"d": []string{"secret"}}}
	got := fmt.Sprint(masker("secret").Value(in))
	if want := "map[a:x *** b:[*** 1 true <nil>] c:map[d:[***]]]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := fmt.Sprint(in["a"]); got != "x secret" {
		t.Errorf("the value itself was changed: %s", got)
	}
}

func BenchmarkMaskWriter(b *testing.B) {
	line := strings.Repeat("the quick brown fox jumps over the lazy dog ", 745)[:32<<10]
	w := masker("s3cr3t-token-of-some-length", "another-one", "third").Writer(io.Discard)
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		_, _ = io.WriteString(w, line)
	}
}

// FuzzMasker checks that a stream is masked as its whole text is, wherever it is cut, and that no secret is left.
func FuzzMasker(f *testing.F) {
	f.Add("secret", "sec", "a secret sec secre", 3)
	f.Add("aab", "ab", "aaabaab", 1)
	f.Add("line one\nline two", "x", "line one\nline\\nline two", 5)
	f.Fuzz(func(t *testing.T, one, two, text string, size int) {
		if size < 1 || size > 1000 || len(text) > 10_000 || strings.ContainsAny(one+two, "*") {
			t.Skip("not a case of interest")
		}
		m := masker(one, two)
		want := m.Text(text)
		for _, secret := range []string{one, two} {
			if len(secret) >= 4 && strings.Contains(want, secret) {
				t.Errorf("%q is left in %q", secret, want)
			}
		}
		var b strings.Builder
		w := m.Writer(&b)
		for rest := text; rest != ""; {
			n := min(size, len(rest))
			_, _ = io.WriteString(w, rest[:n])
			rest = rest[n:]
		}
		_ = w.Close()
		if b.String() != want {
			t.Errorf("as a stream %q, want %q", b.String(), want)
		}
	})
}
