package file

import (
	"context"
	"io/fs"
	"os"

	"github.com/slipway-oci/slipway/runner/action"
)

// SetFolderPermissions sets the mode of a folder and of what is in it.
type SetFolderPermissions struct{}

// Spec implements action.Module.
func (SetFolderPermissions) Spec() action.Spec {
	return action.Spec{
		Name: "SetFolderPermissions", Family: family, Shape: action.List, Platforms: unixOnly,
		Summary: "Sets the mode of a folder and of everything in it.",
		Inputs: []action.Input{
			{Name: "path", Type: action.String, Required: true, Summary: "Existing folder."},
			permissionsInput("Octal mode, the same for folders and files.", true),
			recursiveInput,
		},
		Example: `name: CloseSecrets
action: SetFolderPermissions
inputs:
  - path: /etc/app/private
    permissions: 0700
`,
		Notes: "Links inside the folder are skipped. The root folder with `recursive` is an error.",
	}
}

// Run implements action.Module.
func (SetFolderPermissions) Run(ctx context.Context, req action.Request) (action.Result, error) {
	return action.Result{}, action.Each(ctx, "SetFolderPermissions", req.Entries, func(e action.Entry) error {
		mode, err := parsePermissions(e.Text("permissions"))
		if err != nil {
			return err
		}
		return changeFolder(ctx, req, e, "setting permissions of", func(folder *os.Root, name string, kind fs.FileMode) error {
			if kind&fs.ModeSymlink != 0 {
				return nil
			}
			return folder.Chmod(name, mode)
		})
	})
}
