package file

import (
	"context"
	"io/fs"
	"os"

	"github.com/slipway-oci/slipway/runner/action"
)

// SetFolderOwner sets the owner of a folder and of what is in it.
type SetFolderOwner struct {
	Accounts Accounts
}

// Spec implements action.Module.
func (SetFolderOwner) Spec() action.Spec {
	return action.Spec{
		Name: "SetFolderOwner", Family: family, Shape: action.List, Platforms: unixOnly,
		Summary: "Sets the owner and the group of a folder and of everything in it.",
		Inputs: []action.Input{
			{Name: "path", Type: action.String, Required: true, Summary: "Existing folder."},
			newOwnerInput,
			newGroupInput,
			recursiveInput,
		},
		Example: `name: GiveDataToApp
action: SetFolderOwner
inputs:
  - path: /var/lib/app
    owner: www-data
`,
		Notes: "Links inside the folder are changed themselves and never followed. The root folder with `recursive` is an error.",
	}
}

// recursiveInput is the input of the two modules that change a whole folder.
var recursiveInput = action.Input{
	Name: "recursive", Type: action.Boolean, Default: "true", Summary: "Whether everything below the folder is changed too.",
}

// Run implements action.Module.
func (m SetFolderOwner) Run(ctx context.Context, req action.Request) (action.Result, error) {
	return action.Result{}, action.Each(ctx, "SetFolderOwner", req.Entries, func(e action.Entry) error {
		uid, gid, err := m.Accounts.newOwner(e)
		if err != nil {
			return err
		}
		return changeFolder(ctx, req, e, "setting owner of", func(folder *os.Root, name string, _ fs.FileMode) error {
			return folder.Lchown(name, uid, gid)
		})
	})
}

// changeFolder calls change for the folder of an entry and, when it is recursive, first for everything below it, with
// the type of each. The folder itself has the name ".".
func changeFolder(ctx context.Context, req action.Request, e action.Entry, doing string,
	change func(folder *os.Root, name string, kind fs.FileMode) error,
) error {
	path := withoutMark(req.Path(e.Text("path")))
	recursive := e.Bool("recursive", true)
	info, err := statFolder(path)
	if err == nil && recursive && isRoot(path, info) {
		err = errRoot
	}
	if err != nil {
		return action.PathError(doing, path, err)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return action.PathError(doing, path, err)
	}
	defer func() { _ = root.Close() }() // opened for reading
	if recursive {
		err := walk(ctx, root, path, func(f found) error {
			if err := change(f.folder, f.entry.Name(), f.entry.Type()); err != nil {
				return action.PathError(doing, f.path, err)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if err := change(root, ".", fs.ModeDir); err != nil {
		return action.PathError(doing, path, err)
	}
	return nil
}
