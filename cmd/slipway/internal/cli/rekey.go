package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/slipway-oci/slipway/builder/component/library"
	"github.com/slipway-oci/slipway/builder/component/sealed"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
)

// rekeyOptions are the flags of the commands that change keys.
type rekeyOptions struct {
	option.Format
	key, from  string
	all, clear bool
}

func (o *rekeyOptions) addFlags(fs *pflag.FlagSet, all string) {
	o.AddFlags(fs)
	fs.StringVar(&o.key, "kms-key-id", "", "the new `KEY`: an ARN, a URI, or an id in kms.keys")
	fs.StringVar(&o.from, "from", "", "only what is encrypted with this `KEY`, by the name that show gives it")
	fs.BoolVar(&o.all, "all", false, all)
	fs.BoolVar(&o.clear, "clear", false, "store in clear text")
}

// requests are what the flags ask for, one for each reference.
func (o *rekeyOptions) requests(args []string, command string) ([]library.RekeyRequest, error) {
	switch {
	case o.all == (len(args) > 0):
		return nil, usageError{errors.New("give either references or --all"), command + " NAME/1.x.x --kms-key-id KEY"}
	case o.clear == (o.key != ""):
		return nil, usageError{errors.New("give either --kms-key-id or --clear"), "the new key is an ARN, a URI, or an id in kms.keys of the settings"}
	}
	from := o.from
	if strings.HasPrefix(from, "base64key://") {
		id, err := sealed.Fingerprint(from)
		if err != nil {
			return nil, usageError{fmt.Errorf("--from: %w", err), ""}
		}
		from = id
	}
	if o.all {
		args = []string{""}
	}
	var list []library.RekeyRequest
	for _, reference := range args {
		list = append(list, library.RekeyRequest{Reference: reference, From: from, Key: o.key})
	}
	return list, nil
}

// rekeyed is what has another key now.
type rekeyed struct {
	items    []rekeyedItem
	warnings []string
}

type rekeyedItem struct {
	short, key string
	view       any
}

// runRekey makes the requests one by one and writes what was changed, also before an error.
func (a *app) runRekey(cmd *cobra.Command, args []string, o rekeyOptions, rekey func(context.Context, shelf, library.RekeyRequest) (rekeyed, error)) error {
	requests, err := o.requests(args, cmd.CommandPath())
	if err != nil {
		return err
	}
	w := cmd.OutOrStdout()
	return a.withComponents(cmd, func(ctx context.Context, s shelf) error {
		views := []any{}
		var failed error
		for _, r := range requests {
			var done rekeyed
			done, failed = rekey(ctx, s, r)
			for _, text := range done.warnings {
				a.warn(text)
			}
			for _, item := range done.items {
				views = append(views, item.view)
				if o.JSON() {
					continue
				}
				if _, err := fmt.Fprintln(w, item.short, cmp.Or(item.key, "clear")); err != nil {
					return err
				}
			}
			if failed != nil {
				break
			}
		}
		if o.JSON() {
			return errors.Join(display.WriteJSON(w, views), failed)
		}
		if len(views) == 0 && failed == nil {
			_, failed = fmt.Fprintln(a.Stderr, o.nothing(requests[0].From))
		}
		return failed
	})
}

// nothing says why nothing was changed.
func (o *rekeyOptions) nothing(from string) string {
	switch {
	case from != "":
		return "nothing to change: nothing of it is encrypted with " + from
	case o.clear:
		return "nothing to change: all of it is in clear text"
	}
	return "nothing to change: there is nothing in the store"
}
