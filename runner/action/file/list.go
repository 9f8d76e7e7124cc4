package file

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/slipway-oci/slipway/runner/action"
)

// List is ListFiles: it lists the files of a folder.
type List struct{}

// Spec implements action.Module.
func (List) Spec() action.Spec {
	return action.Spec{
		Name: "ListFiles", Family: family, Shape: action.List, Platforms: everywhere,
		Summary: "Lists the files of a folder.",
		Inputs: []action.Input{
			{Name: "path", Type: action.String, Required: true, Summary: "Existing folder."},
			{Name: "fileNamePattern", Type: action.String, Summary: "Names to list, with `*` for any characters; by default all."},
			{Name: "recursive", Type: action.Boolean, Default: "false", Summary: "Whether folders below are listed too."},
		},
		Outputs: []action.Output{
			{Name: "files", Summary: "Absolute paths in byte order, joined with commas; empty when there are none.", PerEntry: true},
		},
		Example: `name: FindUnits
action: ListFiles
inputs:
  - path: /etc/systemd/system
    fileNamePattern: "*.service"
    recursive: true
`,
		Notes: "Everything that is not a folder is listed; links are listed, not followed. Quote a pattern that starts with `*`.",
	}
}

// Run implements action.Module.
func (List) Run(ctx context.Context, req action.Request) (action.Result, error) {
	var result action.Result
	err := action.Each(ctx, "ListFiles", req.Entries, func(e action.Entry) error {
		paths, err := list(ctx, filepath.Clean(req.Path(e.Text("path"))), e)
		if err == nil {
			result.Outputs = append(result.Outputs, map[string]any{"files": action.ValidText(strings.Join(paths, ","))})
		}
		return err
	})
	return result, err
}

func list(ctx context.Context, folder string, e action.Entry) ([]string, error) {
	if _, err := statFolder(folder); err != nil {
		return nil, action.PathError("listing", folder, err)
	}
	pattern := e.TextOr("fileNamePattern", "*")
	var paths []string
	keep := func(path string, entry fs.DirEntry) {
		if !entry.IsDir() && action.Matches(pattern, entry.Name()) {
			paths = append(paths, path)
		}
	}
	if e.Bool("recursive", false) {
		root, err := os.OpenRoot(folder)
		if err != nil {
			return nil, action.PathError("listing", folder, err)
		}
		defer func() { _ = root.Close() }() // opened for reading
		if err := walk(ctx, root, folder, func(f found) error {
			keep(f.path, f.entry)
			return nil
		}); err != nil {
			return nil, err
		}
	} else {
		entries, err := expand(ctx, folder, pattern)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			keep(join(folder, entry.Name()), entry)
		}
	}
	sort.Strings(paths)
	return paths, nil
}
