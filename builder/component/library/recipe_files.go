package library

import (
	"context"
	"errors"
	"fmt"
)

// recipeFiles are the texts that are kept of a recipe.
type recipeFiles struct {
	file     []byte // holds the template when it is part of the recipe, so it is encrypted like the template
	template []byte // nil unless the recipe names it by an address
}

// RecipeFile gives the file of a recipe as it was given to CreateRecipe, and the text of the template it names by an
// address, which is empty when it names none. A file that is not the one which was kept gives a *DamagedError.
func (l *Library) RecipeFile(ctx context.Context, r Recipe) (file, template []byte, err error) {
	var kept recipeFiles
	err = l.storage.View(ctx, func(rd Reader) (err error) {
		kept.file, kept.template, err = rd.RecipeFile(ctx, r.ID)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	what := fmt.Sprintf("recipe %q", r.Short())
	if r.Encrypted {
		if kept.file, kept.template, err = l.openFiles(ctx, what, r, kept); err != nil {
			return nil, nil, err
		}
	}
	return kept.file, kept.template, whole(what, "file", kept.file, r.Digest)
}

func (l *Library) openFiles(ctx context.Context, what string, r Recipe, sealed recipeFiles) (file, template []byte, err error) {
	if file, err = l.decrypt(ctx, what, r.KMSKey, sealed.file, recipeLabel(r, "file")); err != nil {
		return nil, nil, err
	}
	if sealed.template != nil {
		template, err = l.decrypt(ctx, what, r.KMSKey, sealed.template, recipeLabel(r, "template"))
	}
	return file, template, err
}

// sealFiles encrypts the files of a recipe, or leaves them as they are and the warning says why.
func (l *Library) sealFiles(ctx context.Context, r *Recipe, key string, clear recipeFiles) (stored recipeFiles, warning string, err error) {
	r.KMSKey, r.Encrypted = "", false
	if key == "" {
		return clear, "", nil
	}
	stored.file, r.KMSKey, warning, err = l.encrypt(ctx, key, clear.file, recipeLabel(*r, "file"))
	if err != nil || stored.file == nil {
		return clear, warning, err
	}
	r.Encrypted = true
	if clear.template != nil {
		stored.template, _, _, err = l.encrypt(ctx, key, clear.template, recipeLabel(*r, "template"))
		if err == nil && stored.template == nil {
			err = errors.New("the key was taken away while a recipe was encrypted with it")
		}
	}
	return stored, warning, err
}
