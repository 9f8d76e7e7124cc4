package file

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/slipway-oci/slipway/runner/action"
)

// CreateFolder creates a folder with its parents.
type CreateFolder struct {
	Accounts Accounts
}

// Spec implements action.Module.
func (CreateFolder) Spec() action.Spec {
	return action.Spec{
		Name: "CreateFolder", Family: family, Shape: action.List, Platforms: everywhere,
		Summary: "Creates a folder with its parents.",
		Inputs: []action.Input{
			{Name: "path", Type: action.String, Required: true, Summary: "Folder to create; missing parent folders are created."},
			ownerInput,
			groupInput,
			permissionsInput("Octal mode of the named folder, set exactly; by default 0777 minus the umask.", false),
			{Name: "overwrite", Type: action.Boolean, Default: "true", Summary: "Whether an existing folder is accepted; if not, it is an error."},
		},
		Example: `name: MakeDataFolder
action: CreateFolder
inputs:
  - path: /var/lib/app
    owner: root
    permissions: 0750
`,
		Notes: `An existing folder keeps its content; owner, group and permissions are applied when they are given. Created
parents get the default mode and the user who runs the component.`,
	}
}

// Run implements action.Module.
func (m CreateFolder) Run(ctx context.Context, req action.Request) (action.Result, error) {
	return action.Result{}, action.Each(ctx, "CreateFolder", req.Entries, func(e action.Entry) error {
		return m.create(req, e)
	})
}

func (m CreateFolder) create(req action.Request, e action.Entry) error {
	path := withoutMark(req.Path(e.Text("path")))
	at, err := m.Accounts.attributesOf(e)
	if err != nil {
		return err
	}
	err = os.Mkdir(path, at.createMode(0o777))
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeParents(path); err != nil {
			return err
		}
		err = os.Mkdir(path, at.createMode(0o777))
	}
	if errors.Is(err, fs.ErrExist) {
		_, err = statFolder(path)
		if err == nil && !e.Bool("overwrite", true) {
			err = errExists
		}
	}
	if err != nil {
		return action.PathError("creating folder", path, err)
	}
	return at.apply(path)
}
