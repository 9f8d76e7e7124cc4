package file

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"

	"github.com/slipway-oci/slipway/runner/action"
)

// SetEncoding is SetFileEncoding: it converts a file from UTF-8.
type SetEncoding struct{}

// Spec implements action.Module.
func (SetEncoding) Spec() action.Spec {
	return action.Spec{
		Name: "SetFileEncoding", Family: family, Shape: action.List, Platforms: everywhere,
		Summary: "Converts a file from UTF-8 into another encoding.",
		Inputs: []action.Input{
			{Name: "path", Type: action.String, Required: true, Summary: "Existing file with UTF-8 text."},
			encodingInput("Encoding that the file gets."),
		},
		Example: `name: ConvertScript
action: SetFileEncoding
inputs:
  - path: /srv/scripts/setup.reg
    encoding: utf16-LE
`,
		Notes: "Mode and owner stay. A file that is not valid UTF-8 is an error and stays as it is. A byte order mark is dropped.",
	}
}

// Run implements action.Module.
func (SetEncoding) Run(ctx context.Context, req action.Request) (action.Result, error) {
	return action.Result{}, action.Each(ctx, "SetFileEncoding", req.Entries, func(e action.Entry) error {
		enc, err := parseEncoding(e.TextOr("encoding", "utf8"))
		if err != nil {
			return err
		}
		path := req.Path(e.Text("path"))
		if err := recode(ctx, path, req.WorkDir, enc); err != nil {
			return action.PathError("converting", path, err)
		}
		return nil
	})
}

// recode converts into a temporary file first: only when all of the text is known to be valid is the file rewritten,
// in place, so that mode, owner and links stay.
func recode(ctx context.Context, path, workDir string, enc encoding) error {
	in, _, err := openExisting(path)
	if err != nil {
		return err
	}
	defer in.Close()
	converted, err := os.CreateTemp(workDir, "recode-*")
	if err != nil {
		return err
	}
	defer os.Remove(converted.Name())
	defer converted.Close()
	buffer := bufio.NewWriterSize(converted, 64<<10)
	if err := enc.convert(buffer, bufio.NewReaderSize(action.Reader(ctx, in), 64<<10)); err != nil {
		return err
	}
	if err := buffer.Flush(); err != nil {
		return err
	}
	if _, err := converted.Seek(0, io.SeekStart); err != nil {
		return err
	}
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	// From here on the file is rewritten to its end, whatever happens to ctx: half of it would be a broken file.
	_, err = io.Copy(out, converted)
	return errors.Join(err, out.Close())
}
