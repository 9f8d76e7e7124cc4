package library

import (
	"cmp"
	"time"

	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/oci/ref"
)

// The namespaces. Any other is the account of another owner.
const (
	Own     = "self" // created, imported or pulled here
	Managed = "aws"  // delivered, and read only for users
)

// The states of a component.
const (
	Active     = "ACTIVE"
	Deprecated = "DEPRECATED" // still works, and is chosen last
	Disabled   = "DISABLED"   // is never chosen
)

// Component is one build of one version of a component, without its document. It is not changed but for tags, policy,
// state and the end of its support.
type Component struct {
	ID        int64 // of the storage; 0 before it is stored
	Namespace string
	Name      string // as written when this build was made; ref.Normal of it is the identity
	Version   Version
	Build     int

	Platform, Type      string // "Linux", "Windows" or "macOS"; "BUILD" or "TEST"
	Description         string
	ChangeDescription   string
	SupportedOSVersions []string
	Parameters          []Parameter
	Digest              string // "sha256:..." of the document in clear text
	Size                int    // of the document in bytes
	Origin              Origin
	Created             time.Time
	KMSKey              string // names the key, holds no secret; "" when none was asked for
	Encrypted           bool

	Tags       map[string]string
	Policy     string // JSON, "" when there is none
	State      string // Active, Deprecated or Disabled
	Reason     string // for State, may be ""
	SupportEnd string // a date such as 2031-04-09, "" when support does not end
	ReplacedBy string // reference of the replacement, may be ""
	Noticed    Notice // the last notice of the end of support that was recorded
}

// Normal is the normal form of the name, by which components are told apart.
func (c Component) Normal() string { return ref.Normal(c.Name) }

// Short is the reference of this very build: NAME/VERSION/BUILD.
func (c Component) Short() string {
	return shortPrefix(c.Namespace) + c.Normal() + "/" + c.Version.Text + "/" + itoa(c.Build)
}

// ShortName is the reference of all versions: NAME.
func (c Component) ShortName() string { return shortPrefix(c.Namespace) + c.Normal() }

// Version is the version of a component or recipe: the text as first written, compared by its numbers.
type Version struct {
	recipe.Version
	Text string
}

// String is the text.
func (v Version) String() string { return v.Text }

// Parameter is a parameter that the document of a component declares.
type Parameter struct {
	Name        string  `json:"name"`
	Type        string  `json:"type"`
	Default     *string `json:"default,omitempty"` // nil when there is none
	Description string  `json:"description,omitempty"`
}

// Origin says where the document of a component came from.
type Origin struct {
	Format string // "SHELL" for an imported script, "" for a document
	URI    string // "" when it was inside the request
	Digest string // of the bytes that were read, before they were converted
}

// Recipe is a recipe that is kept in the store. It is not changed but for its key.
type Recipe struct {
	ID          int64
	Name        string
	Version     Version
	Description string
	ParentImage string
	Platform    string // "Linux" or "Windows"
	Tags        map[string]string
	Digest      string // of File
	Size        int
	Created     time.Time
	KMSKey      string      // names the key that its files are encrypted with, holds no secret; "" when none was asked for
	Encrypted   bool        // whether its files are
	References  []Reference // recipe order
}

// Normal is the normal form of the name.
func (r Recipe) Normal() string { return ref.Normal(r.Name) }

// Short is the reference of the recipe: NAME/VERSION.
func (r Recipe) Short() string { return r.Normal() + "/" + r.Version.Text }

// Reference is one entry of a recipe's components.
type Reference struct {
	Written   string // as in the recipe file
	Namespace string // "" when it names no component of a store
	Normal    string
	Want      Want
}

// Want is what a reference asks for.
type Want struct {
	Version recipe.Version // may have open nodes
	Build   int            // 0 when it is left open
}

// Open reports whether the reference may mean another component tomorrow.
func (w Want) Open() bool { return w.Build == 0 }

// matches reports whether a build is one that is asked for, whatever its state.
func (w Want) matches(c Component) bool {
	return w.Version.Matches(c.Version.Version) && (w.Build == 0 || w.Build == c.Build)
}

// compare orders builds of one name.
func compare(a, b Component) int {
	return cmp.Or(a.Version.Compare(b.Version.Version), cmp.Compare(a.Build, b.Build))
}

// Notice is a step on the way to the end of support.
type Notice int

// The notices.
const (
	NoNotice     Notice = iota
	SupportEnds         // the notice period has begun
	SupportEnded        // the day has come
)

// NoticeEvent says that the support of a component ends or has ended. It is recorded once for each of the two, and
// stays in the storage until somebody has taken it.
type NoticeEvent struct {
	ID         int64            `json:"-"`
	Time       time.Time        `json:"time"`
	Kind       Notice           `json:"-"`
	Component  string           `json:"component"` // ARN of the build
	Name       string           `json:"name"`
	Version    string           `json:"version"`
	SupportEnd string           `json:"supportEnd"`
	ReplacedBy string           `json:"replacedBy,omitempty"`
	Recipes    []AffectedRecipe `json:"affectedRecipes"`
	Pipelines  []string         `json:"affectedPipelines"` // ARNs
}

// AffectedRecipe is a recipe with a reference that resolves to a component.
type AffectedRecipe struct {
	ARN       string `json:"arn"`
	Reference string `json:"reference"` // as written
	Pinned    bool   `json:"pinned"`    // whether the reference names the very build
}
