package expr_test

import (
	"context"
	"fmt"

	"github.com/slipway-oci/slipway/runner/expr"
)

func ExampleExpand() {
	text, err := expr.Expand("{{ Greeting }}, {{ item | upper }}!", func(r expr.Ref) (string, bool, error) {
		return "hello", r.Kind == expr.Variable, nil
	})
	fmt.Println(text, err)
	// Output: hello, {{ item | upper }}! <nil>
}

func ExampleEvaluator() {
	op, _ := expr.LookupOperator("numberLessThan")
	result, err := expr.Evaluator{}.Evaluate(context.Background(), expr.Condition{
		Op: op, Operand: expr.Operand{Text: "10"}, Companion: expr.Operand{Text: "9.5"},
	})
	fmt.Println(result.True, result.Detail, err)
	// Output: true numberLessThan "10" with value "9.5" <nil>
}
