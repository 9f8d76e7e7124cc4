package file

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/slipway-oci/slipway/runner/action"
)

// CreateSymlink creates a symbolic link to something that exists.
type CreateSymlink struct{}

// Spec implements action.Module.
func (CreateSymlink) Spec() action.Spec {
	return action.Spec{
		Name: "CreateSymlink", Family: family, Shape: action.List, Platforms: unixOnly,
		Summary: "Creates a symbolic link to an existing file or folder.",
		Inputs: []action.Input{
			{Name: "path", Type: action.String, Required: true, Summary: "The link; missing parent folders are created."},
			{Name: "target", Type: action.String, Required: true, Summary: "Existing file or folder that the link points to."},
			{Name: "force", Type: action.Boolean, Default: "false", Summary: "Whether an existing link is replaced; if not, it is an error."},
		},
		Example: `name: LinkTool
action: CreateSymlink
inputs:
  - path: /usr/local/bin/tool
    target: /opt/tool/bin/tool
    force: true
`,
		Notes: "The link holds the absolute path of the target. Anything but a link at `path` is an error, also with `force`.",
	}
}

// Run implements action.Module.
func (CreateSymlink) Run(ctx context.Context, req action.Request) (action.Result, error) {
	return action.Result{}, action.Each(ctx, "CreateSymlink", req.Entries, func(e action.Entry) error {
		path := withoutMark(req.Path(e.Text("path")))
		target := filepath.Clean(req.Path(e.Text("target")))
		return link(path, target, e.Bool("force", false))
	})
}

func link(path, target string, force bool) error {
	if _, err := os.Stat(target); err != nil {
		return action.PathError("linking to", target, err)
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := makeParents(path); err != nil {
			return err
		}
	case err != nil:
		return action.PathError("creating link", path, err)
	case info.Mode()&fs.ModeSymlink == 0:
		return action.PathError("creating link", path, errors.New("something that is not a link is in its place"))
	case !force:
		return action.PathError("creating link", path, errors.New("already exists and force is false"))
	}
	err = replace(path, func(name string) error { return os.Symlink(target, name) })
	if err != nil {
		return action.PathError("creating link", path, err)
	}
	return nil
}
