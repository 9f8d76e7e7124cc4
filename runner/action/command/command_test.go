//go:build linux

package command_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/action"
)

// TestConformance runs the cases of the component-document reference, chapter 10, that concern commands.
func TestConformance(t *testing.T) {
	t.Run("BASH-01", testOneScript)
	t.Run("BASH-02", testFailingLine)
	t.Run("BASH-03", testStdout)
	t.Run("BASH-04", testNoBash)
	t.Run("BIN-01", testArguments)
	t.Run("BIN-02", testNotPrograms)
	t.Run("NEST-01", testNested)
	t.Run("NEST-05", testNestedParameters)
	t.Run("NEST-06", testNestedFailure)
	t.Run("PWSH-01", testPowerShell)
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
