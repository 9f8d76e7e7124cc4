//go:build linux

package command_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/action"
)

// TestConformance runs the cases of the component-document reference, chapter 10, that concern commands.
func TestConformance(t *testing.T) {
	for _, c := range []struct {
		id   string
		test func(*testing.T)
	}{
		{"BASH-01", testOneScript},
		{"BASH-02", testFailingLine},
		{"BASH-03", testStdout},
		{"BASH-04", testNoBash},
		{"BIN-01", testArguments},
		{"BIN-02", testNotPrograms},
		{"NEST-01", testNested},
		{"NEST-05", testNestedParameters},
		{"NEST-06", testNestedFailure},
		{"PWSH-01", testPowerShell},
	} {
		t.Run(c.id, c.test)
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// wantOutput checks that a module succeeded with this stdout output.
func wantOutput(t *testing.T, result action.Result, err error, want string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]map[string]any{{"stdout": want}}, result.Outputs); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
}
