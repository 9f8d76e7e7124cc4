package library

import (
	"context"
	"slices"

	"github.com/slipway-oci/slipway/builder/component/managed"
	"github.com/slipway-oci/slipway/builder/recipe"
)

// Deliver puts the catalogue that comes with Slipway into the managed namespace. What is there already is left alone,
// whatever its state; nothing is ever taken away.
func (l *Library) Deliver(ctx context.Context, catalogue []managed.Component) error {
	known := map[string][]Component{}
	err := l.storage.View(ctx, func(rd Reader) (err error) {
		for _, c := range catalogue {
			if _, ok := known[c.Name]; ok {
				continue
			}
			if known[c.Name], err = rd.Builds(ctx, Managed, Component{Name: c.Name}.Normal()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, c := range catalogue {
		v, err := recipe.ParseVersion(c.Version)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(known[c.Name], func(k Component) bool { return k.Version.Version == v && k.Digest == c.Digest }) {
			continue
		}
		uri, description := "catalogue:"+c.Name+"/"+c.Version, &c.Description
		if c.Description == "" {
			description = nil
		}
		if _, err := l.Create(ctx, Request{
			Namespace: Managed, Name: c.Name, Version: c.Version, Platform: c.Platform, Description: description, URI: &uri, Content: c.Document,
		}); err != nil {
			return err
		}
	}
	return nil
}
