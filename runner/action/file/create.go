package file

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"syscall"

	"github.com/slipway-oci/slipway/runner/action"
)

// Create is CreateFile: it creates a file with the given content, or replaces the content of an existing one.
type Create struct {
	Accounts Accounts
}

// Spec implements action.Module.
func (Create) Spec() action.Spec {
	return action.Spec{
		Name: "CreateFile", Family: family, Shape: action.List, Platforms: everywhere,
		Summary: "Creates a file, or replaces the content of an existing one.",
		Inputs: []action.Input{
			{Name: "path", Type: action.String, Required: true, Summary: "File to create; missing parent folders are created."},
			{Name: "content", Type: action.String, Summary: "Text of the file, byte for byte; by default empty."},
			encodingInput("Encoding of the file."),
			ownerInput,
			groupInput,
			permissionsInput("Octal mode, set exactly; by default 0666 minus the umask.", false),
			{Name: "overwrite", Type: action.Boolean, Default: "true", Summary: "Whether an existing file is replaced; if not, it is an error."},
		},
		Example: `name: WriteConfig
action: CreateFile
inputs:
  - path: /etc/app/app.conf
    content: |
      listen = 8080
    permissions: 0644
    owner: root
`,
		Notes: `An existing file is truncated in place: it keeps its mode and owner unless they are given, and a link is
followed. A byte order mark is never written. When only ` + "`owner`" + ` is given, the group stays as it is.`,
	}
}

// Run implements action.Module.
func (m Create) Run(ctx context.Context, req action.Request) (action.Result, error) {
	return action.Result{}, action.Each(ctx, "CreateFile", req.Entries, func(e action.Entry) error {
		return m.create(req, e)
	})
}

func (m Create) create(req action.Request, e action.Entry) error {
	path := req.Path(e.Text("path"))
	enc, err := parseEncoding(e.TextOr("encoding", "utf8"))
	if err != nil {
		return err
	}
	at, err := m.Accounts.attributesOf(e)
	if err != nil {
		return err
	}
	if marksFolder(path) {
		return action.PathError("creating", path, errIsFolder)
	}
	flags := os.O_WRONLY | os.O_CREATE | os.O_TRUNC | nonblock
	if !e.Bool("overwrite", true) {
		flags |= os.O_EXCL
	}
	f, err := os.OpenFile(path, flags, at.createMode(0o666))
	if errors.Is(err, fs.ErrNotExist) { // only now, so that the usual case costs no look at the parents
		if err := makeParents(path); err != nil {
			return err
		}
		f, err = os.OpenFile(path, flags, at.createMode(0o666))
	}
	if err != nil {
		return action.PathError("creating", path, openReason(err))
	}
	_, err = f.Write(enc.encode(e.Text("content")))
	if err := errors.Join(err, f.Close()); err != nil {
		return action.PathError("writing", path, err)
	}
	return at.apply(path)
}

// openReason says in plain words why a file could not be opened for writing.
func openReason(err error) error {
	switch {
	case errors.Is(err, fs.ErrExist):
		return errExists
	case errors.Is(err, syscall.EISDIR):
		return errIsFolder
	}
	return err
}
