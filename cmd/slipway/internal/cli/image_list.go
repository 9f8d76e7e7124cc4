package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
	"github.com/slipway-oci/slipway/oci/store"
)

type imageListOptions struct {
	option.Format
	quiet bool
	names []string
}

func (a *app) imageListCmd() *cobra.Command {
	var o imageListOptions
	cmd := &cobra.Command{
		Use:     "list [flags] [NAME...]",
		Aliases: []string{"ls"},
		Short:   "List the images in the store",
		Long: "List the images in the store. With NAME only the images of that name are listed, with or without their tag;\n" +
			"it may end in * to list all that begin so.",
		Example: "  slipway image list\n  slipway image list 'web*' --format json",
		Args:    arguments(0, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.names = args
			s, err := a.images()
			if err != nil {
				return err
			}
			return runImageList(cmd.Context(), s, o, cmd.OutOrStdout())
		},
		ValidArgsFunction: a.completePointers(-1),
	}
	o.AddFlags(cmd.Flags())
	cmd.Flags().BoolVarP(&o.quiet, "quiet", "q", false, "write the digests only")
	return cmd
}

func runImageList(ctx context.Context, s *store.Store, o imageListOptions, w io.Writer) error {
	images, err := s.List(ctx)
	if err != nil {
		return err
	}
	views := []imageView{}
	var unreadable []error // one bad image does not hide the others
	for _, i := range images {
		if !nameMatches(i.Name, o.names) {
			continue
		}
		v, err := viewImage(i)
		if err != nil {
			unreadable = append(unreadable, fmt.Errorf("image %s: %w", i, err))
			continue
		}
		views = append(views, v)
	}
	return errors.Join(append([]error{writeImages(w, views, o)}, unreadable...)...)
}

func writeImages(w io.Writer, views []imageView, o imageListOptions) error {
	switch {
	case o.JSON():
		return display.WriteJSON(w, views)
	case o.quiet:
		for _, v := range views {
			if _, err := fmt.Fprintln(w, v.Digest); err != nil {
				return err
			}
		}
		return nil
	}
	rows := make([][]string, 0, len(views))
	for _, v := range views {
		rows = append(rows, []string{v.Name, shortDigest(v.Digest), strings.Join(v.Platforms, ","), display.Bytes(v.Size), testText(v), when(v.Stored)})
	}
	return writeTable(w, []string{"NAME", "DIGEST", "PLATFORM", "SIZE", "TESTS", "STORED"}, rows)
}

// nameMatches reports whether a pointer is one of names: NAME, NAME:TAG or a beginning with * behind it.
func nameMatches(pointer string, names []string) bool {
	if len(names) == 0 {
		return true
	}
	repository, _, _ := strings.Cut(pointer, ":")
	for _, n := range names {
		if prefix, ok := strings.CutSuffix(n, "*"); ok && strings.HasPrefix(pointer, prefix) {
			return true
		}
		if n == pointer || n == repository && pointer != "" {
			return true
		}
	}
	return false
}
