package action_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/runner/action"
)

func TestPath(t *testing.T) {
	tests := []struct{ dir, path, want string }{
		{"/srv", "a/b", "/srv/a/b"},
		{"/work", "/a/b", "/a/b"},
		{"/srv", "a/", "/srv/a/"},
		{"/srv", "link/../b", "/srv/link/../b"},
		{"/", "a", "/a"},
		{"", "a", "a"},
	}
	for _, tt := range tests {
		if got := (action.Request{Dir: tt.dir}).Path(tt.path); got != tt.want {
			t.Errorf("Path(%q) in %q = %q, want %q", tt.path, tt.dir, got, tt.want)
		}
	}
}

func TestGetenvTakesTheLast(t *testing.T) {
	req := action.Request{Env: []string{"A=1", "AB=2", "A=3"}}
	if got := req.Getenv("A"); got != "3" {
		t.Errorf("Getenv = %q, want 3", got)
	}
	if got := req.Getenv("B"); got != "" {
		t.Errorf("Getenv of a missing variable = %q", got)
	}
}

func TestEachStopsAtTheFirstError(t *testing.T) {
	var seen []string
	entries := []action.Entry{{"n": "1"}, {"n": "2"}, {"n": "3"}}
	err := action.Each(t.Context(), "Test", entries, func(e action.Entry) error {
		seen = append(seen, e.Text("n"))
		if e.Text("n") == "2" {
			return errors.New("broken")
		}
		return nil
	})
	if err == nil || err.Error() != "Test: broken" {
		t.Errorf("error = %v", err)
	}
	if got := strings.Join(seen, ""); got != "12" {
		t.Errorf("handled entries %s, want 12", got)
	}
}

func TestEachEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(action.ErrInterrupted)
	err := action.Each(ctx, "Test", []action.Entry{{}}, func(action.Entry) error {
		t.Error("an entry was handled")
		return nil
	})
	if !errors.Is(err, action.ErrInterrupted) {
		t.Errorf("error = %v", err)
	}
}

func TestReaderEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	in := action.Reader(ctx, strings.NewReader("text"))
	if _, err := in.Read(make([]byte, 2)); err != nil {
		t.Fatal(err)
	}
	cancel(action.ErrInterrupted)
	if _, err := io.ReadAll(in); !errors.Is(err, action.ErrInterrupted) {
		t.Errorf("error = %v", err)
	}
}

func TestMatches(t *testing.T) {
	tests := []struct {
		pattern, name string
		want          bool
	}{
		{"a", "a", true},
		{"a", "ab", false},
		{"*", "", true},
		{"*", ".hidden", true},
		{"*.log", "x.log", true},
		{"*.log", ".log", true},
		{"a*a", "a", false},
		{"a*b*c", "a-b-c", true},
		{"a*b*c", "a-c-b", false},
		{"*b*b*", "ab", false},
		{"[a]?", "a1", false},
		{"[a]?", "[a]?", true},
		{"ab**", "ab", true},
	}
	for _, tt := range tests {
		if got := action.Matches(tt.pattern, tt.name); got != tt.want {
			t.Errorf("Matches(%q, %q) = %v", tt.pattern, tt.name, got)
		}
	}
}

func TestCutText(t *testing.T) {
	tests := []struct {
		text  string
		limit int
		want  string
		cut   bool
	}{
		{"abc", 3, "abc", false},
		{"abcd", 3, "abc", true},
		{"aä", 2, "a", true},
		{"ä", 1, "", true},
	}
	for _, tt := range tests {
		got, cut := action.CutText(tt.text, tt.limit)
		if got != tt.want || cut != tt.cut {
			t.Errorf("CutText(%q, %d) = %q, %v", tt.text, tt.limit, got, cut)
		}
	}
}

func TestValidText(t *testing.T) {
	if got, want := action.ValidText("a\xff\xfeb"), "a\uFFFD\uFFFDb"; got != want {
		t.Errorf("ValidText = %q, want %q", got, want)
	}
}

func TestCheckAccountID(t *testing.T) {
	for text, ok := range map[string]bool{"012345678901": true, "12345678901": false, "0123456789012": false, "01234567890a": false} {
		if err := action.CheckAccountID(text); (err == nil) != ok {
			t.Errorf("CheckAccountID(%q) = %v", text, err)
		}
	}
}

func TestHintKeepsTheError(t *testing.T) {
	cause := errors.New("cause")
	err := action.WithHint(cause, "do this")
	if !errors.Is(err, cause) || err.Error() != "cause" {
		t.Errorf("error = %v", err)
	}
	var hinted interface{ Hint() string }
	if !errors.As(err, &hinted) || hinted.Hint() != "do this" {
		t.Errorf("no hint in %v", err)
	}
}
