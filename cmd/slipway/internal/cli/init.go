package cli

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/oci/ref"
)

type initOptions struct {
	dir, name, parent string
}

func (a *app) initCmd() *cobra.Command {
	var o initOptions
	cmd := &cobra.Command{
		Use:   "init [flags] [DIR]",
		Short: "Write a new recipe with a component and a test, ready to build",
		Long: "Write a new recipe with a component and a test into DIR (default: the current folder), ready to build. Files\n" +
			"that exist are never overwritten.",
		Example: "  slipway init web\n  slipway init --parent alpine:3.22 web",
		Args:    arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.dir = "."
			if len(args) > 0 {
				o.dir = args[0]
			}
			return runInit(o, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
	}
	cmd.Flags().StringVar(&o.name, "name", "", "`NAME` of the recipe and its image (default: the name of the folder)")
	cmd.Flags().StringVar(&o.parent, "parent", "debian:12-slim", "the `IMAGE` to start from")
	return cmd
}

//go:embed template
var initTemplate embed.FS

// runInit writes the files and their paths to w.
func runInit(o initOptions, w, story io.Writer) error {
	if o.name == "" {
		abs, err := filepath.Abs(o.dir)
		if err != nil {
			return err
		}
		o.name = recipeNameFor(filepath.Base(abs))
	}
	if _, err := ref.Parse(o.parent); err != nil {
		return fmt.Errorf("--parent: %w", err)
	}
	files, err := initFiles(o)
	if err != nil {
		return err
	}
	if err := checkInit(o, files); err != nil {
		return err
	}
	for _, f := range files {
		if _, err := os.Lstat(f.path); !errors.Is(err, fs.ErrNotExist) {
			return existsError{f.path}
		}
	}
	for _, f := range files {
		if err := os.MkdirAll(filepath.Dir(f.path), 0o755); err != nil {
			return err
		}
		if err := writeNew(f.path, f.text); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(w, f.path); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(story, "Build it with: slipway build %s\n", o.dir)
	return err
}

// checkInit makes sure that the recipe says what was asked for: a name may be none, or YAML of another meaning.
func checkInit(o initOptions, files []initFile) error {
	for _, f := range files {
		if filepath.Base(f.path) != recipe.FileName {
			continue
		}
		r, err := recipe.Parse(f.path, []byte(f.text))
		if err != nil || r.Name.Value != o.name || r.ParentImage.Value != o.parent {
			return usageError{
				fmt.Errorf("--name %q and --parent %q make no recipe", o.name, o.parent),
				"a name has 3 to 128 letters, digits, - and _, and spaces inside",
			}
		}
	}
	return nil
}

type initFile struct{ path, text string }

func initFiles(o initOptions) ([]initFile, error) {
	var files []initFile
	err := fs.WalkDir(initTemplate, "template", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := initTemplate.ReadFile(path)
		if err != nil {
			return err
		}
		name := filepath.FromSlash(strings.TrimPrefix(path, "template/"))
		files = append(files, initFile{
			path: filepath.Join(o.dir, name),
			text: strings.NewReplacer("@NAME@", o.name, "@PARENT@", o.parent).Replace(string(text)),
		})
		return nil
	})
	return files, err
}

func writeNew(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // not secret: others may read it, as far as the umask lets them
	if errors.Is(err, fs.ErrExist) {
		return existsError{path}
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

type existsError struct{ path string }

func (e existsError) Error() string {
	return fmt.Sprintf("%q exists, and init overwrites nothing", e.path)
}

func (existsError) Hint() string { return "choose another folder: slipway init DIR" }

// recipeNameFor makes a recipe name of a folder's: what is not allowed in a name becomes "-".
func recipeNameFor(folder string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		default:
			return '-'
		}
	}, folder)
	if name = strings.Trim(name, "-"); len(name) < 3 {
		name += "-image"
	}
	return strings.TrimLeft(name[:min(len(name), 128)], "-")
}
