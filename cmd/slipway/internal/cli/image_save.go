package cli

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/oci/distribute"
	"github.com/slipway-oci/slipway/oci/store"
)

func (a *app) imageSaveCmd() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "save [flags] IMAGE...",
		Short: "Save images of the store as a tar archive",
		Long: "Save images of the store as one tar archive, to standard output or to a file. `slipway image load`, docker load,\n" +
			"podman load and skopeo (oci-archive:) read it. The same images give the same archive.",
		Example:           "  slipway image save -o web.tar web:1.0.0-1\n  slipway image save web:1.0.0-1 | ssh host docker load",
		Args:              arguments(1, -1),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.runImageSave(cmd.Context(), args, file) },
		ValidArgsFunction: a.completePointers(-1),
	}
	cmd.Flags().StringVarP(&file, "output", "o", "", "write to this `FILE` instead of standard output")
	return cmd
}

func (a *app) runImageSave(ctx context.Context, names []string, file string) error {
	if file == "" && a.terminal(a.Stdout).IsTerminal {
		return usageError{errors.New("an archive is not written to a terminal"), "name a file with -o FILE, or redirect the output"}
	}
	s, err := a.images()
	if err != nil {
		return err
	}
	var images []store.Image
	for _, name := range names {
		image, err := s.Resolve(ctx, name)
		if err != nil {
			return err
		}
		images = append(images, image)
	}
	if file != "" {
		return distribute.WriteFile(file, func(f *os.File) error { return s.Save(ctx, f, images...) })
	}
	out := bufio.NewWriterSize(a.Stdout, 1<<16)
	return errors.Join(s.Save(ctx, out, images...), out.Flush())
}

func (a *app) imageLoadCmd() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "load [flags]",
		Short: "Load the images of a tar archive into the store",
		Long: "Load the images of a tar archive into the store, under the names they have in it: an archive of `slipway image\n" +
			"save`, docker save, podman save, skopeo or a build, plain or compressed with gzip or zstd, from standard input or\n" +
			"a file. Every blob is verified.",
		Example: "  slipway image load -i web.tar\n  docker save debian:12 | slipway image load",
		Args:    arguments(0, 0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runImageLoad(cmd.Context(), file) },
	}
	cmd.Flags().StringVarP(&file, "input", "i", "-", "read this `FILE` instead of standard input")
	return cmd
}

func (a *app) runImageLoad(ctx context.Context, file string) error {
	archive := a.Stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		archive = f
	}
	s, err := a.images()
	if err != nil {
		return err
	}
	images, err := s.Load(ctx, archive)
	for _, image := range images {
		if _, err := io.WriteString(a.Stdout, image.String()+"\n"); err != nil {
			return err
		}
	}
	return err
}
