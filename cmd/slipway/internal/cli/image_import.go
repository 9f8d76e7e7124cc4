package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/store"
)

type imageImportOptions struct {
	option.Platform
	source, name string
	env          []string
}

func (a *app) imageImportCmd() *cobra.Command {
	var o imageImportOptions
	cmd := &cobra.Command{
		Use:   "import [flags] FILE|- [NAME[:TAG]]",
		Short: "Make an image of a root file system",
		Long: "Make an image of a tar archive of a root file system (plain, gzip, zstd or bzip2), such as mmdebstrap and\n" +
			"debootstrap make, and put it into the store. - reads the archive from standard input. A recipe names the image\n" +
			"as its parent with store:NAME:TAG. Without NAME it is called as FILE. The same archive gives the same digest.",
		Example: "  mmdebstrap --variant=minbase bookworm debian.tar\n  slipway image import debian.tar debian:bookworm",
		Args:    arguments(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.source = args[0]
			if len(args) > 1 {
				o.name = args[1]
			}
			return a.runImageImport(cmd.Context(), &o)
		},
	}
	o.AddFlags(cmd.Flags())
	cmd.Flags().StringArrayVar(&o.env, "env", nil, "set `NAME=VALUE` in the environment of the image; repeatable")
	return cmd
}

func (a *app) runImageImport(ctx context.Context, o *imageImportOptions) error {
	platforms, err := o.Platforms()
	if err != nil {
		return err
	}
	if len(platforms) > 1 {
		return usageError{errors.New("--platform names several platforms"), "a root file system is for one platform"}
	}
	options := store.RootFS{Platform: machine(), Env: o.env, Source: filepath.Base(o.source)}
	if len(platforms) == 1 {
		options.Platform = platforms[0]
	}
	if options.Name, err = archiveName(o.source, o.name); err != nil {
		return err
	}
	archive, err := a.openArchive(o.source)
	if err != nil {
		return err
	}
	defer func() { _ = archive.Close() }()
	images, err := a.images()
	if err != nil {
		return err
	}
	image, err := images.ImportRootFS(ctx, archive, options)
	if err != nil {
		return fmt.Errorf("import %q: %w", o.source, err)
	}
	_, err = fmt.Fprintf(a.Stdout, "%s@%s\n", options.Name, image.Digest())
	return err
}

// archiveName is the pointer for an imported archive: the given one, or the name of the file up to its first dot.
func archiveName(source, name string) (string, error) {
	if name == "" {
		if source == "-" {
			return "", usageError{errors.New("standard input has no name"), "name the image: slipway image import - NAME:TAG"}
		}
		name, _, _ = strings.Cut(filepath.Base(source), ".")
	}
	r, err := ref.ParsePointer(name)
	if err != nil {
		return "", err
	}
	return r.Pointer(), nil
}

// openArchive opens the file, or standard input for "-". What is meant for `image pull` is told so.
func (a *app) openArchive(source string) (io.ReadCloser, error) {
	if source == "-" {
		return io.NopCloser(a.Stdin), nil
	}
	f, err := os.Open(source)
	if errors.Is(err, os.ErrNotExist) {
		if r, refErr := ref.Parse(source); refErr == nil && !strings.HasSuffix(source, ".tar") && r.Transport != ref.Scratch {
			return nil, usageError{err, "an image of a registry or a layout is copied by: slipway image pull " + source}
		}
	}
	return f, err
}
