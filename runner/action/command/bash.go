package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/process"
)

// Bash is ExecuteBash: it runs a list of commands as one bash script.
type Bash struct {
	Limits Limits
	// Folders are searched behind PATH; nil means /bin, /usr/bin and /usr/local/bin.
	Folders []string
}

// Spec implements action.Module.
func (Bash) Spec() action.Spec {
	return action.Spec{
		Name: "ExecuteBash", Family: family, Shape: action.Map, Platforms: []string{"linux", "darwin"},
		Summary: "Runs commands as one bash script.",
		Inputs: []action.Input{
			commandsInput(true, "Commands of the script, at least one; an item may have many lines."),
		},
		Outputs: stdoutOutput,
		Example: `name: InstallNginx
action: ExecuteBash
inputs:
  commands:
    - set -e
    - apt-get update
    - apt-get install -y nginx
`,
		Notes: `All items are one script, run as ` + "`bash FILE`" + ` without ` + "`-e`" + `: a failing line does not stop it, and its exit
code is the result. Exit code 194 asks for a reboot, after which the step runs again. When the image has no bash, the step
fails unless the runner is given ` + "`--shell-fallback=sh`" + `.`,
	}
}

// Run implements action.Module.
func (m Bash) Run(ctx context.Context, req action.Request) (action.Result, error) {
	const name = "ExecuteBash"
	commands := req.Entries[0].List("commands")
	if len(commands) == 0 {
		return action.Result{}, fmt.Errorf("%s: commands: at least one command is needed", name)
	}
	shell, err := m.findShell(req)
	if err != nil {
		return action.Result{}, fmt.Errorf("%s: %w", name, err)
	}
	script, remove, err := writeScript(req, "script.sh", commands)
	if err != nil {
		return action.Result{}, fmt.Errorf("%s: %w", name, err)
	}
	defer remove()
	return run(ctx, name, req, process.Command{
		Path: shell, Arguments: []string{script}, Grace: m.Limits.Grace, PipeWait: m.Limits.PipeWait,
	})
}

var errNoBash = errors.New("bash not found in the image")

// findShell returns the path of bash, or of the shell that the user allowed instead.
func (m Bash) findShell(req action.Request) (string, error) {
	folders := m.Folders
	if folders == nil {
		folders = []string{"/bin", "/usr/bin", "/usr/local/bin"}
	}
	if path, err := process.Find(req, "bash", folders...); err == nil {
		return path, nil
	}
	fallback := ""
	if req.Host != nil {
		fallback = req.Host.ShellFallback()
	}
	if fallback == "" {
		return "", action.WithHint(errNoBash,
			"install bash in an earlier step (ExecuteBinary and UpdateOS need no shell), or allow --shell-fallback=sh")
	}
	path, err := process.Find(req, fallback, folders...)
	if err != nil {
		return "", fmt.Errorf("%w, and the fallback %w", errNoBash, err)
	}
	req.Warnf("bash not found in the image; the script runs with %s, where bash features fail", path)
	return path, nil
}
