package file

import (
	"context"
	"os"

	"github.com/slipway-oci/slipway/runner/action"
)

// Move is MoveFile: it moves files.
type Move struct{}

// Spec implements action.Module.
func (Move) Spec() action.Spec {
	return action.Spec{
		Name: "MoveFile", Family: family, Shape: action.List, Platforms: everywhere,
		Summary: "Moves a file, or the files of a folder that match a wildcard.",
		Inputs:  transferInputs("File to move; `*` is allowed in the last segment.", "file"),
		Example: `name: InstallBinary
action: MoveFile
inputs:
  - source: /tmp/app
    destination: /usr/local/bin/app
`,
		Notes: `Mode, owner and times are kept and a link is moved as a link. Otherwise the rules of CopyFile hold, and then the
source is gone.`,
	}
}

// Run implements action.Module.
func (Move) Run(ctx context.Context, req action.Request) (action.Result, error) {
	return action.Result{}, action.Each(ctx, "MoveFile", req.Entries, func(e action.Entry) error {
		pairs, err := filePairs(ctx, req, e, os.Lstat)
		if err != nil {
			return err
		}
		for _, p := range pairs {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := moveFile(ctx, req, p); err != nil {
				return err
			}
		}
		return nil
	})
}

// moveFile renames where that is possible, else copies and deletes.
func moveFile(ctx context.Context, req action.Request, p pair) error {
	if os.Rename(p.from, p.to) == nil {
		return nil
	}
	info, err := os.Lstat(p.from)
	if err != nil {
		return action.PathError("moving", p.from, err)
	}
	if err := duplicate(ctx, req, p.from, p.to, info, true); err != nil {
		return err
	}
	if err := os.Remove(p.from); err != nil {
		return action.PathError("deleting", p.from, err)
	}
	return nil
}
