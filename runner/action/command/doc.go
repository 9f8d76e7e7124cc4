// Package command holds the action modules that run something: scripts, programs and other documents.
package command

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/process"
)

const family = "command"

// stdoutOutput is the output of every module that runs a command.
var stdoutOutput = []action.Output{{
	Name:    "stdout",
	Summary: "What the command wrote to its standard output, without newlines at the end.",
}}

// run runs a command for the action name and turns its outcome into a result: the request to resume is no error.
func run(ctx context.Context, name string, req action.Request, c process.Command) (action.Result, error) {
	outcome, err := c.Run(ctx, req)
	if err != nil {
		return action.Result{}, fmt.Errorf("%s: %w", name, err)
	}
	result := action.Result{
		Outputs:  []map[string]any{{"stdout": outcome.Stdout}},
		ExitCode: &outcome.ExitCode,
		Cut:      outcome.Cut,
	}
	if isResume(outcome.ExitCode) {
		result.Reboot = action.RebootSameStep
		return result, nil
	}
	if err := outcome.Err(); err != nil {
		return result, fmt.Errorf("%s: %w", name, err)
	}
	return result, nil
}

func isResume(code int) bool {
	if runtime.GOOS == "windows" {
		return code == process.ResumeCodeWindows
	}
	return code == process.ResumeCode
}

// commandsInput is the specification of the commands of a script.
func commandsInput(required bool, summary string) action.Input {
	return action.Input{Name: "commands", Type: action.StringList, Required: required, Summary: summary}
}

// writeScript writes commands to a new file in the private folder of the step, each on lines of its own. The caller
// calls remove after the run: a script may hold secrets.
func writeScript(req action.Request, name string, commands []string) (path string, remove func(), err error) {
	var script strings.Builder
	for _, c := range commands {
		script.WriteString(c)
		if !strings.HasSuffix(c, "\n") {
			script.WriteByte('\n')
		}
	}
	path = filepath.Join(req.WorkDir, name)
	remove = func() { _ = os.Remove(path) }
	if err := os.WriteFile(path, []byte(script.String()), 0o600); err != nil {
		remove()
		return "", nil, fmt.Errorf("writing the script: %w", err)
	}
	return path, remove, nil
}

// Limits replaces how long commands are waited for; zero values mean the limits of package process.
type Limits struct {
	Grace, PipeWait time.Duration
}
