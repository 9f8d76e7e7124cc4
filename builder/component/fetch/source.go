package fetch

import (
	"context"
	"errors"
	"strings"

	"github.com/slipway-oci/slipway/builder/component"
	"github.com/slipway-oci/slipway/builder/component/artifact"
	"github.com/slipway-oci/slipway/runner/action"
)

// Source finds the components that recipes name by an address. They are read anew for every plan and not stored. Local
// files are the business of component.Files, which knows the folder of the recipe.
type Source struct {
	Fetcher *Fetcher
	// Actions are those that a document may use.
	Actions *action.Set
}

// Find reads the component behind an address. One that was pushed to a registry as a component has the name, the
// version and the platform that it was pushed with; every other document is like a file.
func (s Source) Find(ctx context.Context, reference string) (*component.Component, error) {
	parsed, err := component.ParseReference(reference)
	if err != nil {
		return nil, err
	}
	if parsed.Kind != component.Address || strings.HasPrefix(reference, "file://") {
		return nil, &component.NotFoundError{Reference: reference}
	}
	if strings.HasPrefix(reference, artifact.Scheme) && s.Fetcher.opts.Registry != nil {
		found, err := s.pull(ctx, reference)
		if !errors.Is(err, artifact.ErrNotComponent) {
			return found, err
		}
	}
	data, err := s.Fetcher.Read(ctx, reference)
	if err != nil {
		return nil, err
	}
	return component.Read(show(reference), data, s.Actions)
}

// pull reads a component of a registry.
func (s Source) pull(ctx context.Context, reference string) (*component.Component, error) {
	bare, digest, err := Split(reference)
	if err != nil {
		return nil, err
	}
	r, err := artifact.Parse(bare)
	if err != nil {
		return nil, named(bare, err)
	}
	pulled, pinned, err := artifact.Pull(ctx, s.Fetcher.opts.Registry, r)
	if err != nil {
		return nil, named(bare, err)
	}
	if err := verify(bare, digest, pulled.Document); err != nil {
		return nil, err
	}
	found, err := component.Read(artifact.Scheme+pinned.String(), pulled.Document, s.Actions)
	if err != nil {
		return nil, err
	}
	found.Name, found.Version = pulled.Name, pulled.Version
	found.Platform, found.SupportedOSVersions = pulled.Platform, pulled.SupportedOSVersions
	return found, nil
}
