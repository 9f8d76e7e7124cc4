package plan

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/slipway-oci/slipway/builder/recipe"
)

// TestInput says which image the documents of components are to test.
type TestInput struct {
	Image      string   // in any form that a recipe's parentImage has
	Components []string // references, as in a recipe, or files
	Dir        string   // relative paths start here
}

// ForTests makes a plan that tests an image and builds nothing: its Parent is the image, and of the components only the
// test and container-host-test phases are left. Options that concern building have no effect.
func ForTests(ctx context.Context, in TestInput, opts Options) (*Plan, error) {
	b := &planner{what: "image", tests: true, opts: opts, recipe: in.recipe(), plan: &Plan{
		Context: filepath.ToSlash(in.Dir), Recipe: Recipe{Name: in.Image},
		Tests: true, TestTimeout: testTimeout(recipe.Tests{}, opts.TestTimeout).Seconds(),
		Components: []Component{}, Targets: []Target{}, Warnings: []string{},
	}}
	for _, step := range []func(context.Context) error{b.components, b.onlyTests, b.parameters, b.parent, b.platforms} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	if b.plan.Parent.Digest == "" {
		return nil, errors.New("there is nothing to test in scratch")
	}
	b.secrets()
	return b.plan, nil
}

// recipe is what the input would be in a recipe file.
func (in TestInput) recipe() *recipe.Recipe {
	r := &recipe.Recipe{Dir: in.Dir, ParentImage: recipe.Text{Value: in.Image}}
	for _, reference := range in.Components {
		if info, err := os.Stat(r.Path(reference)); err == nil && !info.IsDir() && !filepath.IsAbs(reference) {
			reference = "./" + filepath.ToSlash(reference) // a recipe would take it for a name
		}
		r.Components = append(r.Components, recipe.Component{Reference: recipe.Text{Value: reference}, NoCache: true})
	}
	return r
}

// onlyTests leaves the phases out that build, and refuses a component that has no others.
func (b *planner) onlyTests(context.Context) error {
	var problems []error
	for i := range b.plan.Components {
		c := &b.plan.Components[i]
		c.Phases.Build = nil
		if len(c.Phases.Test)+len(c.Phases.Host) == 0 {
			problems = append(problems, &recipe.Error{
				Message: b.found[i].label() + " has no test and no container-host-test phase",
				Advice:  "name documents with tests; `slipway build` runs the phases that build",
			})
		}
	}
	return errors.Join(problems...)
}
