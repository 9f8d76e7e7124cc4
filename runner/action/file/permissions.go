package file

import (
	"context"
	"os"

	"github.com/slipway-oci/slipway/runner/action"
)

// SetPermissions is SetFilePermissions: it sets the mode of a file.
type SetPermissions struct{}

// Spec implements action.Module.
func (SetPermissions) Spec() action.Spec {
	return action.Spec{
		Name: "SetFilePermissions", Family: family, Shape: action.List, Platforms: unixOnly,
		Summary: "Sets the mode of a file.",
		Inputs: []action.Input{
			{Name: "path", Type: action.String, Required: true, Summary: "Existing file; links are followed."},
			permissionsInput("Octal mode, set exactly; the umask plays no part.", true),
		},
		Example: `name: MakeExecutable
action: SetFilePermissions
inputs:
  - path: /usr/local/bin/app
    permissions: 0755
`,
	}
}

// Run implements action.Module.
func (SetPermissions) Run(ctx context.Context, req action.Request) (action.Result, error) {
	return action.Result{}, action.Each(ctx, "SetFilePermissions", req.Entries, func(e action.Entry) error {
		mode, err := parsePermissions(e.Text("permissions"))
		if err != nil {
			return err
		}
		path := req.Path(e.Text("path"))
		if err = checkFile(path); err == nil {
			err = os.Chmod(path, mode)
		}
		if err != nil {
			return action.PathError("setting permissions of", path, err)
		}
		return nil
	})
}
