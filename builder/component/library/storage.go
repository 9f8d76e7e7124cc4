package library

import (
	"context"

	"github.com/slipway-oci/slipway/builder/recipe"
)

// Storage keeps records. It knows nothing of the rules; it answers queries and makes changes durable.
type Storage interface {
	// View runs f on a view of the records that does not change meanwhile.
	View(ctx context.Context, f func(Reader) error) error
	// Update runs f as the only writer of all processes. What f changed is durable when Update returns nil, and is
	// undone when f or Update fails.
	Update(ctx context.Context, f func(Writer) error) error
}

// Reader reads the records of a Storage. It is valid until the function that received it returns.
type Reader interface {
	// Builds gives every build of every version of a name, the lowest first.
	Builds(ctx context.Context, namespace, normal string) ([]Component, error)
	// Names gives the display names of a namespace, one for each normal form.
	Names(ctx context.Context, namespace string) ([]string, error)
	// Components calls each with the highest build of each version that the query matches, ordered by normal name,
	// version and namespace, until each returns false.
	Components(ctx context.Context, q Query, each func(Component) bool) error
	// Document gives the document of a component as it was stored.
	Document(ctx context.Context, id int64) ([]byte, error)
	// SupportEnding gives the components whose support ends on the day or before, the earliest first. With after only
	// those whose last notice is an earlier one.
	SupportEnding(ctx context.Context, day string, after Notice) ([]Component, error)

	// Recipes gives the recipes of a normal name, all when it is empty, by normal name and version, with their
	// references.
	Recipes(ctx context.Context, normal string) ([]Recipe, error)
	// RecipesNaming gives the recipes with a reference to a component of that name in any version.
	RecipesNaming(ctx context.Context, namespace, normal string) ([]Recipe, error)
	// RecipeFile gives the recipe file and the text of the template that it names, which is empty when it names none.
	RecipeFile(ctx context.Context, id int64) (file, template []byte, err error)

	// Notices gives the notices that nobody has taken.
	Notices(ctx context.Context) ([]NoticeEvent, error)
	// PagingKey is the secret that signs the tokens of pages, the same for the life of the storage.
	PagingKey(ctx context.Context) ([]byte, error)
}

// Writer also changes records.
type Writer interface {
	Reader
	// NextBuild takes the next build number of a version, which is then never given again, and tells how the version
	// was written first.
	NextBuild(ctx context.Context, namespace, normal string, v Version) (build int, text string, err error)
	// AddComponent stores a component and its document, and sets its ID.
	AddComponent(ctx context.Context, c *Component, document []byte) error
	// SetComponent stores tags, policy, state, reason, end of support, replacement and notice of a component.
	SetComponent(ctx context.Context, c Component) error
	// SetDocument replaces the document of a component, and stores how it is encrypted. Nothing is left of the old one.
	SetDocument(ctx context.Context, c Component, document []byte) error
	// DeleteComponent removes a component and its document.
	DeleteComponent(ctx context.Context, id int64) error
	// AddRecipe stores a recipe with its references, its file and its template, and sets its ID.
	AddRecipe(ctx context.Context, r *Recipe, file, template []byte) error
	// SetRecipeFile replaces the file and the template of a recipe, and stores how they are encrypted. Nothing is left of
	// the old ones.
	SetRecipeFile(ctx context.Context, r Recipe, file, template []byte) error
	// DeleteRecipe removes a recipe.
	DeleteRecipe(ctx context.Context, id int64) error
	// AddNotice keeps a notice until TakeNotice removes it.
	AddNotice(ctx context.Context, n NoticeEvent) error
	// TakeNotice removes a notice.
	TakeNotice(ctx context.Context, id int64) error
}

// Query says which versions of components to list. Several values of one field mean any of them; fields that are
// empty match everything.
type Query struct {
	Namespaces   []string
	Normals      []string
	Versions     []recipe.Version // may have open nodes
	Types        []string
	Platforms    []string
	Descriptions []string // parts of the description, in lower case
	OSVersions   []string // beginnings of a supported OS version
	States       []string
	Tags         [][]TagQuery // one of each list
	// After is the last one of the page before.
	After *Place
}

// TagQuery matches components with a tag.
type TagQuery struct {
	Key   string
	Value *string // nil means any
}

// Place is where a list goes on.
type Place struct {
	Normal    string
	Version   recipe.Version
	Namespace string
}
