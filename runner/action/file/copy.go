package file

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/slipway-oci/slipway/runner/action"
)

// Copy is CopyFile: it copies the content of files.
type Copy struct{}

// Spec implements action.Module.
func (Copy) Spec() action.Spec {
	return action.Spec{
		Name: "CopyFile", Family: family, Shape: action.List, Platforms: everywhere,
		Summary: "Copies a file, or the files of a folder that match a wildcard.",
		Inputs:  transferInputs("File to copy; `*` is allowed in the last segment.", "file"),
		Example: `name: InstallUnit
action: CopyFile
inputs:
  - source: /tmp/app/app.conf
    destination: /etc/app/
`,
		Notes: `The content of links is copied. A new file gets the mode of the source minus the umask; an existing file keeps
its mode and owner. Folders that match a wildcard are skipped; several matches need a destination that ends with ` + "`/`" + `.
A destination that is an existing folder counts as if it ended with ` + "`/`" + `, unless ` + "`overwrite`" + ` is false: then it is an
error.`,
	}
}

// Run implements action.Module.
func (Copy) Run(ctx context.Context, req action.Request) (action.Result, error) {
	return action.Result{}, action.Each(ctx, "CopyFile", req.Entries, func(e action.Entry) error {
		pairs, err := filePairs(ctx, req, e, os.Stat)
		if err != nil {
			return err
		}
		for _, p := range pairs {
			if err := copyContent(ctx, p.from, p.to); err != nil {
				return err
			}
		}
		return nil
	})
}

// copyContent copies the content of one file: into an existing file in place, else into a new one with the mode of
// the source minus umask. A new file that could not be completed is removed.
func copyContent(ctx context.Context, from, to string) error {
	if ctx.Err() != nil { // before the target is cut to nothing
		return context.Cause(ctx)
	}
	in, info, err := openExisting(from)
	if err != nil {
		return action.PathError("reading", from, err)
	}
	defer in.Close()
	isNew := false
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_TRUNC|nonblock, 0)
	if errors.Is(err, fs.ErrNotExist) {
		isNew = true
		out, err = os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, info.Mode().Perm())
	}
	if err != nil {
		return action.PathError("writing", to, err)
	}
	err = copyBytes(ctx, out, in)
	if err := errors.Join(err, out.Close()); err != nil {
		if isNew {
			_ = os.Remove(to)
		}
		return action.PathError("copying "+quoted(from)+" to", to, err)
	}
	return nil
}

// chunk is how much is copied between two looks at the context; the kernel copies it without a buffer of ours where
// the file systems allow.
const chunk = 8 << 20

// copyBytes copies all of in to out and stops between chunks when ctx has ended.
func copyBytes(ctx context.Context, out io.Writer, in io.Reader) error {
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n, err := io.Copy(out, io.LimitReader(in, chunk))
		if err != nil || n == 0 {
			return err
		}
	}
}
