package artifact

import (
	"strings"

	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/oci/ref"
)

// Scheme is what references to components in registries start with.
const Scheme = "oci://"

const openVersion = "x.x.x"

// Parse reads oci://REGISTRY/REPOSITORY with a tag, a digest, both or neither; the scheme may be left out. A tag may be
// a version with open nodes, and no tag at all means any version: x.x.x.
func Parse(text string) (ref.Ref, error) {
	rest := strings.TrimPrefix(text, Scheme)
	r, err := ref.ParseRegistry(rest)
	if err != nil {
		return ref.Ref{}, err
	}
	if r.Digest == "" && !strings.Contains(rest[strings.LastIndexByte(rest, '/')+1:], ":") {
		r.Tag = openVersion
	}
	return r, nil
}

// version gives the version that a tag is, with or without open nodes.
func version(tag string) (recipe.Version, bool) {
	v, err := recipe.ParseVersion(tag)
	return v, err == nil
}
