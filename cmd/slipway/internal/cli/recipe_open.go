package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"github.com/slipway-oci/slipway/builder/component/library"
	"github.com/slipway-oci/slipway/builder/recipe"
)

// recipeLimits are the bounds of recipes by the settings.
func (a *app) recipeLimits() (recipe.Limits, error) {
	s, err := a.settings()
	return recipe.Limits{Components: s.Limits.ComponentsPerRecipe}, err
}

// openRecipe reads the recipe that an argument names: a file or folder, and where there is none a recipe of the store.
func (a *app) openRecipe(ctx context.Context, name string) (*recipe.Recipe, error) {
	limits, err := a.recipeLimits()
	if err != nil {
		return nil, err
	}
	r, fileErr := limits.Load(name)
	missing := errors.Is(fileErr, fs.ErrNotExist) || errors.Is(fileErr, syscall.ENOTDIR)
	if !missing || !library.IsRecipe(name) {
		return r, fileErr
	}
	folders, err := a.folders()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(folders.Store()); err != nil {
		return nil, fileErr
	}
	s, err := a.components(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer s.close()
	r, err = s.OpenRecipe(ctx, name)
	if library.CodeOf(err) == library.NotFound {
		return nil, noRecipe{name, err}
	}
	return r, err
}

// noRecipe says that a word names a recipe neither on disk nor in the store.
type noRecipe struct {
	name string
	err  error // of the store
}

func (e noRecipe) Error() string {
	return fmt.Sprintf("recipe %q is neither a file or folder nor in the store", e.name)
}

func (e noRecipe) Unwrap() error { return e.err }

func (e noRecipe) Hint() string { return "`slipway recipe list` shows those in the store" }

func (noRecipe) ExitCode() int { return WrongInput }
