//go:build linux

package system_test

import (
	"runtime"
	"testing"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/actiontest"
)

// TestConformance runs the cases of the component-document reference, chapter 10, that concern the system.
func TestConformance(t *testing.T) {
	t.Run("ASRT-01", testAssert)
	t.Run("ASRT-02", testAssertEvaluatesAnew)
	t.Run("MSI-01", testMSI)
	t.Run("REG-01", testRegistry)
	t.Run("UPD-01", testUpdate)
	t.Run("UPD-02", testUpdateImpossible)
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// checkText applies the static check of one input.
func checkText(t *testing.T, m action.Module, input, value string) error {
	t.Helper()
	in, ok := m.Spec().Input(input)
	if !ok {
		t.Fatalf("%s has no input %q", m.Spec().Name, input)
	}
	return in.Check(value)
}

// wantUnsupported checks that a module of another platform refuses to run.
func wantUnsupported(t *testing.T, m action.Module, e action.Entry) {
	t.Helper()
	req, _ := actiontest.Request(t, e)
	_, err := m.Run(t.Context(), req)
	want := &action.UnsupportedError{Action: m.Spec().Name, Platform: runtime.GOOS}
	if text(err) != want.Error() {
		t.Errorf("error = %q, want %q", text(err), want)
	}
}
