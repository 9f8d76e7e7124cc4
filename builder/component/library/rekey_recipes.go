package library

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/slipway-oci/slipway/builder/recipe"
)

// RekeyedRecipes is what became of a RekeyRequest for recipes.
type RekeyedRecipes struct {
	Recipes  []Recipe // those that were changed, as they are now
	Warnings []string
}

// RekeyRecipes encrypts the files and templates of stored recipes with another key, as Rekey does with components. What
// the file says, kmsKeyId included, stays as it was kept.
func (l *Library) RekeyRecipes(ctx context.Context, r RekeyRequest) (done RekeyedRecipes, err error) {
	recipes, err := l.Recipes(ctx, r.Reference)
	if err != nil {
		return done, err
	}
	if r.Reference != "" && len(recipes) == 0 {
		return done, l.missingRecipe(ctx, r.Reference)
	}
	for _, old := range recipes {
		if r.leaves(old.KMSKey, old.Encrypted) {
			continue
		}
		changed, warning, err := l.rekeyRecipe(ctx, old, r.Key)
		if err != nil {
			return done, fmt.Errorf("recipe %q: %w", old.Short(), err)
		}
		if warning != "" && !slices.Contains(done.Warnings, warning) {
			done.Warnings = append(done.Warnings, warning)
		}
		done.Recipes = append(done.Recipes, changed)
	}
	return done, nil
}

// rekeyRecipe replaces the files of one recipe, both at once.
func (l *Library) rekeyRecipe(ctx context.Context, old Recipe, key string) (r Recipe, warning string, err error) {
	var clear recipeFiles
	if clear.file, clear.template, err = l.RecipeFile(ctx, old); err != nil {
		return old, "", err
	}
	if key == "" && tellsKey(old, clear.file) {
		return old, "", refuse(InvalidRequest, "its kmsKeyId is a local key, which everybody could read in clear text").
			advise("keep a version of the recipe without kmsKeyId, and delete this one")
	}
	r = old
	stored, warning, err := l.sealFiles(ctx, &r, key, clear)
	if err != nil {
		return old, "", err
	}
	if key != "" && !r.Encrypted {
		return old, "", refuse(InvalidRequest, "the recipe would be %s", warning)
	}
	return r, warning, l.storage.Update(ctx, func(w Writer) error {
		now, err := w.Recipes(ctx, old.Normal())
		if err != nil {
			return err
		}
		unchanged := func(n Recipe) bool {
			return n.ID == old.ID && n.KMSKey == old.KMSKey && n.Encrypted == old.Encrypted
		}
		if !slices.ContainsFunc(now, unchanged) {
			return refuse(InvalidRequest, "another process has deleted it, or given it another key").advise("run the command again")
		}
		return w.SetRecipeFile(ctx, r, stored.file, stored.template)
	})
}

// tellsKey reports whether the file of a recipe holds the very key that it was encrypted with.
func tellsKey(r Recipe, file []byte) bool {
	parsed, err := recipe.Limits{Components: math.MaxInt}.Parse(r.Short(), file)
	return err != nil || strings.HasPrefix(parsed.KMSKeyID, "base64key://")
}
