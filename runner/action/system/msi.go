package system

import (
	"context"
	"fmt"
	"net/url"
	"runtime"
	"sort"
	"strings"

	"github.com/slipway-oci/slipway/runner/action"
)

// InstallMSI installs a Windows Installer package. Its inputs are checked everywhere; on other systems a run ends with a
// platform error.
type InstallMSI struct{ Fetch Fetch }

// UninstallMSI removes a Windows Installer package; see InstallMSI.
type UninstallMSI struct{ Fetch Fetch }

// Fetch downloads what an s3:// or http(s):// location names to a file.
type Fetch func(ctx context.Context, req action.Request, location, file string) error

// Spec implements action.Module.
func (InstallMSI) Spec() action.Spec {
	return msiSpec(installMSI, "Installs a Windows Installer package.", "Install")
}

// Spec implements action.Module.
func (UninstallMSI) Spec() action.Spec {
	return msiSpec(uninstallMSI, "Removes a Windows Installer package.", "Remove")
}

// Run implements action.Module.
func (m InstallMSI) Run(ctx context.Context, req action.Request) (action.Result, error) {
	return installer{action: installMSI, fetch: m.Fetch, platform: runtime.GOOS}.run(ctx, req)
}

// Run implements action.Module.
func (m UninstallMSI) Run(ctx context.Context, req action.Request) (action.Result, error) {
	return installer{action: uninstallMSI, fetch: m.Fetch, platform: runtime.GOOS}.run(ctx, req)
}

// The names of the two actions.
const (
	installMSI   = "InstallMSI"
	uninstallMSI = "UninstallMSI"
)

// CheckEntry implements action.Checker.
func (InstallMSI) CheckEntry(e action.Entry) ([]string, error) { return nil, checkProperties(e) }

// CheckEntry implements action.Checker.
func (UninstallMSI) CheckEntry(e action.Entry) ([]string, error) { return nil, checkProperties(e) }

func msiSpec(name, summary, verb string) action.Spec {
	return action.Spec{
		Name: name, Family: family, Shape: action.Map, Platforms: []string{"windows"}, Summary: summary,
		Inputs: []action.Input{
			{Name: "path", Type: action.String, Required: true, Check: checkMSIPath, Summary: "Local path, `s3://` URI or `http(s)://` URL of an `.msi` file."},
			{Name: "reboot", Type: action.String, Default: "Allow", Values: []string{"Allow", "Force", "Skip"}, Summary: "Whether to restart: when the installer asks, always after a success, or never."},
			{Name: "logOptions", Type: action.String, Default: "*VX", Check: checkLogOptions, Summary: "What the installer logs, as letters of its log option."},
			{Name: "logFile", Type: action.String, Summary: "File for the installer's log, created with its folders."},
			{Name: "properties", Type: action.StringMap, Summary: "Properties to pass to the installer."},
			{Name: "ignoreAuthenticodeSignatureErrors", Type: action.Boolean, Default: "false", Summary: "Whether a package with an invalid signature is accepted."},
			{Name: "allowUnsignedInstaller", Type: action.Boolean, Default: "false", Summary: "Whether a package without a signature is accepted."},
		},
		Outputs: []action.Output{
			{Name: "logFile", Summary: "Path of the installer's log."},
			{Name: "msiExitCode", Summary: "Exit code of the installer."},
			{Name: "stdout", Summary: "What the installer wrote to its standard output."},
		},
		Example: fmt.Sprintf(`name: %sAgent
action: %s
inputs:
  path: C:\Packages\agent.msi
  reboot: Skip
  properties:
    INSTALLDIR: C:\Agent
`, verb, name),
		Notes: "The properties `REBOOT`, `REINSTALL` and `REINSTALLMODE` are refused. On other systems the step fails.",
	}
}

func checkMSIPath(text string) error {
	path := text
	if u, ok := remote(text); ok {
		path = u.Path
	}
	if !strings.HasSuffix(strings.ToLower(path), ".msi") {
		return fmt.Errorf("path %q does not end in .msi", text)
	}
	return nil
}

// remote reports whether a location is none of this machine.
func remote(location string) (*url.URL, bool) {
	u, err := url.Parse(location)
	return u, err == nil && (u.Scheme == "s3" || u.Scheme == "http" || u.Scheme == "https")
}

func checkLogOptions(text string) error {
	for _, r := range strings.ToLower(text) {
		if !strings.ContainsRune("iwearucmopvx+!*", r) {
			return fmt.Errorf("logOptions %q: %q is not one of i w e a r u c m o p v x + ! *", text, r)
		}
	}
	return nil
}

// checkProperties refuses the properties that would undo what the inputs say.
func checkProperties(e action.Entry) error {
	properties, _ := e["properties"].(map[string]string)
	names := make([]string, 0, len(properties))
	for name := range properties {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		switch strings.ToUpper(name) {
		case "REBOOT", "REINSTALL", "REINSTALLMODE":
			return fmt.Errorf("properties: %q cannot be set", name)
		}
	}
	return nil
}
