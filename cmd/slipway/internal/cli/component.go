package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/component"
	"github.com/slipway-oci/slipway/builder/component/fetch"
	"github.com/slipway-oci/slipway/builder/component/library"
	"github.com/slipway-oci/slipway/builder/component/managed"
	"github.com/slipway-oci/slipway/builder/component/sealed"
	componentstore "github.com/slipway-oci/slipway/builder/component/store"
	"github.com/slipway-oci/slipway/builder/settings"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
	"github.com/slipway-oci/slipway/oci/registry"
	"github.com/slipway-oci/slipway/runner/action/catalog"
)

func (a *app) componentCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "component",
		Short: "Work with the component store",
		Long: "Work with the component store: versioned component documents, kept on this machine, that recipes name as NAME,\n" +
			"NAME/1.x.x or NAME/1.2.3/4.",
		Example: "  slipway component create nginx.yaml --semantic-version 1.0.0\n  slipway component list",
	}
	cmd.AddCommand(
		a.componentCreateCmd(), a.componentImportCmd(), a.componentListCmd(), a.componentVersionsCmd(), a.componentShowCmd(),
		a.componentExportCmd(), a.componentPushCmd(), a.componentPullCmd(), a.componentTagCmd(), a.componentUntagCmd(),
		a.componentDeprecateCmd(), a.componentNoticesCmd(), a.componentRekeyCmd(), a.componentDeleteCmd(),
	)
	return group(cmd)
}

// shelf is the component store while a command works with it.
type shelf struct {
	*library.Library
	storage *componentstore.Store
	keys    *sealed.Sealer
}

// close lets go of the store. Everything that was acknowledged is on disk.
func (s shelf) close() { _ = errors.Join(s.keys.Close(), s.storage.Close()) }

// components opens the component store. Addresses of registries are read with the client, which may be nil where no
// address is read.
func (a *app) components(ctx context.Context, client *registry.Client) (shelf, error) {
	f, err := a.folders()
	if err != nil {
		return shelf{}, err
	}
	set, err := a.settings()
	if err != nil {
		return shelf{}, err
	}
	actions, err := catalog.Builtin()
	if err != nil {
		return shelf{}, err
	}
	storage, err := componentstore.Open(ctx, f.Store(), componentstore.Options{})
	if err != nil {
		return shelf{}, err
	}
	read := fetch.Options{AnyFile: true, AllowHTTP: set.URI.AllowHTTP}
	if client != nil {
		read.Registry = client
	}
	keys := sealed.New(sealed.Options{Keys: set.KMS.Keys, IgnoreUnmapped: set.KMS.IgnoreUnmapped})
	s := shelf{library.New(storage, library.Options{
		Settings: librarySettings(set), Actions: actions, Fetch: fetch.New(read).Read, Sealer: keys,
	}), storage, keys}
	if err := s.CheckSupport(ctx); err != nil {
		a.log().WarnContext(ctx, "the end of support was not checked", "error", err) // as in a store that cannot be written
	}
	return s, nil
}

// librarySettings are the settings that the component store depends on.
func librarySettings(s settings.Settings) library.Settings {
	return library.Settings{
		Partition: s.AWS.Partition, Region: s.AWS.Region, Account: s.AWS.Account,
		RequireUniqueVersions: s.Components.RequireUniqueVersions, NoticeDays: s.Components.NoticeDays,
		DisableAtSupportEnd: s.Components.DisableAtSupportEnd, DefaultKey: s.Store.DefaultKey, StrictLimits: s.API.StrictLimits,
	}
}

// withComponents runs f with the component store.
func (a *app) withComponents(cmd *cobra.Command, f func(context.Context, shelf) error) error {
	return a.withRegistry(cmd, nil, f)
}

// withRegistry runs f with the component store, which reads addresses of registries with the client.
func (a *app) withRegistry(cmd *cobra.Command, client *registry.Client, f func(context.Context, shelf) error) error {
	s, err := a.components(cmd.Context(), client)
	if err != nil {
		return err
	}
	defer s.close()
	if asksForManaged(cmd) {
		if err := s.Deliver(cmd.Context(), managed.All()); err != nil {
			return err
		}
	}
	return f(cmd.Context(), s)
}

// asksForManaged reports whether the managed components matter to a command. They are put into the store then.
func asksForManaged(cmd *cobra.Command) bool {
	if owner := cmd.Flags().Lookup("owner"); owner != nil && owner.Value.String() == "Amazon" {
		return true
	}
	return slices.ContainsFunc(cmd.Flags().Args(), isManaged)
}

func isManaged(reference string) bool {
	r, err := component.ParseReference(reference)
	return err == nil && r.Managed
}

// warn tells about something that does not keep the command from its work.
func (a *app) warn(text string) {
	_, _ = fmt.Fprintf(a.Stderr, "warning: %s\n", display.CleanLines(text))
}

// componentSource finds components in the store for recipes. The store is opened when the first reference may be one
// of it, so that recipes of files do not pay for it.
type componentSource struct {
	app       *app
	open      *shelf
	delivered bool // whether the managed components were put into the store
}

// Find implements component.Source.
func (s *componentSource) Find(ctx context.Context, reference string) (*component.Component, error) {
	r, err := component.ParseReference(reference)
	if err != nil {
		return nil, err
	}
	if r.Name == "" {
		return nil, &component.NotFoundError{Reference: reference}
	}
	if s.open == nil {
		f, err := s.app.folders()
		if err != nil {
			return nil, err
		}
		if _, err := os.Stat(f.Store()); os.IsNotExist(err) {
			return nil, &component.NotFoundError{Reference: reference, Places: []string{"in the store"}}
		}
		opened, err := s.app.components(ctx, nil)
		if err != nil {
			return nil, err
		}
		s.open = &opened
	}
	if r.Managed && !s.delivered {
		s.delivered = true // or the store cannot be written, and has what it has
		if err := s.open.Deliver(ctx, managed.All()); err != nil {
			s.app.log().WarnContext(ctx, "the managed components were not delivered", "error", err)
		}
	}
	return s.open.Source().Find(ctx, reference)
}

func (s *componentSource) close() {
	if s.open != nil {
		s.open.close()
	}
}

// componentView is a component as JSON, in the words of the EC2 Image Builder API.
type componentView struct {
	ARN                 string            `json:"arn"`
	Reference           string            `json:"reference"` // in recipes and commands of slipway
	Name                string            `json:"name"`
	Version             string            `json:"version,omitempty"`
	Build               int               `json:"build,omitempty"`
	Type                string            `json:"type"`
	Platform            string            `json:"platform"`
	SupportedOSVersions []string          `json:"supportedOsVersions,omitempty"`
	Description         string            `json:"description,omitempty"`
	ChangeDescription   string            `json:"changeDescription,omitempty"`
	State               stateView         `json:"state"`
	Owner               string            `json:"owner"`
	Parameters          []parameterView   `json:"parameters,omitempty"`
	Tags                map[string]string `json:"tags"`
	KMSKeyID            string            `json:"kmsKeyId,omitempty"`
	Encrypted           bool              `json:"encrypted"`
	Digest              string            `json:"digest"`
	SupportEnd          string            `json:"supportEnd,omitempty"`
	ReplacedBy          string            `json:"replacedBy,omitempty"`
	DateCreated         time.Time         `json:"dateCreated"`
}

type stateView struct {
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
}

type parameterView struct {
	Name         string   `json:"name"`
	Type         string   `json:"type"`
	DefaultValue []string `json:"defaultValue,omitempty"`
	Description  string   `json:"description,omitempty"`
}

func (s shelf) view(c library.Component) componentView {
	v := componentView{
		ARN: s.ARN(c), Reference: c.Short(), Name: c.Name, Version: c.Version.Text, Build: c.Build,
		Type: c.Type, Platform: c.Platform, SupportedOSVersions: c.SupportedOSVersions,
		Description: c.Description, ChangeDescription: c.ChangeDescription,
		State: stateView{c.State, c.Reason}, Owner: s.Owner(c.Namespace), Tags: c.Tags,
		KMSKeyID: c.KMSKey, Encrypted: c.Encrypted, Digest: c.Digest,
		SupportEnd: c.SupportEnd, ReplacedBy: c.ReplacedBy, DateCreated: c.Created,
	}
	if c.Namespace == library.Managed {
		v.Owner = "Amazon"
	}
	if v.Tags == nil {
		v.Tags = map[string]string{}
	}
	for _, p := range c.Parameters {
		view := parameterView{Name: p.Name, Type: p.Type, Description: p.Description}
		if p.Default != nil {
			view.DefaultValue = []string{*p.Default}
		}
		v.Parameters = append(v.Parameters, view)
	}
	return v
}
