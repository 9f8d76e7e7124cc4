package plan

import (
	"context"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/builder/component"
	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/runner/action"
)

// Options says where things are looked up and what the command line adds to the recipe.
type Options struct {
	// Images finds parent images. It may be nil when the parent is scratch.
	Images Images
	// Components finds components.
	Components component.Source
	// Actions are those that component documents inside the recipe file may use.
	Actions *action.Set
	// Fetch reads Dockerfile templates that are not files; nil refuses such addresses.
	Fetch recipe.Fetch
	// Versions gives the versions of a recipe that exist, from which a wildcard version is counted on. Nil means none.
	Versions func(ctx context.Context, recipe string) ([]recipe.Version, error)

	// Machine is the platform of this machine, and the one to build for when the parent has it and Platforms is empty.
	Machine v1.Platform
	// Platforms are those to build for.
	Platforms []v1.Platform
	// WindowsWorkers says that the builder can build Windows images.
	WindowsWorkers bool

	// Params are NAME=VALUE or COMPONENT.NAME=VALUE as on the command line; later ones win.
	Params []string
	// ParamsFile holds more of them with their places; see ReadParams.
	ParamsFile []Param
	// SecretIDs are the secrets that are given; others that components name are warned about.
	SecretIDs []string

	// Tags are further references to publish to.
	Tags []string
	// Push says whether to publish; nil means to do so when the recipe has a target repository.
	Push *bool
	// SkipTests leaves the test stage out.
	SkipTests bool
	// TestTimeout is the limit of the test stage; 0 leaves it to the recipe.
	TestTimeout time.Duration

	Settings Settings
}

// Settings are the parts of Slipway's configuration that a plan depends on.
type Settings struct {
	// Registries are the locations of repositories without a host, by region and under "default". The word "ecr"
	// means the registry of Account in that region.
	Registries map[string]string
	Region     string // "" means "us-east-1"
	Account    string // "" means "000000000000"
	// ManagedImages are references by the name of a managed image, before the built-in ones.
	ManagedImages map[string]string
}

// Images finds parent images.
type Images interface {
	// Resolve gives the image that a reference names now. The reference is never scratch, and the path of a layout is
	// one of this process.
	Resolve(ctx context.Context, r ref.Ref) (Image, error)
	// Builds gives the images that were built of the recipe with this normal name and can be used as parents. The
	// image itself is then resolved by Reference.
	Builds(ctx context.Context, name string) ([]Build, error)
}

// Image is what the reference of a parent names.
type Image struct {
	Digest    string          // of the index, or of the image when there is none
	Platforms []ImagePlatform // in the order of the index
}

// ImagePlatform is the image for one platform.
type ImagePlatform struct {
	Platform v1.Platform
	Digest   string
}

// Build is one build of a recipe in the image store.
type Build struct {
	Version   recipe.Version
	Build     int
	Reference ref.Ref
}
