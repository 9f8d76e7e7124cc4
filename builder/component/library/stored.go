package library

import (
	"context"
	"math"
	"path/filepath"

	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/oci/ref"
)

// IsRecipe reports whether a text has the form of a reference to a recipe that is kept.
func IsRecipe(text string) bool {
	_, _, err := recipeReference(text)
	return err == nil
}

// OpenRecipe reads the recipe that a reference means as it was kept: with the version that it was given and the text of
// the template that was read then. It has no folder.
func (l *Library) OpenRecipe(ctx context.Context, reference string) (*recipe.Recipe, error) {
	kept, err := l.Recipe(ctx, reference)
	if err != nil {
		return nil, err
	}
	file, template, err := l.RecipeFile(ctx, kept)
	if err != nil {
		return nil, err
	}
	r, err := recipe.Limits{Components: math.MaxInt}.Parse(kept.Short(), file) // it was within the limits when it was kept
	if err != nil {
		return nil, err
	}
	r.Dir, r.Version.Value = "", kept.Version.Text
	if uri := r.Template.URI; uri.Value != "" {
		r.Template = recipe.TemplateSource{Data: recipe.Text{Value: string(template), Pos: uri.Pos}}
	}
	return r, nil
}

// checkParent refuses a parent that is found beside the recipe file only.
func checkParent(r *recipe.Recipe) error {
	layout, err := ref.Parse(r.ParentImage.Value)
	if err != nil || layout.Transport != ref.Layout || filepath.IsAbs(layout.Path) {
		return nil //nolint:nilerr // what is wrong with it is told when a plan is made
	}
	return &recipe.Error{
		Pos: r.ParentImage.Pos,
		Err: refuse(InvalidRequest, "parentImage %q is a folder beside the recipe, and a recipe that is kept has no folder", r.ParentImage.Value).
			advise("write the whole path, or bring the image into the image store: slipway image pull %s NAME:TAG", r.ParentImage.Value),
	}
}
