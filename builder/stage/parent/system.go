package parent

import (
	"context"
	"fmt"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/inspect"
	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/stage"
)

// CheckSystem refuses components that do not support the operating system of the parent. Its os-release is read only
// when a component names systems and the recipe does not say which one it is. A system that is not known passes, and
// so does a template whose components run on another image than the parent. Failures are *stage.Error.
func CheckSystem(ctx context.Context, s stage.Services, p *plan.Plan, image *engine.Image) error {
	if image == nil || p.OSVersion != "" || p.Template.Base != "" || !picky(p) {
		return nil
	}
	found, err := s.Store.Resolve(ctx, image.Digest.String())
	if err != nil {
		return failure(ctx, p.Parent, err)
	}
	layers, err := found.Layers()
	if err != nil {
		return failure(ctx, p.Parent, err)
	}
	release, err := inspect.In(s.Memory).OSRelease(ctx, s.Store, layers)
	if err != nil {
		return failure(ctx, p.Parent, err)
	}
	names := plan.SystemNames(release)
	for _, c := range p.Components {
		if err := plan.SupportsOS(c.SupportedOSVersions, names...); err != nil {
			return &stage.Error{
				Code: stage.CodeInput, Component: c.Name, Message: err.Error(), Err: err,
				Mend: fmt.Sprintf("the parent image is %s; if the component works there, imageOsVersionOverride says what to take it for", names[len(names)-1]),
			}
		}
	}
	return nil
}

// picky reports whether a component names the systems that it supports.
func picky(p *plan.Plan) bool {
	for _, c := range p.Components {
		if len(c.SupportedOSVersions) > 0 {
			return true
		}
	}
	return false
}
