package artifact

import (
	"context"
	"errors"
	"strings"

	"github.com/slipway-oci/slipway/builder/component"
	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/runner/action"
)

// Source finds the components that recipes name as oci://, with all that the registry knows of them. Documents that were
// pushed by general tools are not its own.
type Source struct {
	Registry Registry
	// Actions are those that a document may use.
	Actions *action.Set
}

// Find gives the component that a reference means now.
func (s Source) Find(ctx context.Context, reference string) (*component.Component, error) {
	if !strings.HasPrefix(reference, Scheme) || strings.Contains(reference, "#") {
		return nil, &component.NotFoundError{Reference: reference}
	}
	r, err := Parse(reference)
	if err != nil {
		return nil, err
	}
	pulled, pinned, err := Pull(ctx, s.Registry, r)
	if errors.Is(err, ErrNotComponent) {
		return nil, &component.NotFoundError{Reference: reference}
	}
	if err != nil {
		return nil, err
	}
	c, err := component.Read(pinned.String(), pulled.Document, s.Actions)
	if err != nil {
		return nil, err
	}
	c.Name, c.Version, c.File = pulled.Name, pulled.Version, ""
	c.Platform, c.SupportedOSVersions = pulled.Platform, pulled.SupportedOSVersions
	c.Why = why(r, pinned)
	return c, nil
}

// why tells what a tag meant when it was looked up.
func why(asked, pinned ref.Ref) string {
	if asked.Digest != "" {
		return ""
	}
	now := "its digest is now " + pinned.Digest
	if asked.Tag != pinned.Tag {
		return "the highest version in the registry that matches; " + now
	}
	return now
}
