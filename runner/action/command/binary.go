package command

import (
	"context"
	"fmt"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/process"
)

// Binary is ExecuteBinary: it runs a program without a shell.
type Binary struct {
	Limits Limits
}

// Spec implements action.Module.
func (Binary) Spec() action.Spec {
	return action.Spec{
		Name: "ExecuteBinary", Family: family, Shape: action.Map, Platforms: []string{"linux", "windows", "darwin"},
		Summary: "Runs a program, without a shell.",
		Inputs: []action.Input{
			{Name: "path", Type: action.String, Required: true, Summary: "Program to run: a path, or a name that is searched in `PATH`."},
			{Name: "arguments", Type: action.StringList, Summary: "Arguments, passed as they are; an empty text stays an argument."},
		},
		Outputs: stdoutOutput,
		Example: `name: ShowVersion
action: ExecuteBinary
inputs:
  path: /usr/local/bin/app
  arguments:
    - --version
`,
		Notes: "Exit code 194 (on Windows 3010) asks for a reboot, after which the step runs again.",
	}
}

// Run implements action.Module.
func (m Binary) Run(ctx context.Context, req action.Request) (action.Result, error) {
	const name = "ExecuteBinary"
	e := req.Entries[0]
	path, err := process.Find(req, e.Text("path"))
	if err != nil {
		return action.Result{}, fmt.Errorf("%s: %w", name, err)
	}
	return run(ctx, name, req, process.Command{
		Path: path, Name: e.Text("path"), Arguments: e.List("arguments"), Grace: m.Limits.Grace, PipeWait: m.Limits.PipeWait,
	})
}
