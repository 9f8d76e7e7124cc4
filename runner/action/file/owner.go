package file

import (
	"context"
	"os"

	"github.com/slipway-oci/slipway/runner/action"
)

// SetOwner is SetFileOwner: it sets the owner of a file.
type SetOwner struct {
	Accounts Accounts
}

// The inputs of the two modules that set an owner.
var (
	newOwnerInput = action.Input{
		Name: "owner", Type: action.String, Required: true, Summary: "User who gets it, by name or id.",
	}
	newGroupInput = action.Input{
		Name: "group", Type: action.String, Summary: "Group that gets it, by name or id; by default the primary group of `owner`.",
	}
)

// Spec implements action.Module.
func (SetOwner) Spec() action.Spec {
	return action.Spec{
		Name: "SetFileOwner", Family: family, Shape: action.List, Platforms: unixOnly,
		Summary: "Sets the owner and the group of a file.",
		Inputs: []action.Input{
			{Name: "path", Type: action.String, Required: true, Summary: "Existing file; of a link the target is changed."},
			newOwnerInput,
			newGroupInput,
		},
		Example: `name: GiveToApp
action: SetFileOwner
inputs:
  - path: /etc/app/app.conf
    owner: root
    group: adm
`,
		Notes: "The group stays as it is when `owner` is a number that is unknown to `/etc/passwd` and no `group` is given.",
	}
}

// Run implements action.Module.
func (m SetOwner) Run(ctx context.Context, req action.Request) (action.Result, error) {
	return action.Result{}, action.Each(ctx, "SetFileOwner", req.Entries, func(e action.Entry) error {
		uid, gid, err := m.Accounts.newOwner(e)
		if err != nil {
			return err
		}
		path := req.Path(e.Text("path"))
		if err = checkFile(path); err == nil {
			err = os.Chown(path, uid, gid)
		}
		if err != nil {
			return action.PathError("setting owner of", path, err)
		}
		return nil
	})
}

// newOwner returns the ids for the inputs owner and group.
func (a Accounts) newOwner(e action.Entry) (uid, gid int, err error) {
	uid, gid, err = a.userID(e.Text("owner"))
	if err == nil && e.Has("group") {
		gid, err = a.groupID(e.Text("group"))
	}
	return uid, gid, err
}
