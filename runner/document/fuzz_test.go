package document_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/runner/document"
)

// FuzzLoad looks for text that breaks the reader or one of the promises about its diagnostics.
func FuzzLoad(f *testing.F) {
	f.Add(demo)
	for _, text := range []string{
		strings.Repeat("[", 200), strings.Repeat("- ", 200), strings.Repeat("{a: ", 200),
		"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", "a: &a {b: *a}", "<<: [1]", "? [a]\n: b", "!!binary x", "- &a a\n- *b",
	} {
		f.Add(text)
	}
	for _, group := range []map[string][]row{documentRows(), variableRows(), referenceRows(), loopRows(), conditionRows()} {
		for _, rows := range group {
			for _, r := range rows {
				if len(r.text) < 4096 {
					f.Add(r.text)
				}
			}
		}
	}
	set := modules(f)
	f.Fuzz(func(t *testing.T, text string) {
		doc, ds := document.Load("a.yaml", []byte(text), set, document.Options{Run: &document.Run{}})
		if doc == nil && !ds.HasErrors() {
			t.Fatal("neither a document nor an error")
		}
		if _, again := document.Load("a.yaml", []byte(text), set, document.Options{Run: &document.Run{}}); !slices.Equal(ds, again) {
			t.Errorf("read twice: %v, then %v", ds, again)
		}
		lines := strings.Count(text, "\n") + 2
		for i, d := range ds {
			if d.Code == "" || d.Message == "" || d.Pos.Line < 1 || d.Pos.Column < 1 || d.Pos.Line > lines {
				t.Errorf("incomplete: %+v", d)
			}
			if i > 0 && (ds[i-1].Pos.Line > d.Pos.Line || ds[i-1].Pos.Line == d.Pos.Line && ds[i-1].Pos.Column > d.Pos.Column) {
				t.Errorf("not in file order: %v", ds)
			}
		}
		if ds.HasErrors() {
			return
		}
		// What is valid is whole: later stages rely on it.
		for _, p := range doc.Phases {
			for i := range p.Steps {
				s := &p.Steps[i]
				if s.Name == "" || s.Action == "" || len(s.Inputs) == 0 || s.MaxAttempts < 1 || s.TimeoutSeconds < -1 || s.TimeoutSeconds == 0 {
					t.Errorf("step is not whole: %+v", s)
				}
				if l := s.Loop; l != nil && (l.For == nil) == (l.Each == nil) {
					t.Errorf("loop is not whole: %+v", l)
				}
				if m, ok := set.Lookup(s.Action); !ok || s.Action == "Assert" && s.Inputs[0].Condition == nil {
					t.Errorf("module %v of step %+v", m, s)
				}
			}
		}
	})
}
