//go:build linux

package system_test

import (
	"testing"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/system"
)

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
