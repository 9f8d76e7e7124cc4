// Package catalog lists the built-in action modules. The list is the only one: validation, the JSON Schema, the
// reference page and the executor walk it.
package catalog

import (
	"context"
	"strings"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/command"
	"github.com/slipway-oci/slipway/runner/action/file"
	"github.com/slipway-oci/slipway/runner/action/system"
	"github.com/slipway-oci/slipway/runner/action/transfer"
)

// Options are what modules need from the process they run in. The zero value is good for everything that does not
// run them.
type Options struct {
	// CAFile names a PEM bundle of certificate authorities to trust besides the system's (SLIPWAY_CA_FILE).
	CAFile string
	// SecretsFolder holds AWS credentials as files (SLIPWAY_SECRETS_DIR); "" is /run/secrets.
	SecretsFolder string
}

// Builtin returns all built-in modules with default options.
func Builtin() (*action.Set, error) { return New(Options{}) }

// New returns all built-in modules.
func New(o Options) (*action.Set, error) {
	access := transfer.S3Access{CAFile: o.CAFile, SecretsFolder: o.SecretsFolder}
	fetch := func(ctx context.Context, req action.Request, location, file string) error {
		var module action.Module = transfer.Download{CAFile: o.CAFile}
		if strings.HasPrefix(location, "s3://") {
			module = transfer.S3Download{Access: access}
		}
		req.Entries = []action.Entry{{"source": location, "destination": file}}
		_, err := module.Run(ctx, req)
		return err
	}
	return action.NewSet(
		command.Bash{},
		command.Binary{},
		command.Document{},
		command.PowerShell{},

		file.Append{},
		file.Copy{},
		file.CopyFolder{},
		file.Create{},
		file.CreateFolder{},
		file.CreateSymlink{},
		file.Delete{},
		file.DeleteFolder{},
		file.List{},
		file.Move{},
		file.MoveFolder{},
		file.Read{},
		file.SetEncoding{},
		file.SetFolderOwner{},
		file.SetFolderPermissions{},
		file.SetOwner{},
		file.SetPermissions{},

		system.Assert{},
		system.InstallMSI{Fetch: fetch},
		system.Reboot{},
		system.SetRegistry{},
		system.UninstallMSI{Fetch: fetch},
		system.UpdateOS{},

		transfer.Download{CAFile: o.CAFile},
		transfer.S3Download{Access: access},
		transfer.S3Upload{Access: access},
	)
}
