package file

import (
	"context"
	"errors"
	"os"
	"syscall"

	"github.com/slipway-oci/slipway/runner/action"
)

// Append is AppendFile: it adds text to the end of a file.
type Append struct{}

// Spec implements action.Module.
func (Append) Spec() action.Spec {
	return action.Spec{
		Name: "AppendFile", Family: family, Shape: action.List, Platforms: everywhere,
		Summary: "Adds text to the end of an existing file.",
		Inputs: []action.Input{
			{Name: "path", Type: action.String, Required: true, Summary: "Existing file; links are followed."},
			{Name: "content", Type: action.String, Summary: "Text to add, byte for byte; by default empty."},
			encodingInput("Encoding of the added text; what is in the file already is not converted."),
		},
		Example: `name: AddHost
action: AppendFile
inputs:
  - path: /etc/hosts
    content: "10.0.0.5 registry\n"
`,
	}
}

// Run implements action.Module.
func (Append) Run(ctx context.Context, req action.Request) (action.Result, error) {
	return action.Result{}, action.Each(ctx, "AppendFile", req.Entries, func(e action.Entry) error {
		return appendTo(req.Path(e.Text("path")), e)
	})
}

func appendTo(path string, e action.Entry) error {
	enc, err := parseEncoding(e.TextOr("encoding", "utf8"))
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|nonblock, 0)
	if errors.Is(err, syscall.EISDIR) {
		err = errIsFolder
	}
	if err != nil {
		return action.PathError("opening", path, err)
	}
	_, err = f.Write(enc.encode(e.Text("content")))
	if err := errors.Join(err, f.Close()); err != nil {
		return action.PathError("writing", path, err)
	}
	return nil
}
