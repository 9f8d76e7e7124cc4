package file

import (
	"context"
	"fmt"
	"io"

	"github.com/slipway-oci/slipway/runner/action"
)

// Read is ReadFile: it makes the text of a file available to later steps.
type Read struct{}

// Spec implements action.Module.
func (Read) Spec() action.Spec {
	return action.Spec{
		Name: "ReadFile", Family: family, Shape: action.List, Platforms: everywhere,
		Summary: "Reads the text of a file into an output.",
		Inputs: []action.Input{
			{Name: "path", Type: action.String, Required: true, Summary: "File to read; links are followed."},
			encodingInput("Encoding of the file; a byte order mark that fits it is dropped."),
			{Name: "printFileContent", Type: action.Boolean, Default: "false", Summary: "Whether the text is also written to the console log."},
		},
		Outputs: []action.Output{
			{Name: "content", Summary: "The text of the file, not trimmed.", PerEntry: true},
		},
		Example: `name: ReadRelease
action: ReadFile
inputs:
  - path: /etc/os-release
`,
		Notes: "A file of more than 1 MiB, or with bytes that the encoding does not allow, is an error.",
	}
}

// Run implements action.Module.
func (Read) Run(ctx context.Context, req action.Request) (action.Result, error) {
	var result action.Result
	err := action.Each(ctx, "ReadFile", req.Entries, func(e action.Entry) error {
		text, err := read(req, e)
		if err == nil {
			result.Outputs = append(result.Outputs, map[string]any{"content": text})
		}
		return err
	})
	return result, err
}

func read(req action.Request, e action.Entry) (string, error) {
	path := req.Path(e.Text("path"))
	enc, err := parseEncoding(e.TextOr("encoding", "utf8"))
	if err != nil {
		return "", err
	}
	f, _, err := openExisting(path)
	if err != nil {
		return "", action.PathError("reading", path, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, action.MaxText+1))
	if err != nil {
		return "", action.PathError("reading", path, err)
	}
	if len(data) > action.MaxText {
		return "", action.PathError("reading", path, fmt.Errorf("is larger than %d bytes", action.MaxText))
	}
	text, err := enc.decode(data)
	if err != nil {
		return "", action.PathError("reading", path, err)
	}
	if e.Bool("printFileContent", false) && req.Stdout != nil {
		if _, err := io.WriteString(req.Stdout, text); err != nil {
			return "", action.PathError("printing", path, err)
		}
	}
	return text, nil
}
