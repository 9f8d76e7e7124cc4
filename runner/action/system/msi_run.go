package system

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/process"
)

// installer runs msiexec for one of the two actions.
type installer struct {
	action   string
	fetch    Fetch
	platform string
}

func (m installer) run(ctx context.Context, req action.Request) (action.Result, error) {
	if m.platform != "windows" {
		return action.Result{}, &action.UnsupportedError{Action: m.action, Platform: m.platform}
	}
	result, err := m.install(ctx, req, req.Entries[0])
	if err != nil {
		return result, fmt.Errorf("%s: %w", m.action, err)
	}
	return result, nil
}

func (m installer) install(ctx context.Context, req action.Request, e action.Entry) (action.Result, error) {
	if err := checkProperties(e); err != nil {
		return action.Result{}, err
	}
	path, err := m.locate(ctx, req, e.Text("path"))
	if err != nil {
		return action.Result{}, err
	}
	if err := m.checkSignature(ctx, req, e, path); err != nil {
		return action.Result{}, err
	}
	log := ""
	if e.Text("logFile") != "" {
		log = req.Path(e.Text("logFile"))
		if err := os.MkdirAll(filepath.Dir(log), 0o777); err != nil {
			return action.Result{}, action.PathError("folder of the log", filepath.Dir(log), err)
		}
	}
	program, err := process.Find(req, "msiexec.exe")
	if err != nil {
		return action.Result{}, err
	}
	outcome, err := process.Command{Path: program, CommandLine: m.commandLine(path, log, e)}.Run(ctx, req)
	if err != nil {
		return action.Result{}, err
	}
	result := action.Result{
		Outputs:  []map[string]any{{"logFile": log, "msiExitCode": outcome.ExitCode, "stdout": outcome.Stdout}},
		ExitCode: &outcome.ExitCode, Cut: outcome.Cut,
	}
	result.Reboot, err = m.judge(req, outcome.ExitCode, e.TextOr("reboot", "Allow"))
	return result, err
}

// locate returns the package as a local file.
func (m installer) locate(ctx context.Context, req action.Request, location string) (string, error) {
	path := req.Path(location)
	if _, ok := remote(location); ok {
		if m.fetch == nil {
			return "", errors.New("downloads are not supported in this build")
		}
		path = filepath.Join(req.WorkDir, "package.msi")
		if err := m.fetch(ctx, req, location, path); err != nil {
			return "", err
		}
	}
	if info, err := os.Stat(path); err != nil {
		return "", action.PathError("package", path, err)
	} else if info.IsDir() {
		return "", fmt.Errorf("package %q is a folder", path)
	}
	return path, nil
}

// signatureScript prints the state of a signature; the path comes by a variable, so that no quoting is needed.
const signatureScript = "(Get-AuthenticodeSignature -LiteralPath $env:MSI_PATH).Status"

// checkSignature refuses a package whose signature is not as the inputs allow.
func (m installer) checkSignature(ctx context.Context, req action.Request, e action.Entry, path string) error {
	ignoreErrors, allowUnsigned := e.Bool("ignoreAuthenticodeSignatureErrors", false), e.Bool("allowUnsignedInstaller", false)
	if ignoreErrors && allowUnsigned {
		return nil
	}
	shell, err := process.Find(req, "powershell.exe")
	if err != nil {
		return fmt.Errorf("checking the signature: %w", err)
	}
	quiet := req
	quiet.Stdout = nil
	outcome, err := process.Command{
		Path: shell, Arguments: []string{"-NoLogo", "-NoProfile", "-NonInteractive", "-Command", signatureScript},
		Env: append(append([]string{}, req.Env...), "MSI_PATH="+path),
	}.Run(ctx, quiet)
	if err == nil {
		err = outcome.Err()
	}
	if err != nil {
		return fmt.Errorf("checking the signature: %w", err)
	}
	switch status := strings.TrimSpace(outcome.Stdout); {
	case status == "Valid", status == "NotSigned" && allowUnsigned, status != "NotSigned" && ignoreErrors:
		return nil
	case status == "NotSigned":
		return action.WithHint(fmt.Errorf("%q is not signed", path), "set allowUnsignedInstaller to install it all the same")
	default:
		return action.WithHint(fmt.Errorf("the signature of %q is not valid: %s", path, status),
			"set ignoreAuthenticodeSignatureErrors to install it all the same")
	}
}

// commandLine is what msiexec gets: it has rules of its own about quotes.
func (m installer) commandLine(path, log string, e action.Entry) string {
	verb := "/i"
	if m.action == uninstallMSI {
		verb = "/x"
	}
	words := []string{"msiexec.exe", verb, quoted(path), "/qn", "/norestart"}
	if log != "" {
		words = append(words, "/l"+e.TextOr("logOptions", "*VX"), quoted(log))
	}
	properties, _ := e["properties"].(map[string]string)
	names := make([]string, 0, len(properties))
	for name := range properties {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		words = append(words, name+"="+quoted(properties[name]))
	}
	return strings.Join(words, " ")
}

// quoted puts text into quotes; a quote inside is doubled.
func quoted(text string) string { return `"` + strings.ReplaceAll(text, `"`, `""`) + `"` }

// The exit codes of msiexec that are no failure.
const (
	msiSuccess         = 0
	msiUnknownProduct  = 1605 // nothing to remove
	msiUninstalled     = 1614
	msiRebootInitiated = 1641
	msiRebootRequired  = 3010
	rebootForce        = "Force"
	rebootAllow        = "Allow"
)

// judge says what an exit code means and whether a restart follows.
func (m installer) judge(req action.Request, code int, reboot string) (action.Reboot, error) {
	wanted := false
	switch code {
	case msiSuccess, msiUninstalled:
	case msiUnknownProduct:
		if m.action != uninstallMSI {
			return action.NoReboot, &process.ExitError{Code: code}
		}
		req.Infof("the product is not installed")
	case msiRebootInitiated, msiRebootRequired:
		wanted = true
	default:
		return action.NoReboot, &process.ExitError{Code: code}
	}
	switch {
	case reboot == rebootForce, wanted && reboot == rebootAllow:
		return action.RebootNextStep, nil
	case wanted:
		req.Infof("the installer asks for a restart, which is skipped")
	}
	return action.NoReboot, nil
}
