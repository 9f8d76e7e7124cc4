package library

import (
	"context"
	"fmt"
	"strings"
)

// shownDependants is how many dependants an error names.
const shownDependants = 5

// Delete removes the build that a reference names. It is refused while a recipe needs the build; its number is never
// given again.
func (l *Library) Delete(ctx context.Context, reference string) (Component, error) {
	if err := l.oneBuild(ctx, reference, InvalidRequest); err != nil {
		return Component{}, err
	}
	var deleted Component
	err := l.storage.Update(ctx, func(w Writer) error {
		matched, err := l.matching(ctx, w, reference)
		if err != nil {
			return err
		}
		deleted = matched[0]
		return l.deleteBuild(ctx, w, deleted)
	})
	return deleted, err
}

// CheckDelete gives the build that Delete would remove, or the error that it would give.
func (l *Library) CheckDelete(ctx context.Context, reference string) (c Component, err error) {
	if err := l.oneBuild(ctx, reference, InvalidRequest); err != nil {
		return c, err
	}
	err = l.storage.View(ctx, func(rd Reader) error {
		matched, err := l.matching(ctx, rd, reference)
		if err != nil {
			return err
		}
		c = matched[0]
		return l.deletable(ctx, rd, c)
	})
	return c, err
}

// deleteBuild deletes a build that nothing needs.
func (l *Library) deleteBuild(ctx context.Context, w Writer, c Component) error {
	if err := l.deletable(ctx, w, c); err != nil {
		return err
	}
	return w.DeleteComponent(ctx, c.ID)
}

func (l *Library) deletable(ctx context.Context, rd Reader, c Component) error {
	dependants, err := l.dependants(ctx, rd, c)
	switch {
	case err != nil:
		return err
	case len(dependants) > 0:
		return dependantsError(c, dependants)
	}
	return free(c)
}

// free refuses to delete a build that is kept for other reasons than recipes.
func free(c Component) error {
	switch {
	case c.Namespace == Managed:
		return refuse(InvalidRequest, "component %q is one of those that come with Slipway, and is not deleted", c.Short()).
			advise("slipway component deprecate %s --disable keeps it from being used", c.Short())
	case grants(c.Policy):
		return refuse(HasDependants, "component %q is shared by its policy", c.Short()).advise("remove the policy first")
	}
	return nil
}

// dependants gives the recipes that pin a build, or with an open reference that means nothing without it.
func (l *Library) dependants(ctx context.Context, rd Reader, c Component) ([]Recipe, error) {
	recipes, err := rd.RecipesNaming(ctx, c.Namespace, c.Normal())
	if err != nil || len(recipes) == 0 {
		return nil, err
	}
	builds, err := rd.Builds(ctx, c.Namespace, c.Normal())
	if err != nil {
		return nil, err
	}
	var rest []Component
	for _, b := range builds {
		if b.ID != c.ID {
			rest = append(rest, b)
		}
	}
	var dependants []Recipe
	for _, r := range recipes {
		for _, reference := range r.References {
			if reference.Namespace != c.Namespace || reference.Normal != c.Normal() || !reference.Want.matches(c) {
				continue
			}
			_, before := usable(builds, reference.Want)
			_, after := usable(rest, reference.Want)
			if !reference.Want.Open() || before && !after {
				dependants = append(dependants, r)
				break
			}
		}
	}
	return dependants, nil
}

func dependantsError(c Component, recipes []Recipe) error {
	var names []string
	for _, r := range recipes[:min(len(recipes), shownDependants)] {
		names = append(names, r.Short())
	}
	text := strings.Join(names, ", ")
	if more := len(recipes) - len(names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return refuse(HasDependants, "component %q is needed by recipe %s", c.Short(), text).
		advise("delete the recipes first: slipway recipe delete %s", names[0])
}
