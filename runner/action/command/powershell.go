package command

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/process"
)

// PowerShell is ExecutePowerShell: it runs commands or a file with PowerShell.
type PowerShell struct {
	Limits Limits
}

// Spec implements action.Module.
func (PowerShell) Spec() action.Spec {
	return action.Spec{
		Name: "ExecutePowerShell", Family: family, Shape: action.Map, Platforms: []string{"windows", "linux"},
		Summary: "Runs commands, or a script file, with PowerShell.",
		Inputs: []action.Input{
			commandsInput(false, "Commands of the script; an item may have many lines."),
			{Name: "file", Type: action.String, Check: checkScriptFile, Summary: "Path of a script that ends in `.ps1`."},
		},
		ExactlyOne: [][]string{{"commands", "file"}},
		Outputs:    stdoutOutput,
		Example: `name: ShowVersion
action: ExecutePowerShell
inputs:
  commands:
    - Write-Output $PSVersionTable.PSVersion
`,
		Notes: `On Linux ` + "`pwsh`" + ` must be in ` + "`PATH`" + `. Exit code 3010, which arrives as 194 on Linux, asks for a reboot, after
which the step runs again.`,
	}
}

func checkScriptFile(text string) error {
	if !strings.HasSuffix(strings.ToLower(text), ".ps1") {
		return fmt.Errorf("file %q does not end in .ps1", text)
	}
	return nil
}

// Run implements action.Module.
func (m PowerShell) Run(ctx context.Context, req action.Request) (action.Result, error) {
	const name = "ExecutePowerShell"
	shell, err := findPowerShell(req)
	if err != nil {
		return action.Result{}, fmt.Errorf("%s: %w", name, err)
	}
	script, remove, err := powerShellScript(req, req.Entries[0])
	if err != nil {
		return action.Result{}, fmt.Errorf("%s: %w", name, err)
	}
	defer remove()
	return run(ctx, name, req, process.Command{
		Path:      shell,
		Arguments: []string{"-NoLogo", "-NoProfile", "-NonInteractive", "-File", script},
		Grace:     m.Limits.Grace, PipeWait: m.Limits.PipeWait,
	})
}

// findPowerShell returns pwsh; Windows has an older PowerShell of its own.
func findPowerShell(req action.Request) (string, error) {
	path, err := process.Find(req, "pwsh")
	if err != nil && runtime.GOOS == "windows" {
		path, err = process.Find(req, "powershell.exe")
	}
	if err != nil {
		return "", action.WithHint(errors.New("pwsh not found"), "install PowerShell in an earlier step, or use ExecuteBash")
	}
	return path, nil
}

// powerShellScript returns the path of the script to run, and what removes it if it is ours.
func powerShellScript(req action.Request, e action.Entry) (path string, remove func(), err error) {
	switch {
	case e.Has("commands") == e.Has("file"):
		return "", nil, errors.New("exactly one of commands and file must be given")
	case e.Has("file"):
		return req.Path(e.Text("file")), func() {}, checkScriptFile(e.Text("file"))
	case len(e.List("commands")) == 0:
		return "", nil, errors.New("commands: at least one command is needed")
	}
	return writeScript(req, "script.ps1", e.List("commands"))
}
