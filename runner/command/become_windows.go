package command

import (
	"errors"
	"os"
	"os/exec"
)

// become runs another program in place of this one and ends with its exit code.
func become(path string, args, environ []string) error {
	cmd := exec.Command(path, args[1:]...) //nolint:noctx // it takes the place of this process
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = environ, os.Stdin, os.Stdout, os.Stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err == nil || errors.As(err, &exit) {
		os.Exit(cmd.ProcessState.ExitCode())
	}
	return err
}
