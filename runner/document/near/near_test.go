package near_test

import (
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/runner/document/near"
)

func TestWord(t *testing.T) {
	actions := []string{"CreateFile", "CreateFolder", "CreateSymlink", "ExecuteBash", "ExecuteBinary", "WebDownload"}
	for _, tc := range []struct {
		word  string
		known []string
		want  string
	}{
		{"executebash", actions, "ExecuteBash"},
		{"WebDownlod", actions, "WebDownload"},
		{"CraeteFile", actions, "CreateFile"},
		{"CreateFileX", actions, "CreateFile"},
		{"Frobnicate", actions, ""},
		{"", actions, ""},
		{"E", []string{"A", "e"}, "e"},
		{"E", []string{"A", "Es"}, ""},
		{"x", nil, ""},
		{"maxAttemps", []string{"maxAttempts", "name"}, "maxAttempts"},
		{"abort", []string{"Abort", "Continue"}, "Abort"},
		{"Nope", []string{"Name"}, ""},
		{"ab", []string{"ba"}, "ba"},
		{"größe", []string{"Größe"}, "Größe"},
		{"same", []string{"same"}, ""},
		{"first", []string{"firsa", "firsb"}, "firsa"},
		{strings.Repeat("a", 100), []string{strings.Repeat("a", 99) + "A"}, strings.Repeat("a", 99) + "A"},
		{strings.Repeat("a", 100), []string{strings.Repeat("a", 99)}, ""},
	} {
		got, ok := near.Word(tc.word, tc.known)
		if got != tc.want || ok != (tc.want != "") {
			t.Errorf("Word(%q) = %q, %t; want %q", tc.word, got, ok, tc.want)
		}
	}
}

func TestHint(t *testing.T) {
	if got, want := near.Hint("Downlod", []string{"Download"}), `did you mean "Download"?`; got != want {
		t.Errorf("Hint = %q, want %q", got, want)
	}
	if got := near.Hint("Downlod", []string{"Upload"}); got != "" {
		t.Errorf("Hint = %q, want none", got)
	}
}
