package file

import (
	"context"
	"os"

	"github.com/slipway-oci/slipway/runner/action"
)

// CopyFolder copies folders with their content.
type CopyFolder struct{}

// Spec implements action.Module.
func (CopyFolder) Spec() action.Spec {
	return action.Spec{
		Name: "CopyFolder", Family: family, Shape: action.List, Platforms: everywhere,
		Summary: "Copies a folder, or the folders that match a wildcard.",
		Inputs:  transferInputs("Folder to copy; `*` is allowed in the last segment.", "folder"),
		Example: `name: InstallSite
action: CopyFolder
inputs:
  - source: /tmp/site
    destination: /srv/www/
`,
		Notes: `An existing folder is merged into: files of the same name are replaced, all others stay. A file in place of a
folder, or the reverse, is an error. Links are copied as links and modes are kept, set-id bits only where the owner stays the
same; devices, pipes and sockets are skipped with a warning. Several matches need a destination that ends with ` + "`/`" + `.`,
	}
}

// Run implements action.Module.
func (CopyFolder) Run(ctx context.Context, req action.Request) (action.Result, error) {
	return action.Result{}, action.Each(ctx, "CopyFolder", req.Entries, func(e action.Entry) error {
		pairs, err := folderPairs(ctx, req, e, os.Stat)
		if err != nil {
			return err
		}
		for _, p := range pairs {
			if err := copyTree(ctx, req, p.from, p.to, false); err != nil {
				return err
			}
		}
		return nil
	})
}
