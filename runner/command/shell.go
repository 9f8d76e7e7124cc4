package command

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/term"

	"github.com/slipway-oci/slipway/runner"
	"github.com/slipway-oci/slipway/runner/shell"
)

// Shell becomes the shell of the image, bash where there is one, or is the built-in one where there is none.
func Shell(ctx context.Context, p Process, args []string) int {
	builtIn := len(args) == 1 && args[0] == "--built-in"
	if len(args) > 0 && !builtIn {
		fmt.Fprintf(p.Stdout, "Usage: %s shell [--built-in]\n\nRuns bash or sh of the image, or a built-in shell where there is neither.\n", p.Name)
		return runner.ExitSuccess
	}
	for _, name := range []string{"bash", "sh"} {
		if path, err := exec.LookPath(name); err == nil && !builtIn {
			return p.failed(become(path, []string{name}, p.Environ))
		}
	}
	code, err := shell.Run(ctx, shell.Options{
		Stdin: os.Stdin, Stdout: p.Stdout, Stderr: p.Stderr, Environ: p.Environ,
		Interactive: term.IsTerminal(int(os.Stdin.Fd())),
	})
	if err != nil {
		p.print(err)
	}
	return code
}

// withoutShellPath is the environment of steps as it was in the build: a shell has the folder of this program behind
// the PATH of the image.
func withoutShellPath(environ []string) []string {
	self, err := os.Executable()
	if err != nil {
		return environ
	}
	environ = slices.Clone(environ)
	for i, v := range environ {
		if strings.HasPrefix(v, "PATH=") {
			environ[i] = strings.TrimSuffix(v, string(os.PathListSeparator)+filepath.Dir(self))
		}
	}
	return environ
}
