package expr_test

import (
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/runner/expr"
)

func FuzzScan(f *testing.F) {
	for _, rows := range expansions() {
		for _, r := range rows {
			f.Add(r.text)
		}
	}
	f.Add("{{{{}}}}{{ a.b.inputs[99999999999999999999].c[0] }}")
	f.Fuzz(func(t *testing.T, text string) {
		var joined strings.Builder
		refs := 0
		for _, p := range expr.Scan(text) {
			joined.WriteString(p.Text)
			if p.Ref == nil {
				if expr.HasRef(p.Text) && !strings.Contains(p.Text, "secrets.") {
					t.Errorf("literal piece %q holds a reference", p.Text)
				}
				continue
			}
			refs++
			if p.Ref.Raw != p.Text {
				t.Errorf("reference %q stands in %q", p.Ref.Raw, p.Text)
			}
			if again, ok := expr.Single(p.Text); !ok || again.Kind != p.Ref.Kind {
				t.Errorf("%q does not scan as itself", p.Text)
			}
		}
		if joined.String() != text {
			t.Errorf("pieces of %q join to %q", text, joined.String())
		}
		if expr.HasRef(text) != (refs > 0) {
			t.Errorf("HasRef(%q) differs from Scan", text)
		}
		// A resolver that knows nothing leaves every text as it is.
		if got, err := expr.Expand(text, func(expr.Ref) (string, bool, error) { return "", false, nil }); err != nil || got != text {
			t.Errorf("Expand(%q) = %q, %v", text, got, err)
		}
	})
}

func FuzzCondition(f *testing.F) {
	for _, rows := range comparisons() {
		for _, r := range rows {
			f.Add(r.op, r.operand, r.companion, r.plain)
		}
	}
	f.Fuzz(func(t *testing.T, name, operand, companion string, plain bool) {
		op, ok := expr.LookupOperator(name)
		if !ok || op.Class == expr.Logical || op.Class == expr.FileTest || op.Class == expr.DigestOf {
			return
		}
		c := expr.Condition{Op: op, Operand: expr.Operand{Text: operand, Plain: plain}, Companion: expr.Operand{Text: companion, Plain: plain}}
		_, err := expr.Evaluator{}.Evaluate(t.Context(), c)
		checked := op.CheckOperand(c.Operand) == nil && op.CheckCompanion(c.Companion) == nil
		// References count as unresolved for the check and as text for the evaluation.
		if (err == nil) != checked && !expr.HasRef(operand) && !expr.HasRef(companion) {
			t.Errorf("%s %q, %q: the check says %t, the evaluation %v", name, operand, companion, checked, err)
		}
	})
}
