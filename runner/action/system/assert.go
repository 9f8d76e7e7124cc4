package system

import (
	"context"
	"errors"
	"fmt"

	"github.com/slipway-oci/slipway/runner/action"
)

// Assert fails when a condition is false.
type Assert struct{}

// Spec implements action.Module.
func (Assert) Spec() action.Spec {
	return action.Spec{
		Name: "Assert", Family: family, Shape: action.Map, Platforms: []string{"linux", "windows", "darwin"},
		Summary: "Fails unless a condition is true.",
		Inputs: []action.Input{{
			Name: action.ConditionKey, Type: action.Condition, Required: true,
			Summary: "One operator with its companion keys, directly in `inputs`.",
		}},
		Example: `name: CheckInstalled
action: Assert
inputs:
  and:
    - binaryExists: nginx
    - folderExists: /etc/nginx
`,
		Notes: `The operators are those of ` + "`if`" + `; ` + "`then` and `else`" + ` are not allowed. Each attempt evaluates the condition anew.`,
	}
}

var errNoHost = errors.New("the executor offers no service for this")

// Run implements action.Module.
func (Assert) Run(ctx context.Context, req action.Request) (action.Result, error) {
	return action.Result{}, action.Each(ctx, "Assert", req.Entries, func(e action.Entry) error {
		if req.Host == nil {
			return errNoHost
		}
		ok, detail, err := req.Host.Evaluate(e[action.ConditionKey])
		switch {
		case err != nil:
			return err
		case ok:
			return nil
		case detail == "":
			return ErrFalse
		}
		return fmt.Errorf("%w: %s", ErrFalse, detail)
	})
}

// ErrFalse says that an asserted condition does not hold.
var ErrFalse = errors.New("condition is false")
