package file

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/slipway-oci/slipway/runner/action"
)

// Delete is DeleteFile: it removes files and links of one folder.
type Delete struct{}

// Spec implements action.Module.
func (Delete) Spec() action.Spec {
	return action.Spec{
		Name: "DeleteFile", Family: family, Shape: action.List, Platforms: everywhere,
		Summary: "Removes a file or a link, or those of a folder that match a wildcard.",
		Inputs: []action.Input{
			{
				Name: "path", Type: action.String, Required: true, Check: checkWildcard,
				Summary: "File or link to remove; `*` is allowed in the last segment.",
			},
		},
		Example: `name: RemoveLists
action: DeleteFile
inputs:
  - path: /var/log/*.log
`,
		Notes: `Nothing to delete is a success. A link is removed, not its target. Folders that match a wildcard stay; a path
that names a folder is an error.`,
	}
}

// Run implements action.Module.
func (Delete) Run(ctx context.Context, req action.Request) (action.Result, error) {
	return action.Result{}, action.Each(ctx, "DeleteFile", req.Entries, func(e action.Entry) error {
		return deleteFiles(ctx, req, e.Text("path"))
	})
}

func deleteFiles(ctx context.Context, req action.Request, path string) error {
	folder, name, wild, err := action.SplitWildcard(path)
	if err != nil {
		return err
	}
	if !wild {
		return deleteFile(req, req.Path(path))
	}
	folder = req.Path(folder)
	found, err := expand(ctx, folder, name)
	if errors.Is(err, fs.ErrNotExist) {
		found, err = nil, nil
	}
	if err != nil {
		return err
	}
	for _, entry := range found {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if entry.IsDir() {
			continue
		}
		if err := deleteFile(req, join(folder, entry.Name())); err != nil {
			return err
		}
	}
	if len(found) == 0 {
		req.Infof("nothing matches %q", path)
	}
	return nil
}

func deleteFile(req action.Request, path string) error {
	info, err := os.Lstat(path)
	if err == nil && info.IsDir() {
		err = errIsFolder
	}
	if err == nil {
		err = os.Remove(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		req.Infof("%q does not exist", path)
		return nil
	}
	if err != nil {
		return action.PathError("deleting", path, err)
	}
	return nil
}
