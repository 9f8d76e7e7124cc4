package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/slipway-oci/slipway/builder/component"
	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/runner/document"
)

// found is a component with its document, beside its entry in the plan.
type found struct {
	*component.Component
	entry recipe.Component
}

// components looks up every entry of the recipe; what is wrong with them is reported together.
func (b *planner) components(ctx context.Context) error {
	var problems []error
	known := map[string]*component.Component{}
	for i, entry := range b.recipe.Components {
		c := known[entry.Reference.Value]
		if c == nil {
			var err error
			if c, err = b.find(ctx, entry); err != nil {
				if ctx.Err() != nil {
					return err
				}
				problems = append(problems, err)
				continue
			}
			known[entry.Reference.Value] = c
			b.warnAbout(c)
		}
		b.found = append(b.found, found{c, entry})
		b.plan.Components = append(b.plan.Components, planned(i+1, entry, c))
		if !entry.NoCache && onlyUpdates(c.Document) {
			b.warn("component %q only updates packages, and comes from the cache until it or something before it changes: "+
				"cache: false beside it in the recipe runs it in every build", c.Name)
		}
	}
	return errors.Join(problems...)
}

func (b *planner) find(ctx context.Context, entry recipe.Component) (*component.Component, error) {
	c, err := b.lookUp(ctx, entry)
	if err != nil {
		if _, ok := errors.AsType[*document.ProblemError](err); ok {
			return nil, err // places in the component's own file say more
		}
		return nil, &recipe.Error{Pos: entry.Reference.Pos, Err: err}
	}
	return c, nil
}

// lookUp gives the component of an entry: from the recipe file when that holds its document, else from its source.
func (b *planner) lookUp(ctx context.Context, entry recipe.Component) (*component.Component, error) {
	d := entry.Document
	if d == nil {
		return b.opts.Components.Find(ctx, entry.Reference.Value)
	}
	loaded, problems := d.Load(b.opts.Actions)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return &component.Component{
		Name: d.Name.Value, Version: d.Version.Value, Document: loaded, Platform: d.Platform,
		SupportedOSVersions: d.SupportedOSVersions, File: d.Data.Pos.File, Warnings: problems,
	}, nil
}

func (b *planner) warnAbout(c *component.Component) {
	if c.Deprecated != "" {
		b.warn("component %q %s is deprecated: %s", c.Name, c.Version, c.Deprecated)
	}
	for _, w := range c.Warnings {
		if w.Severity == document.Warning && (!b.tests || w.Code != document.CodeNoBuildPhase) {
			b.warn("%s: %s", recipe.Position(w.Pos), w.Message)
		}
	}
}

func planned(index int, entry recipe.Component, c *component.Component) Component {
	p := Component{
		Index: index, Reference: entry.Reference.Value,
		Name: c.Name, Version: c.Version, Build: c.Build, Why: c.Why,
		Type: string(c.Document.Type()), Digest: c.Document.Digest, Document: c.Document.Bytes, File: c.File,
		SupportedOSVersions: c.SupportedOSVersions,
		Parameters:          []Parameter{},
		NoCache:             entry.NoCache, Budget: entry.Budget,
	}
	for _, phase := range c.Document.Phases {
		switch document.GroupOf(phase.Name) {
		case document.BuildGroup:
			p.Phases.Build = append(p.Phases.Build, phase.Name)
		case document.TestGroup:
			p.Phases.Test = append(p.Phases.Test, phase.Name)
		case document.HostTestGroup:
			p.Phases.Host = append(p.Phases.Host, phase.Name)
		case document.NoGroup:
		}
	}
	return p
}

// onlyUpdates reports whether the build phases of a document do nothing but update packages: what they do depends on
// the day more than on their text.
func onlyUpdates(d *document.Document) bool {
	updates := 0
	for _, phase := range d.Phases {
		if phase.Name != "build" {
			continue
		}
		for _, step := range phase.Steps {
			switch step.Action {
			case "UpdateOS":
				updates++
			case "Reboot":
			default:
				return false
			}
		}
	}
	return updates > 0
}

// running gives the phases of a component that the build runs.
func (b *planner) running(i int) []string {
	phases := b.plan.Components[i].Phases
	if !b.plan.Tests {
		return phases.Build
	}
	return slices.Concat(phases.Build, phases.Test, phases.Host)
}

// label names a component in messages.
func (f found) label() string { return fmt.Sprintf("component %q", f.Name) }
