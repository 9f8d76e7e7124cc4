package library

import (
	"context"
	"errors"
	"strings"

	"github.com/slipway-oci/slipway/builder/component"
)

// source finds the components of a library for recipes.
type source struct{ library *Library }

// Find implements component.Source: files and addresses are not its own.
func (s source) Find(ctx context.Context, reference string) (*component.Component, error) {
	r, err := component.ParseReference(reference)
	if err != nil {
		return nil, err
	}
	if r.Name == "" {
		return nil, &component.NotFoundError{Reference: reference}
	}
	record, why, err := s.library.resolve(ctx, reference)
	if err != nil {
		return nil, err
	}
	if record.Platform == "macOS" {
		return nil, refuse(InvalidRequest, "component %q is for macOS, which has no containers", reference)
	}
	text, err := s.library.Document(ctx, record)
	if err != nil {
		return nil, err
	}
	c, err := component.Read(record.Short(), text, s.library.actions)
	if err != nil {
		return nil, errors.Join(refuse(InvalidRequest, "component %q is not valid any more", reference), err)
	}
	c.Name, c.File = record.Name, ""
	c.Version, c.Build, c.Why = record.Version.Text, record.Build, why
	c.Platform, c.SupportedOSVersions = record.Platform, record.SupportedOSVersions
	c.Deprecated = deprecation(record)
	return c, nil
}

// deprecation says why a component should not be used any more, until when it works and what to use instead.
func deprecation(c Component) string {
	if c.State != Deprecated {
		return ""
	}
	var parts []string
	if c.Reason != "" {
		parts = append(parts, c.Reason)
	}
	if c.SupportEnd != "" && !strings.Contains(c.Reason, c.SupportEnd) {
		parts = append(parts, "support ends "+c.SupportEnd)
	}
	if c.ReplacedBy != "" {
		parts = append(parts, "use "+c.ReplacedBy+" instead")
	}
	if len(parts) == 0 {
		return "no reason was given"
	}
	return strings.Join(parts, "; ")
}
