package plan

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/oci/ref"
)

const defaultWorkingDirectory = "/tmp"

// New looks up everything a recipe names and decides everything that can be decided before the build. It runs nothing,
// and writes nothing.
func New(ctx context.Context, r *recipe.Recipe, opts Options) (*Plan, error) {
	b := &planner{what: "parent image", recipe: r, opts: opts, plan: &Plan{
		Context:          filepath.ToSlash(r.Dir),
		WorkingDirectory: r.WorkingDirectory.Value,
		Tests:            !opts.SkipTests && !r.Tests.Off,
		TestTimeout:      testTimeout(r.Tests, opts.TestTimeout).Seconds(),
		// Lists are never nil, so that they are written as [].
		Components: []Component{},
		Targets:    []Target{},
		Warnings:   append([]string{}, r.Warnings...),
	}}
	// What needs no network comes first, so that a mistake in the input shows at once.
	for _, step := range []func(context.Context) error{
		b.template, b.components, b.checkTemplate, b.parameters, b.targets, b.version, b.parent, b.platforms,
	} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	if budgets := r.Budgets; budgets.Image != nil || budgets.Component != nil {
		b.plan.Budgets = &Budgets{Image: budgets.Image, Component: budgets.Component}
	}
	for _, report := range r.Reports {
		b.plan.Reports = append(b.plan.Reports, Report{Path: report.Path.Value, Type: report.Type})
	}
	b.labels()
	b.secrets()
	return b.plan, nil
}

// defaultTestTimeout is that of EC2 Image Builder.
const defaultTestTimeout = 720 * time.Minute

// testTimeout is the limit of the test stage: the flag's, the recipe's, or the usual one.
func testTimeout(tests recipe.Tests, flag time.Duration) time.Duration {
	return cmp.Or(flag, time.Duration(tests.TimeoutMinutes)*time.Minute, defaultTestTimeout)
}

// planner holds what is known on the way to a Plan.
type planner struct {
	what   string // the image is called so in errors
	tests  bool   // nothing is built
	recipe *recipe.Recipe
	opts   Options
	plan   *Plan

	found []found // one for each of plan.Components
	image Image   // the parent, zero for scratch
}

func (b *planner) warn(format string, args ...any) {
	b.plan.Warnings = append(b.plan.Warnings, fmt.Sprintf(format, args...))
}

func (b *planner) template(ctx context.Context) error {
	t, err := b.recipe.ReadTemplate(ctx, b.opts.Fetch)
	b.plan.Template = t
	return err
}

// version gives a wildcard version its numbers.
func (b *planner) version(ctx context.Context) error {
	r := b.recipe
	b.plan.Recipe = Recipe{
		Name: r.Name.Value, Normal: ref.Normal(r.Name.Value), Version: r.Version.Value,
		Description: r.Description, File: filepath.ToSlash(r.File),
	}
	v, err := recipe.ParseVersion(r.Version.Value)
	if err != nil {
		return &recipe.Error{Pos: r.Version.Pos, Message: "semanticVersion", Err: err}
	}
	if !v.HasWildcard() {
		return checkTag(r.Version, r.Version.Value)
	}
	var existing []recipe.Version
	if b.opts.Versions != nil {
		if existing, err = b.opts.Versions(ctx, b.plan.Recipe.Normal); err != nil {
			return fmt.Errorf("versions of recipe %q: %w", r.Name.Value, err)
		}
	}
	b.plan.Recipe.Version = v.Next(existing).String()
	return nil
}

// checkTemplate refuses a template without a place for the components that need one.
func (b *planner) checkTemplate(context.Context) error {
	if b.plan.Template.HasComponents {
		return nil
	}
	for i, c := range b.plan.Components {
		if len(c.Phases.Build) == 0 {
			continue
		}
		return &recipe.Error{
			Pos:     b.recipe.Components[i].Reference.Pos,
			Message: fmt.Sprintf("component %q has a %s phase, and the template has no {{{ imagebuilder:components }}}", c.Reference, c.Phases.Build[0]),
			Advice:  "put {{{ imagebuilder:components }}} in a line of its own where the components are to run",
		}
	}
	return nil
}
