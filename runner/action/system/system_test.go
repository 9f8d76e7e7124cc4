package system_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/actiontest"
	"github.com/slipway-oci/slipway/runner/action/system"
)

// TestConformance runs the cases of the component-document reference, chapter 10, that concern the system.
func TestConformance(t *testing.T) {
	for _, c := range []struct {
		id   string
		test func(*testing.T)
	}{
		{"ASRT-01", testAssert},
		{"ASRT-02", testAssertEvaluatesAnew},
		{"MSI-01", testMSI},
		{"REG-01", testRegistry},
		{"UPD-01", testUpdate},
		{"UPD-02", testUpdateImpossible},
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

func TestReboot(t *testing.T) {
	var waited time.Duration
	m := system.Reboot{Wait: func(_ context.Context, d time.Duration) error { waited += d; return nil }}
	for _, e := range []action.Entry{{}, {"delaySeconds": int64(7)}} {
		req, _ := actiontest.Request(t, e)
		result, err := m.Run(t.Context(), req)
		if err != nil || result.Reboot != action.RebootNextStep {
			t.Errorf("%v: result = %+v, %v", e, result, err)
		}
	}
	if waited != 7*time.Second {
		t.Errorf("waited %v", waited)
	}
	for _, delay := range []int64{-1, 1 << 40} {
		req, _ := actiontest.Request(t, action.Entry{"delaySeconds": delay})
		if result, err := m.Run(t.Context(), req); err == nil || result.Reboot != action.NoReboot {
			t.Errorf("a delay of %d is accepted", delay)
		}
	}
}

func TestRebootDelayEndsWithItsContext(t *testing.T) {
	req, _ := actiontest.Request(t, action.Entry{"delaySeconds": int64(3600)})
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(action.ErrInterrupted)
	result, err := system.Reboot{}.Run(ctx, req)
	if !errors.Is(err, action.ErrInterrupted) || result.Reboot != action.NoReboot {
		t.Errorf("result = %+v, %v", result, err)
	}
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

func testMSI(t *testing.T) {
	for _, m := range []interface {
		action.Module
		action.Checker
	}{system.InstallMSI{}, system.UninstallMSI{}} {
		t.Run(m.Spec().Name, func(t *testing.T) {
			for path, ok := range map[string]bool{
				`C:\a.msi`: true, "s3://bucket/a.MSI": true, "https://host/a.msi?token=1": true, "a.exe": false, "https://host/a?x=.msi": false,
			} {
				if err := checkText(t, m, "path", path); (err == nil) != ok {
					t.Errorf("check of path %q = %v", path, err)
				}
			}
			for options, ok := range map[string]bool{"*VX": true, "iwearucmopvx+!*": true, "L*v": false, "q": false} {
				if err := checkText(t, m, "logOptions", options); (err == nil) != ok {
					t.Errorf("check of logOptions %q = %v", options, err)
				}
			}
			for name, ok := range map[string]bool{"INSTALLDIR": true, "REBOOT": false, "reinstall": false, "REINSTALLMODE": false} {
				_, err := m.CheckEntry(action.Entry{"properties": map[string]string{"A": "1", name: "x"}})
				if (err == nil) != ok {
					t.Errorf("check of property %s = %v", name, err)
				}
			}
			wantUnsupported(t, m, action.Entry{"path": "a.msi"})
		})
	}
}

func testRegistry(t *testing.T) {
	for path, ok := range map[string]bool{
		`HKLM:\SOFTWARE\App`: true, `hklm:\software`: true, `HKEY_LOCAL_MACHINE\SOFTWARE`: true, `hkey_users\x`: true,
		`HKCR:x`: true, `HKU:\x`: true, `HKCC:\x`: true, `HKCU:\x`: true, `HKEY_CURRENT_USER`: false, `SOFTWARE\App`: false, ``: false,
	} {
		if err := checkText(t, system.SetRegistry{}, "path", path); (err == nil) != ok {
			t.Errorf("check of path %q = %v", path, err)
		}
	}
	for _, c := range []struct {
		kind    string
		value   any
		warning []string
		err     string
	}{
		{"SZ", "x", nil, ""},
		{"EXPAND_SZ", "%x%", nil, ""},
		{"BINARY", "0A", nil, ""},
		{"DWORD", "30", nil, ""},
		{"QWORD", "-1", nil, ""},
		{"DWORD", "1.5", []string{`value "1.5": the fraction is lost in type DWORD`}, ""},
		{"DWORD", "x", nil, `value "x" is not a number, which type DWORD needs`},
		{"MULTI_SZ", []string{"a", "b"}, nil, ""},
		{"MULTI_SZ", "a", nil, "value: type MULTI_SZ needs a list"},
		{"SZ", []string{"a"}, nil, "value: a list needs type MULTI_SZ, not SZ"},
	} {
		warnings, err := system.SetRegistry{}.CheckEntry(action.Entry{"type": c.kind, "value": c.value})
		if text(err) != c.err || !cmp.Equal(warnings, c.warning) {
			t.Errorf("check of %s %v = %q, %q", c.kind, c.value, warnings, text(err))
		}
	}
	wantUnsupported(t, system.SetRegistry{}, action.Entry{"path": `HKLM:\x`, "name": "n", "value": "v", "type": "SZ"})
}
