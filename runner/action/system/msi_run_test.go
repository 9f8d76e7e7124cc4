//go:build linux

package system

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/actiontest"
)

func TestInstallerCommandLine(t *testing.T) {
	for _, c := range []struct {
		action, log string
		entry       action.Entry
		want        string
	}{
		{installMSI, "", action.Entry{}, `msiexec.exe /i "C:\a b.msi" /qn /norestart`},
		{uninstallMSI, `C:\l\x.log`, action.Entry{}, `msiexec.exe /x "C:\a b.msi" /qn /norestart /l*VX "C:\l\x.log"`},
		{
			installMSI, `C:\x.log`,
			action.Entry{"logOptions": "iw", "properties": map[string]string{"B": `say "hi"`, "A": `C:\Program Files`}},
			`msiexec.exe /i "C:\a b.msi" /qn /norestart /liw "C:\x.log" A="C:\Program Files" B="say ""hi"""`,
		},
	} {
		if got := (installer{action: c.action}).commandLine(`C:\a b.msi`, c.log, c.entry); got != c.want {
			t.Errorf("%s\nwant %s", got, c.want)
		}
	}
}

// windows is an installer with stand-ins for msiexec and PowerShell, and a package in its working directory.
func windows(t *testing.T, name string, code int, signature string, e action.Entry) (installer, action.Request) {
	t.Helper()
	req, _ := actiontest.Request(t, e)
	for file, text := range map[string]string{
		"msiexec.exe":    fmt.Sprintf("#!/bin/bash\necho installed; exit %d\n", code&255),
		"powershell.exe": "#!/bin/sh\ntest -f \"$MSI_PATH\" && echo " + signature + "\n",
		"a.msi":          "package",
	} {
		if err := os.WriteFile(filepath.Join(req.Dir, file), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	req.Env = []string{"PATH=" + req.Dir}
	return installer{action: name, platform: "windows"}, req
}

func TestInstaller(t *testing.T) {
	for _, c := range []struct {
		name, signature string
		code            int
		entry           action.Entry
		want            string // error
	}{
		{"good", "Valid", 0, action.Entry{"path": "a.msi"}, ""},
		{"failing", "Valid", 3, action.Entry{"path": "a.msi"}, "InstallMSI: exit code 3"},
		{"unsigned", "NotSigned", 0, action.Entry{"path": "a.msi"}, `InstallMSI: "DIR/a.msi" is not signed`},
		{"unsigned, allowed", "NotSigned", 0, action.Entry{"path": "a.msi", "allowUnsignedInstaller": true}, ""},
		{"broken", "HashMismatch", 0, action.Entry{"path": "a.msi", "allowUnsignedInstaller": true}, `InstallMSI: the signature of "DIR/a.msi" is not valid: HashMismatch`},
		{"broken, ignored", "HashMismatch", 0, action.Entry{"path": "a.msi", "ignoreAuthenticodeSignatureErrors": true}, ""},
		{"unsigned, errors ignored", "NotSigned", 0, action.Entry{"path": "a.msi", "ignoreAuthenticodeSignatureErrors": true}, `InstallMSI: "DIR/a.msi" is not signed`},
		{"missing", "Valid", 0, action.Entry{"path": "b.msi"}, `InstallMSI: package "DIR/b.msi": no such file or directory`},
		{"refused property", "Valid", 0, action.Entry{"path": "a.msi", "properties": map[string]string{"reboot": "x"}}, `InstallMSI: properties: "reboot" cannot be set`},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, req := windows(t, installMSI, c.code, c.signature, c.entry)
			result, err := m.run(t.Context(), req)
			got := ""
			if err != nil {
				got = strings.ReplaceAll(err.Error(), req.Dir, "DIR")
			}
			if got != c.want {
				t.Errorf("error %q, want %q", got, c.want)
			}
			if c.want == "" && (result.Outputs[0]["stdout"] != "installed" || result.Outputs[0]["msiExitCode"] != 0) {
				t.Errorf("outputs %v", result.Outputs)
			}
		})
	}
}

func TestInstallerFetchesAndLogs(t *testing.T) {
	m, req := windows(t, uninstallMSI, 0, "Valid", action.Entry{"path": "https://host/x.msi", "logFile": "logs/deep/x.log"})
	if _, err := m.run(t.Context(), req); err == nil {
		t.Error("a package is fetched without a way to do it")
	}
	m.fetch = func(_ context.Context, _ action.Request, location, file string) error {
		return os.WriteFile(file, []byte(location), 0o600)
	}
	result, err := m.run(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if log := filepath.Join(req.Dir, "logs", "deep", "x.log"); result.Outputs[0]["logFile"] != log {
		t.Errorf("outputs %v", result.Outputs)
	}
	if _, err := os.Stat(filepath.Join(req.Dir, "logs", "deep")); err != nil {
		t.Error(err)
	}
}

func TestInstallerExitCodes(t *testing.T) {
	const none, next = action.NoReboot, action.RebootNextStep
	for _, c := range []struct {
		action string
		code   int
		reboot string
		want   action.Reboot
		failed bool
	}{
		{installMSI, 0, "Allow", none, false},
		{installMSI, 0, "Force", next, false},
		{installMSI, 0, "Skip", none, false},
		{installMSI, 1614, "Allow", none, false},
		{installMSI, 1641, "Allow", next, false},
		{installMSI, 3010, "Allow", next, false},
		{installMSI, 3010, "Skip", none, false},
		{installMSI, 1605, "Allow", none, true},
		{uninstallMSI, 1605, "Allow", none, false},
		{uninstallMSI, 1605, "Force", next, false},
		{installMSI, 1603, "Force", none, true},
		{uninstallMSI, 194, "Allow", none, true},
	} {
		req, _ := actiontest.Request(t)
		got, err := installer{action: c.action}.judge(req, c.code, c.reboot)
		if got != c.want || (err != nil) != c.failed {
			t.Errorf("%s %d %s: %v, %v", c.action, c.code, c.reboot, got, err)
		}
	}
}
