//go:build linux

package system_test

import (
	"errors"
	"testing"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/actiontest"
	"github.com/slipway-oci/slipway/runner/action/system"
)

func testAssert(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(any) (bool, string, error)
		want   string
	}{
		{"true", func(any) (bool, string, error) { return true, "", nil }, ""},
		{"false", func(any) (bool, string, error) { return false, "fileExists: /gone", nil }, "Assert: condition is false: fileExists: /gone"},
		{"false without detail", func(any) (bool, string, error) { return false, "", nil }, "Assert: condition is false"},
		{"failure", func(any) (bool, string, error) { return false, "", errors.New("cannot read") }, "Assert: cannot read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			req, _ := actiontest.Request(t, action.Entry{action.ConditionKey: "the condition"})
			var asked any
			req.Host = actiontest.Host{Condition: func(condition any) (bool, string, error) {
				asked = condition
				return c.answer(condition)
			}}
			_, err := system.Assert{}.Run(t.Context(), req)
			if text(err) != c.want {
				t.Errorf("error = %q, want %q", text(err), c.want)
			}
			if asked != "the condition" {
				t.Errorf("evaluated %v", asked)
			}
		})
	}
}

func testAssertEvaluatesAnew(t *testing.T) {
	req, _ := actiontest.Request(t, action.Entry{action.ConditionKey: "c"})
	attempts := 0
	req.Host = actiontest.Host{Condition: func(any) (bool, string, error) {
		attempts++
		return attempts == 2, "", nil
	}}
	if _, err := (system.Assert{}).Run(t.Context(), req); !errors.Is(err, system.ErrFalse) {
		t.Errorf("first attempt: %v", err)
	}
	if _, err := (system.Assert{}).Run(t.Context(), req); err != nil {
		t.Errorf("second attempt: %v", err)
	}
}
