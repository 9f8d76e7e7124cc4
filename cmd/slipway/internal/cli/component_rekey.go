package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/component/library"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
)

type componentRekeyOptions struct {
	option.Format
	key, from  string
	all, clear bool
}

func (a *app) componentRekeyCmd() *cobra.Command {
	var o componentRekeyOptions
	cmd := &cobra.Command{
		Use:   "rekey [flags] [REFERENCE...]",
		Short: "Encrypt stored documents with another key",
		Long: "Encrypt the documents of stored components with another key; those in clear text are encrypted too. REFERENCE\n" +
			"stands for every build that it matches. The old key must still be in kms.keys of the settings, and is not needed\n" +
			"any more afterwards. If the command breaks off, run it again.",
		Example: "  slipway component rekey --all --from base64key:sha256:0123456789abcdef --kms-key-id hashivault://builds\n" +
			"  slipway component rekey nginx/1.x.x --kms-key-id arn:aws:kms:eu-central-1:123456789012:alias/builds\n" +
			"  slipway component rekey nginx --clear",
		Args: arguments(0, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(args); err != nil {
				return err
			}
			if o.all {
				args = []string{""}
			}
			return a.withComponents(cmd, func(ctx context.Context, s shelf) error {
				return a.runRekey(ctx, s, args, o, cmd.OutOrStdout())
			})
		},
		ValidArgsFunction: a.completeComponents,
	}
	fs := cmd.Flags()
	o.AddFlags(fs)
	fs.StringVar(&o.key, "kms-key-id", "", "the new `KEY`: an ARN, a URI, or an id in kms.keys")
	fs.StringVar(&o.from, "from", "", "only documents that are encrypted with this `KEY`, as component show names it")
	fs.BoolVar(&o.all, "all", false, "every component in the store but those that come with Slipway")
	fs.BoolVar(&o.clear, "clear", false, "store the documents in clear text")
	return cmd
}

func (o *componentRekeyOptions) check(args []string) error {
	switch {
	case o.all == (len(args) > 0):
		return usageError{errors.New("give either references or --all"), "slipway component rekey nginx/1.x.x --kms-key-id KEY"}
	case o.clear == (o.key != ""):
		return usageError{errors.New("give either --kms-key-id or --clear"), "the new key is an ARN, a URI, or an id in kms.keys of the settings"}
	}
	return nil
}

// runRekey writes what was changed, also before an error.
func (a *app) runRekey(ctx context.Context, s shelf, references []string, o componentRekeyOptions, w io.Writer) error {
	views := []componentView{}
	var failed error
	for _, reference := range references {
		done, err := s.Rekey(ctx, library.RekeyRequest{Reference: reference, From: o.from, Key: o.key})
		for _, text := range done.Warnings {
			a.warn(text)
		}
		for _, c := range done.Components {
			views = append(views, s.view(c))
			if o.JSON() {
				continue
			}
			if _, err := fmt.Fprintln(w, c.Short(), cmp.Or(c.KMSKey, "clear")); err != nil {
				return err
			}
		}
		if failed = err; failed != nil {
			break
		}
	}
	if o.JSON() {
		return errors.Join(display.WriteJSON(w, views), failed)
	}
	if len(views) == 0 && failed == nil {
		_, failed = fmt.Fprintln(a.Stderr, "nothing to change")
	}
	return failed
}
