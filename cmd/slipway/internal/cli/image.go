package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/oci/store"
)

func (a *app) imageCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "image",
		Short:   "Work with the image store",
		Long:    "Work with the image store: the images that builds made or that were imported, kept on this machine.",
		Example: "  slipway image list\n  slipway image show web:1.0.0-1",
	}
	cmd.AddCommand(
		a.imageListCmd(), a.imageShowCmd(), a.imageImportCmd(), a.imagePullCmd(), a.imagePushCmd(), a.imageSaveCmd(), a.imageLoadCmd(),
		a.imageTagCmd(), a.imageRebaseCmd(), a.imageDeleteCmd(), a.imagePruneCmd(),
	)
	return group(cmd)
}

// imageView is an image as JSON.
type imageView struct {
	Name      string    `json:"name,omitempty"`
	Digest    string    `json:"digest"`
	MediaType string    `json:"mediaType"`
	Platforms []string  `json:"platforms"`
	Size      int64     `json:"size"` // bytes of all blobs, compressed
	Test      *testView `json:"test,omitempty"`
	Stored    time.Time `json:"stored,omitzero"`
}

type testView struct {
	Status string    `json:"status"`
	Time   time.Time `json:"time,omitzero"`
	RunID  string    `json:"runId,omitempty"`
}

func viewImage(i store.Image) (imageView, error) {
	v := imageView{Name: i.Name, Digest: i.Digest().String(), MediaType: string(i.Descriptor.MediaType), Platforms: []string{}}
	platforms, err := i.Platforms()
	if err != nil {
		return v, err
	}
	for _, p := range platforms {
		v.Platforms = append(v.Platforms, p.String())
	}
	if v.Size, err = i.Size(); err != nil {
		return v, err
	}
	if v.Stored, err = i.Stored(); err != nil {
		return v, err
	}
	if i.Test.Status != store.Untested {
		v.Test = &testView{Status: string(i.Test.Status), Time: i.Test.Time, RunID: i.Test.RunID}
	}
	return v, nil
}

// testText is the outcome of an image's tests in a word.
func testText(v imageView) string {
	if v.Test == nil {
		return "untested"
	}
	return v.Test.Status
}

// completePointers offers the names in the image store to the shell.
func (a *app) completePointers(most int) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if most >= 0 && len(args) >= most {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return a.pointers(cmd.Context()), cobra.ShellCompDirectiveNoFileComp
	}
}

// pointers are the names in the image store; none when it cannot be read, since completion has nobody to tell.
func (a *app) pointers(ctx context.Context) []string {
	f, err := a.folders()
	if err != nil {
		return nil
	}
	s, err := store.OpenExisting(f.Images())
	if err != nil {
		return nil
	}
	if ctx == nil {
		ctx = context.Background()
	}
	images, err := s.List(ctx)
	if err != nil {
		return nil
	}
	var names []string
	for _, i := range images {
		if i.Name != "" {
			names = append(names, i.Name)
		}
	}
	return names
}
