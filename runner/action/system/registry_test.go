//go:build linux

package system_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/system"
)

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
