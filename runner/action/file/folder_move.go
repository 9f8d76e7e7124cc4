package file

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/slipway-oci/slipway/runner/action"
)

// MoveFolder moves folders with their content.
type MoveFolder struct{}

// Spec implements action.Module.
func (MoveFolder) Spec() action.Spec {
	return action.Spec{
		Name: "MoveFolder", Family: family, Shape: action.List, Platforms: everywhere,
		Summary: "Moves a folder, or the folders that match a wildcard.",
		Inputs:  transferInputs("Folder to move; `*` is allowed in the last segment.", "folder"),
		Example: `name: MoveSite
action: MoveFolder
inputs:
  - source: /tmp/site
    destination: /srv/www/site
`,
		Notes: `Modes, owners and times are kept. An existing folder is merged into as by CopyFolder, then the source is removed.`,
	}
}

// Run implements action.Module.
func (MoveFolder) Run(ctx context.Context, req action.Request) (action.Result, error) {
	return action.Result{}, action.Each(ctx, "MoveFolder", req.Entries, func(e action.Entry) error {
		pairs, err := folderPairs(ctx, req, e, os.Lstat)
		if err != nil {
			return err
		}
		for _, p := range pairs {
			if err := checkMove(p); err != nil {
				return err
			}
		}
		for _, p := range pairs {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := moveFolder(ctx, req, p); err != nil {
				return err
			}
		}
		return nil
	})
}

// checkMove refuses to move the root folder, and to merge a folder into one that it lies in: its own files could then
// be removed with the source.
func checkMove(p pair) error {
	info, err := os.Stat(p.from)
	if err == nil && isRoot(p.from, info) {
		err = errRoot
	}
	if err != nil {
		return action.PathError("moving", p.from, err)
	}
	source, err := filepath.EvalSymlinks(p.from)
	if err != nil {
		return action.PathError("moving", p.from, err)
	}
	if inside(source, resolve(p.to)) {
		return action.PathError("moving "+quoted(p.from)+" to", p.to, errors.New("the source lies in the destination"))
	}
	return nil
}

// moveFolder renames where that is possible. Between file systems, and for folders of a lower image layer, it is not.
func moveFolder(ctx context.Context, req action.Request, p pair) error {
	if _, err := os.Stat(p.to); errors.Is(err, fs.ErrNotExist) {
		if os.Rename(p.from, p.to) == nil {
			return nil
		}
	}
	if err := copyTree(ctx, req, p.from, p.to, true); err != nil {
		return err
	}
	return removeTree(ctx, p.from)
}
