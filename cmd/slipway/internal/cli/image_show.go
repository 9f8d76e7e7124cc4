package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
	"github.com/slipway-oci/slipway/oci/store"
)

type imageShowOptions struct {
	option.Format
	name string
}

func (a *app) imageShowCmd() *cobra.Command {
	var o imageShowOptions
	cmd := &cobra.Command{
		Use:     "show [flags] IMAGE",
		Aliases: []string{"inspect"},
		Short:   "Show an image: digests, layers, configuration, tests",
		Long:    "Show an image of the store. IMAGE is NAME[:TAG] or a digest.",
		Example: "  slipway image show web:1.0.0-1\n  slipway image show web:1.0.0-1 --format json",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.name = args[0]
			s, err := a.images()
			if err != nil {
				return err
			}
			return runImageShow(cmd.Context(), s, o, cmd.OutOrStdout())
		},
		ValidArgsFunction: a.completePointers(1),
	}
	o.AddFlags(cmd.Flags())
	return cmd
}

// imageDetail is an image with what is in it.
type imageDetail struct {
	imageView
	Annotations map[string]string `json:"annotations,omitempty"`
	Images      []platformDetail  `json:"images"` // one for each platform
}

type platformDetail struct {
	Platform     string         `json:"platform"`
	Digest       string         `json:"digest"`
	ConfigDigest string         `json:"configDigest"`
	Layers       []layerDetail  `json:"layers"`
	Config       *v1.ConfigFile `json:"config"`
}

type layerDetail struct {
	Digest    string `json:"digest"`
	MediaType string `json:"mediaType"`
	Size      int64  `json:"size"`
	CreatedBy string `json:"createdBy,omitempty"`
}

func runImageShow(ctx context.Context, s *store.Store, o imageShowOptions, w io.Writer) error {
	image, err := s.Resolve(ctx, o.name)
	if err != nil {
		return err
	}
	d, err := detailImage(image)
	if err != nil {
		return fmt.Errorf("image %s: %w", image, err)
	}
	if o.JSON() {
		return display.WriteJSON(w, d)
	}
	return writeImageDetail(w, d)
}

func detailImage(image store.Image) (imageDetail, error) {
	v, err := viewImage(image)
	if err != nil {
		return imageDetail{}, err
	}
	d := imageDetail{imageView: v, Annotations: image.Descriptor.Annotations}
	images := []store.Image{image}
	if image.IsIndex() {
		if images, err = image.Images(); err != nil {
			return d, err
		}
	}
	for _, i := range images {
		if p := i.Descriptor.Platform; p != nil && p.OS == "unknown" {
			continue // an attestation, not an image
		}
		p, err := detailPlatform(i)
		if err != nil {
			return d, err
		}
		d.Images = append(d.Images, p)
	}
	return d, nil
}

func detailPlatform(i store.Image) (platformDetail, error) {
	manifest, err := i.Manifest()
	if err != nil {
		return platformDetail{}, err
	}
	config, err := i.Config()
	if err != nil {
		return platformDetail{}, err
	}
	d := platformDetail{Digest: i.Digest().String(), ConfigDigest: manifest.Config.Digest.String(), Config: config}
	if p := config.Platform(); p != nil {
		d.Platform = p.String()
	}
	var createdBy []string
	for _, h := range config.History {
		if !h.EmptyLayer {
			createdBy = append(createdBy, h.CreatedBy)
		}
	}
	for n, l := range manifest.Layers {
		layer := layerDetail{Digest: l.Digest.String(), MediaType: string(l.MediaType), Size: l.Size}
		if len(createdBy) == len(manifest.Layers) {
			layer.CreatedBy = createdBy[n]
		}
		d.Layers = append(d.Layers, layer)
	}
	return d, nil
}

func writeImageDetail(w io.Writer, d imageDetail) error {
	rows := [][2]string{
		{"Name", d.Name},
		{"Digest", d.Digest},
		{"Platforms", strings.Join(d.Platforms, ", ")},
		{"Size", display.Bytes(d.Size)},
		{"Tests", testText(d.imageView)},
		{"Stored", when(d.Stored)},
	}
	if d.Test != nil && d.Test.RunID != "" {
		rows = append(rows, [2]string{"Run", d.Test.RunID})
	}
	if err := writeRows(w, "", rows); err != nil {
		return err
	}
	for _, i := range d.Images {
		if _, err := fmt.Fprintf(w, "\n%s\n", display.Clean(i.Platform)); err != nil {
			return err
		}
		if err := writeRows(w, "  ", configRows(i)); err != nil {
			return err
		}
		for _, l := range i.Layers {
			createdBy := []rune(display.Clean(l.CreatedBy))
			if _, err := fmt.Fprintf(w, "  Layer       %s  %9s  %s\n", shortDigest(l.Digest), display.Bytes(l.Size), string(createdBy[:min(len(createdBy), 80)])); err != nil {
				return err
			}
		}
	}
	return nil
}

func configRows(i platformDetail) [][2]string {
	c := i.Config.Config
	rows := [][2]string{
		{"Digest", i.Digest},
		{"Config", i.ConfigDigest},
		{"User", c.User},
		{"WorkingDir", c.WorkingDir},
	}
	for _, list := range []struct {
		label string
		words []string
	}{{"Entrypoint", c.Entrypoint}, {"Cmd", c.Cmd}} {
		if len(list.words) > 0 {
			rows = append(rows, [2]string{list.label, fmt.Sprintf("%q", list.words)})
		}
	}
	for _, e := range c.Env {
		rows = append(rows, [2]string{"Env", e})
	}
	labels := make([]string, 0, len(c.Labels))
	for key, value := range c.Labels {
		labels = append(labels, key+"="+value)
	}
	slices.Sort(labels)
	for _, l := range labels {
		rows = append(rows, [2]string{"Label", l})
	}
	return rows
}

// writeRows writes a label and a text a line and leaves out those without a text.
func writeRows(w io.Writer, indent string, rows [][2]string) error {
	for _, r := range rows {
		if r[1] == "" {
			continue
		}
		if _, err := fmt.Fprintf(w, "%s%-11s %s\n", indent, r[0], display.Clean(r[1])); err != nil {
			return err
		}
	}
	return nil
}
