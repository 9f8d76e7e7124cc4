package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/slipway-oci/slipway/runner/action"
)

// DeleteFolder removes a folder.
type DeleteFolder struct{}

// Spec implements action.Module.
func (DeleteFolder) Spec() action.Spec {
	return action.Spec{
		Name: "DeleteFolder", Family: family, Shape: action.List, Platforms: everywhere,
		Summary: "Removes a folder.",
		Inputs: []action.Input{
			{Name: "path", Type: action.String, Required: true, Check: checkDeletable, Summary: "Folder to remove."},
			{Name: "force", Type: action.Boolean, Default: "false", Summary: "Whether the content is removed too; if not, a folder with content is an error."},
		},
		Example: `name: RemoveCache
action: DeleteFolder
inputs:
  - path: /var/cache/app
    force: true
`,
		Notes: "A missing folder is a success. Of a link to a folder the link is removed. The root folder is an error.",
	}
}

// checkDeletable is the static check of the folder; a link to the root is found out only by the run.
func checkDeletable(text string) error {
	if filepath.IsAbs(text) && filepath.Clean(text) == string(filepath.Separator) {
		return fmt.Errorf("%q: %w", text, errRoot)
	}
	return checkNoWildcard(text)
}

// Run implements action.Module.
func (DeleteFolder) Run(ctx context.Context, req action.Request) (action.Result, error) {
	return action.Result{}, action.Each(ctx, "DeleteFolder", req.Entries, func(e action.Entry) error {
		if err := checkNoWildcard(e.Text("path")); err != nil {
			return err
		}
		return deleteFolder(ctx, req, withoutMark(req.Path(e.Text("path"))), e.Bool("force", false))
	})
}

func deleteFolder(ctx context.Context, req action.Request, path string, force bool) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		req.Infof("%q does not exist", path)
		return nil
	}
	isLink := err == nil && info.Mode()&fs.ModeSymlink != 0
	if isLink {
		_, err = statFolder(path)
	}
	switch {
	case err != nil:
	case isLink:
		err = os.Remove(path)
	case !info.IsDir():
		err = errNotFolder
	case isRoot(path, info):
		err = errRoot
	case force:
		return removeTree(ctx, path)
	default:
		err = os.Remove(path)
		if errors.Is(err, syscall.ENOTEMPTY) {
			err = errors.New("is not empty and force is false")
		}
	}
	if err != nil {
		return action.PathError("deleting", path, err)
	}
	return nil
}
