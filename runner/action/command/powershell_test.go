//go:build linux

package command_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/actiontest"
	"github.com/slipway-oci/slipway/runner/action/command"
)

func testPowerShell(t *testing.T) {
	run := func(e action.Entry, installed bool) (action.Result, error) {
		req, _ := actiontest.Request(t, e)
		req.Env = []string{"PATH=" + req.Dir}
		if installed {
			script := "#!/bin/sh\necho \"$1 $2 $3 $4 ${5##*/}\"\n/bin/cat \"$5\"\nexit $((3010 & 255))\n"
			if err := os.WriteFile(filepath.Join(req.Dir, "pwsh"), []byte(script), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(req.Dir, "setup.PS1"), []byte("content\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		return command.PowerShell{}.Run(t.Context(), req)
	}
	for _, c := range []struct {
		name      string
		entry     action.Entry
		installed bool
		stdout    string
		want      string
	}{
		{"none", action.Entry{}, true, "", "exactly one of commands and file must be given"},
		{"both", action.Entry{"commands": []string{"x"}, "file": "a.ps1"}, true, "", "exactly one of commands and file must be given"},
		{"no commands", action.Entry{"commands": []string{}}, true, "", "commands: at least one command is needed"},
		{"other file", action.Entry{"file": "a.sh"}, true, "", `file "a.sh" does not end in .ps1`},
		{"not installed", action.Entry{"commands": []string{"x"}}, false, "", "pwsh not found"},
		{"commands", action.Entry{"commands": []string{"a", "b"}}, true, "-NoLogo -NoProfile -NonInteractive -File script.ps1\na\nb", ""},
		{"file", action.Entry{"file": "setup.PS1"}, true, "-NoLogo -NoProfile -NonInteractive -File setup.PS1\ncontent", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			result, err := run(c.entry, c.installed)
			if c.want != "" {
				if text(err) != "ExecutePowerShell: "+c.want {
					t.Errorf("error = %q, want %q", text(err), c.want)
				}
				return
			}
			wantOutput(t, result, err, c.stdout)
			if result.Reboot != action.RebootSameStep {
				t.Error("exit code 3010 does not ask for a reboot")
			}
		})
	}
}
