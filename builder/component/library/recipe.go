package library

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/slipway-oci/slipway/builder/component"
	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/runner/document/near"
)

// KeptRecipe is what became of a recipe that was given to CreateRecipe.
type KeptRecipe struct {
	Recipe   Recipe
	Warnings []string
}

// CreateRecipe keeps a recipe, file being the bytes that r was read from. A version with open nodes gets the next
// numbers. Every component that it names must be in the store, since a recipe that is kept has no folder of its own.
func (l *Library) CreateRecipe(ctx context.Context, r *recipe.Recipe, file []byte) (KeptRecipe, error) {
	version, err := recipe.ParseVersion(r.Version.Value)
	if err != nil {
		return KeptRecipe{}, &Error{Code: InvalidVersionNumber, Message: recipe.Position(r.Version.Pos) + ": semanticVersion", Err: err}
	}
	asked := Recipe{
		Name: r.Name.Value, Version: Version{version, r.Version.Value}, Description: r.Description,
		ParentImage: r.ParentImage.Value, Platform: cmp.Or(r.PlatformOverride.Value, "Linux"), Tags: r.Tags,
		Digest: digestOf(file), Size: len(file),
	}
	if err := checkParent(r); err != nil {
		return KeptRecipe{}, err
	}
	template, err := l.template(ctx, r)
	if err != nil {
		return KeptRecipe{}, err
	}
	for {
		kept, err := l.tryKeep(ctx, asked, r, recipeFiles{file, template})
		if errors.Is(err, errOvertaken) && ctx.Err() == nil {
			continue
		}
		return kept, err
	}
}

// tryKeep stores a recipe. Its files are encrypted before the storage is locked, for the version that comes next then.
func (l *Library) tryKeep(ctx context.Context, asked Recipe, r *recipe.Recipe, clear recipeFiles) (KeptRecipe, error) {
	next := asked
	err := l.storage.View(ctx, func(rd Reader) error {
		next.References = nil
		if err := l.refers(ctx, rd, r, &next); err != nil {
			return err
		}
		existing, err := rd.Recipes(ctx, next.Normal())
		if err != nil {
			return err
		}
		return next.number(existing)
	})
	if err != nil {
		return KeptRecipe{}, err
	}
	files, warning, err := l.sealFiles(ctx, &next, cmp.Or(r.KMSKeyID, l.settings.DefaultKey), clear)
	if err != nil {
		return KeptRecipe{}, err
	}
	kept := KeptRecipe{Recipe: next}
	if warning != "" {
		kept.Warnings = []string{warning}
	}
	err = l.storage.Update(ctx, func(w Writer) error {
		again := asked
		if err := l.refers(ctx, w, r, &again); err != nil { // a component may have been deleted meanwhile
			return err
		}
		existing, err := w.Recipes(ctx, again.Normal())
		if err != nil {
			return err
		}
		if err := again.number(existing); err != nil {
			return err
		}
		if again.Version != next.Version {
			return errOvertaken
		}
		kept.Recipe.References, kept.Recipe.Created = again.References, l.now().UTC()
		return w.AddRecipe(ctx, &kept.Recipe, files.file, files.template)
	})
	return kept, err
}

// template reads and checks the template of a recipe. Its text is kept only when it is not in the recipe file.
func (l *Library) template(ctx context.Context, r *recipe.Recipe) ([]byte, error) {
	t, err := r.ReadTemplate(ctx, l.fetch)
	if err != nil || r.Template.URI.Value == "" {
		return nil, err
	}
	return []byte(t.Text), nil
}

// number gives a version its numbers and refuses one that is taken.
func (r *Recipe) number(existing []Recipe) error {
	var taken []recipe.Version
	for _, e := range existing {
		taken = append(taken, e.Version.Version)
	}
	if r.Version.HasWildcard() {
		next := r.Version.Next(taken)
		r.Version = Version{next, next.String()}
		return nil
	}
	if slices.Contains(taken, r.Version.Version) {
		minor := minorOf(r.Version.Version)
		return refuse(AlreadyExists, "recipe %q has a version %s", r.Name, r.Version.Text).
			advise("a recipe is never changed; the next free version is %s", minor.Next(taken))
	}
	return nil
}

// refers looks up the components that a recipe names; all that is wrong is reported together.
func (l *Library) refers(ctx context.Context, rd Reader, r *recipe.Recipe, kept *Recipe) error {
	var problems []error
	for _, entry := range r.Components {
		if entry.Document != nil {
			problems = append(problems, &recipe.Error{Pos: entry.Reference.Pos, Err: refuse(InvalidRequest,
				"component %q is part of the file, and a recipe that is kept names components of the store", entry.Document.Name.Value).
				advise("put it in the store first: slipway component create")})
			continue
		}
		reference, c, err := l.referred(ctx, rd, entry.Reference.Value)
		if err == nil && c != nil {
			err = fits(entry, *c, kept.Platform)
		}
		if err != nil {
			if CodeOf(err) == "" {
				return err // a fault of the storage
			}
			problems = append(problems, &recipe.Error{Pos: entry.Reference.Pos, Err: err})
			continue
		}
		kept.References = append(kept.References, reference)
	}
	return errors.Join(problems...)
}

// referred finds what one entry of a recipe means. The component is nil for an address.
func (l *Library) referred(ctx context.Context, rd Reader, text string) (Reference, *Component, error) {
	parsed, err := component.ParseReference(text)
	if err != nil {
		return Reference{}, nil, err
	}
	if parsed.Kind == component.File || strings.HasPrefix(text, "file://") {
		return Reference{}, nil, refuse(InvalidRequest, "component %q is a file, and a recipe that is kept has no folder", text).
			advise("put it in the store first: slipway component create %s", text)
	}
	if parsed.Name == "" {
		return Reference{Written: text}, nil, nil
	}
	r, namespaces, want, err := l.refer(text)
	if err != nil {
		return Reference{}, nil, err
	}
	var all []Component
	for _, namespace := range namespaces {
		builds, err := rd.Builds(ctx, namespace, normalOf(r))
		if err != nil {
			return Reference{}, nil, err
		}
		if c, ok := usable(builds, want); ok {
			return Reference{Written: text, Namespace: namespace, Normal: normalOf(r), Want: want}, &c, nil
		}
		all = append(all, builds...)
	}
	return Reference{}, nil, l.missing(ctx, rd, r, namespaces, want, all)
}

// fits checks an entry of a recipe against the component that it means now.
func fits(entry recipe.Component, c Component, platform string) error {
	if c.Platform != platform {
		return refuse(InvalidRequest, "component %q is for %s, and the recipe for %s", entry.Reference.Value, c.Platform, platform)
	}
	var known []string
	for _, p := range c.Parameters {
		known = append(known, p.Name)
	}
	for _, p := range entry.Parameters {
		if !slices.Contains(known, p.Name.Value) {
			e := refuse(InvalidRequest, "component %q has no parameter %q", entry.Reference.Value, p.Name.Value)
			e.Advice = near.Hint(p.Name.Value, known)
			return e
		}
	}
	return nil
}

// Recipes lists the recipes that are kept, by name and version. A reference NAME or NAME/1.x.x keeps those it matches.
func (l *Library) Recipes(ctx context.Context, reference string) (recipes []Recipe, err error) {
	var normal string
	want := recipe.Version{recipe.Open, recipe.Open, recipe.Open}
	if reference != "" {
		if normal, want, err = recipeReference(reference); err != nil {
			return nil, err
		}
	}
	err = l.storage.View(ctx, func(rd Reader) error {
		all, err := rd.Recipes(ctx, normal)
		for _, r := range all {
			if want.Matches(r.Version.Version) {
				recipes = append(recipes, r)
			}
		}
		return err
	})
	return recipes, err
}

// Recipe gives the highest recipe that a reference matches: NAME, NAME/1.x.x or NAME/1.2.3.
func (l *Library) Recipe(ctx context.Context, reference string) (Recipe, error) {
	matched, err := l.Recipes(ctx, reference)
	if err != nil {
		return Recipe{}, err
	}
	if len(matched) == 0 {
		return Recipe{}, l.missingRecipe(ctx, reference)
	}
	return slices.MaxFunc(matched, func(a, b Recipe) int { return a.Version.Compare(b.Version.Version) }), nil
}

func (l *Library) missingRecipe(ctx context.Context, reference string) error {
	missing := refuse(NotFound, "recipe %q not found in the store", reference)
	normal, want, err := recipeReference(reference)
	if err != nil {
		return err
	}
	all, err := l.Recipes(ctx, "")
	if err != nil {
		return err
	}
	var names, versions []string
	for _, r := range slices.Backward(all) {
		names = append(names, r.Name)
		if r.Normal() == normal && len(versions) < shownVersions && !want.Matches(r.Version.Version) {
			versions = append(versions, r.Version.Text)
		}
	}
	if len(versions) > 0 {
		return missing.advise("there is %s", strings.Join(versions, ", "))
	}
	missing.Advice = near.Hint(normal, slices.Compact(names))
	return missing
}

// DeleteRecipe removes the recipe that a reference names with its full version.
func (l *Library) DeleteRecipe(ctx context.Context, reference string) (Recipe, error) {
	_, want, err := recipeReference(reference)
	if err != nil {
		return Recipe{}, err
	}
	r, err := l.Recipe(ctx, reference)
	if err != nil {
		return Recipe{}, err
	}
	if want.HasWildcard() {
		return Recipe{}, refuse(InvalidRequest, "%q does not name one recipe", reference).advise("the highest one is %q", r.Short())
	}
	return r, l.storage.Update(ctx, func(w Writer) error { return w.DeleteRecipe(ctx, r.ID) })
}

var recipeARN = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^arn:aws[^:]*:imagebuilder:[^:]+:[0-9]{12}:container-recipe/(.+)$`)
})

// recipeReference reads the reference of a recipe, which has the forms of a component's without a build.
func recipeReference(text string) (string, recipe.Version, error) {
	name := text
	if m := recipeARN().FindStringSubmatch(text); m != nil {
		name = m[1]
	}
	r, err := component.ParseReference(name)
	if err != nil || r.Kind != component.Named || r.Managed || r.Build > 0 {
		return "", recipe.Version{}, refuse(InvalidRequest, "%q is not the reference of a recipe", text).
			advise("write NAME, NAME/1.x.x or NAME/1.2.3")
	}
	v, err := recipe.ParseVersion(r.Version)
	if err != nil {
		return "", v, &Error{Code: InvalidVersionNumber, Err: err}
	}
	return ref.Normal(r.Name), v, nil
}
