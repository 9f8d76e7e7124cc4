package document

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// shape writes everything about a node that this package looks at.
func shape(b *strings.Builder, n *yaml.Node) {
	fmt.Fprintf(b, "%d:%d %d %s %q %d %q(", n.Line, n.Column, n.Kind, n.Tag, n.Value, n.Style, n.Anchor)
	if n.Alias != nil {
		fmt.Fprintf(b, "alias %d:%d", n.Alias.Line, n.Alias.Column)
	}
	for _, c := range n.Content {
		shape(b, c)
	}
	b.WriteString(")")
}

func shapeOf(n *yaml.Node) string {
	var b strings.Builder
	shape(&b, n)
	return b.String()
}

// wantWhole fails the test if the pieces of a text differ from the whole, and reports whether it was read in pieces.
func wantWhole(t *testing.T, text string) bool {
	t.Helper()
	pieces := readPieces([]byte(text))
	if pieces == nil {
		return false
	}
	dec := yaml.NewDecoder(bytes.NewReader([]byte(text)))
	whole, err := decode(dec)
	if err != nil {
		t.Fatalf("read in pieces, and as a whole %v:\n%s", err, text)
	}
	if _, err := decode(dec); err == nil {
		t.Fatalf("a second document was not seen:\n%s", text)
	}
	if got, want := shapeOf(pieces), shapeOf(whole.Content[0]); got != want {
		t.Fatalf("in pieces\n%s\nas a whole\n%s\nof\n%s", got, want, text)
	}
	return true
}

var piecesSeeds = []struct {
	text   string
	pieces bool
}{
	{"steps:\n- name: a\n- name: b\n- name: c\n- name: d\n", true},
	{"steps:\n  - name: a\n    x: 1\n  - name: b\n    x: 2\n  - name: c\n    x: [3,\n  4]\n", true},
	{"steps:\n- a\n- &x b\n- c\n- d\n- &y e\n- *y\n", true},
	{"steps:\n- |\n  text\n\n  - more\n- |\n  text\n  # no comment\n- b\n", true},
	{"a:\n- b:\n  - c\n  - d\n  - e\n  - f\n  - g\n", true},
	{"- a\n- b\n- c\n- d\n", true},
	{"steps:\n- a\n- b\n- c\n- d\ntail: 1\n", false},
	{"steps:\n- &x a\n- b\n- c\n- d\n- *x\n", false},
	{"steps:\n- \"a\n- b\n- c\n- d\"\n- e\n", false},
	{"steps:\n- [a,\n- b,\n- c,\n- d]\n", false},
	{"steps:\n- {a: [\n  b,\n  c,\n  - d,\n  e]}\n", false},
	{"--- |\n- a\n- b\n- c\n- d\n", false},
	{"text\n- a\n- b\n- c\n", false},
	{"a:\n  - x\nb:\n  - y\n  - z\n  - z\n", true},
	{"a:\n  - x\n  - x\n  - x\nb:\n  - y\n  - z\n", false},
	{"a:\n  - x\n  - x\n  - x\n  - x\nb: # and on\n  - y\n", false},
	{"- a\n- b\n---\n- c\n- d\n", false},
	{"- a\n---\n- b\n- c\n- d\n- e\n", false},
	{"- a\n- b\n- c\n- d\n...\n", true},
	{"a:\r- b\n- c\n- d\n- e\n", false},
	{"- k:\n  - x\n  j: 1\n  - y\n  - z\n", false},
	{"-\n-\n- \n- \n- \n", false},
	{" - ? a long key ............\n - ", false},
	{"", false},
	{"\n\n\n", false},
}

func TestPiecesAreTheWhole(t *testing.T) {
	for _, s := range piecesSeeds {
		if got := wantWhole(t, s.text); got != s.pieces {
			t.Errorf("read in pieces: %v instead of %v:\n%s", got, s.pieces, s.text)
		}
	}
}

func FuzzPieces(f *testing.F) {
	for _, s := range piecesSeeds {
		f.Add(s.text)
	}
	f.Fuzz(func(t *testing.T, text string) { wantWhole(t, text) })
}
