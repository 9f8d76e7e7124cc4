package expr_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/expr"
)

func TestScanReadsEveryForm(t *testing.T) {
	for _, tc := range []struct {
		text string
		want expr.Ref
	}{
		{"{{ Name }}", expr.Ref{Kind: expr.Variable, Name: "Name"}},
		{"{{ loop.index }}", expr.Ref{Kind: expr.Loop, Name: "loop", Field: "index"}},
		{"{{ L.value }}", expr.Ref{Kind: expr.Loop, Name: "L", Field: "value"}},
		{"{{ secrets.index }}", expr.Ref{Kind: expr.Secret, Name: "index"}},
		{"{{ p.s.inputs.k }}", expr.Ref{
			Kind: expr.Chain, Phase: "p", Step: "s", Field: "inputs", Entry: -1, Path: []expr.Segment{{Name: "k", Index: -1}},
		}},
		{"{{ p.s.outputs[2].k[3].m }}", expr.Ref{
			Kind: expr.Chain, Phase: "p", Step: "s", Field: "outputs", Entry: 2, Path: []expr.Segment{{Name: "k", Index: 3}, {Name: "m", Index: -1}},
		}},
		{"{{ env:WEIRD(x).y }}", expr.Ref{Kind: expr.Dynamic, Source: expr.Env, Name: "WEIRD(x).y"}},
		{"{{context:uuid}}", expr.Ref{Kind: expr.Dynamic, Source: expr.Context, Name: "uuid"}},
		{"{{ aws:ssm:/a/b }}", expr.Ref{Kind: expr.Dynamic, Source: expr.SSM, Name: "/a/b"}},
		{"{{ aws:ssm:resolve(a) }}", expr.Ref{Kind: expr.Dynamic, Source: expr.SSM, Name: "a"}},
		{"{{ aws:imds:placement/region }}", expr.Ref{Kind: expr.Dynamic, Source: expr.IMDS, Name: "placement/region"}},
	} {
		got, ok := expr.Single(tc.text)
		tc.want.Raw = tc.text
		if diff := cmp.Diff(tc.want, got); !ok || diff != "" {
			t.Errorf("Single(%q): %t (-want +got):\n%s", tc.text, ok, diff)
		}
	}
}

func TestExpandNamesTheReference(t *testing.T) {
	_, err := expr.Expand("a {{ Nope }}", values)
	if want := `{{ Nope }}: nothing is named "Nope"`; err == nil || err.Error() != want {
		t.Errorf("error %v, want %q", err, want)
	}
}

// Each of these took quadratic time in a scanner that looks for the end of a reference from every start anew.
func TestScanTakesLinearTime(t *testing.T) {
	const n = 1 << 18
	for _, text := range []string{
		strings.Repeat("{", 4*n),
		strings.Repeat("{{ a", n) + "}}",
		strings.Repeat("{{env:", n) + "\n}}",
		strings.Repeat("{{", n) + strings.Repeat(" ", 2*n) + "}}",
		strings.Repeat("{{ p.s.inputs", n) + ".k }}",
	} {
		start := time.Now()
		expr.Scan(text)
		if d := time.Since(start); d > 20*time.Second {
			t.Errorf("Scan of %.20q... took %v", text, d)
		}
	}
}

func TestDetailNamesWhatDecided(t *testing.T) {
	root := tree(t)
	e := expr.Evaluator{Probe: disk{root}, Expand: func(text string) (string, error) { return expr.Expand(text, values) }}
	and, _ := expr.LookupOperator(expr.And)
	not, _ := expr.LookupOperator(expr.Not)
	md5 := "d41d8cd98f00b204e9800998ecf8427e"
	for _, tc := range []struct {
		cond expr.Condition
		want string
	}{
		{comparison{op: "numberLessThan", operand: "10", companion: "{{ Name }}"}.condition(t), `numberLessThan "10" with value "value"`},
		{
			comparison{op: "fileMD5Equals", operand: md5, companion: "file"}.condition(t),
			`fileMD5Equals "` + md5 + `" with path "file" (the digest is 900150983cd24fb0d6963f7d28e17f72)`,
		},
		{comparison{op: "stringIsEmpty", operand: strings.Repeat("é", 300)}.condition(t), `stringIsEmpty "` + strings.Repeat("é", 200) + `"...`},
		{expr.Condition{Op: and, Terms: []expr.Condition{
			comparison{op: "fileExists", operand: "file"}.condition(t), comparison{op: "folderExists", operand: "file"}.condition(t),
		}}, `folderExists "file"`},
		{expr.Condition{Op: not, Terms: []expr.Condition{comparison{op: "fileExists", operand: "file"}.condition(t)}}, `not (fileExists "file")`},
	} {
		got, err := e.Evaluate(t.Context(), tc.cond)
		if err != nil || got.True || got.Detail != tc.want {
			t.Errorf("Evaluate = %+v, %v; want false with %q", got, err, tc.want)
		}
	}
}

func TestEvaluateEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := comparison{op: "fileMD5Equals", operand: "d41d8cd98f00b204e9800998ecf8427e", companion: "file"}.condition(t)
	if _, err := (expr.Evaluator{Probe: disk{tree(t)}}).Evaluate(ctx, c); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}

func TestExpandConditionResolvesAllOperands(t *testing.T) {
	or, _ := expr.LookupOperator(expr.Or)
	c := expr.Condition{Op: or, Terms: []expr.Condition{
		comparison{op: "stringEquals", operand: "{{ Name }}", companion: "x{{ Name }}"}.condition(t),
	}}
	got, err := c.Expand(func(text string) (string, error) { return expr.Expand(text, values) })
	if err != nil || got.Terms[0].Operand.Text != "value" || got.Terms[0].Companion.Text != "xvalue" {
		t.Errorf("Expand = %+v, %v", got, err)
	}
	if c.Terms[0].Operand.Text != "{{ Name }}" {
		t.Error("Expand changed the condition it was called on")
	}
}

// A word from a reference is no number; an operand that says so itself is a mistake that validation finds.
func TestBaselineFromAReference(t *testing.T) {
	e := expr.Evaluator{Expand: func(text string) (string, error) { return expr.Expand(text, values) }}
	got, err := e.Evaluate(t.Context(), comparison{op: "numberEquals", operand: "{{ Word }}", companion: "1", plain: true}.condition(t))
	if err != nil || got.True {
		t.Errorf("Evaluate = %+v, %v; want false", got, err)
	}
}

func TestOperatorTable(t *testing.T) {
	for _, op := range expr.Operators() {
		if got, ok := expr.LookupOperator(strings.ToUpper(op.Name)); !ok || got.Name != op.Name {
			t.Errorf("LookupOperator(%q) = %q, %t", strings.ToUpper(op.Name), got.Name, ok)
		}
		if two := op.Companion != ""; two != (op.Class == expr.TextOrder || op.Class == expr.Pattern || op.Class == expr.NumOrder || op.Class == expr.DigestOf) {
			t.Errorf("%s has the companion %q", op.Name, op.Companion)
		}
	}
	if n := len(expr.OperatorNames()); n != 23 {
		t.Errorf("%d operators, want 23", n)
	}
}
