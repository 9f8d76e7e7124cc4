package managed

import (
	"context"
	"slices"
	"strconv"

	"github.com/slipway-oci/slipway/builder/component"
	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/document/near"
)

// Source finds the components of the catalogue: aws:NAME/VERSION and the ARNs of the account "aws". Each version has
// the one build 1.
type Source struct {
	// Actions are those that a document may use.
	Actions *action.Set
}

const build = 1

// Find gives the highest version that a reference means.
func (s Source) Find(_ context.Context, reference string) (*component.Component, error) {
	r, err := component.ParseReference(reference)
	if err != nil {
		return nil, err
	}
	if !r.Managed {
		return nil, &component.NotFoundError{Reference: reference}
	}
	want, err := recipe.ParseVersion(r.Version)
	if err != nil {
		return nil, err
	}
	var names, versions []string
	all := All()
	slices.Reverse(all) // the highest version first
	for _, c := range all {
		if c.Name != ref.Normal(r.Name) {
			names = append(names, c.Name)
			continue
		}
		if want.Matches(c.version()) && (r.Build == 0 || r.Build == build) {
			return s.component(c)
		}
		versions = append(versions, c.Version)
	}
	return nil, missing(reference, r.Name, names, versions)
}

func (s Source) component(c Component) (*component.Component, error) {
	found, err := component.Read("aws:"+c.Name+"/"+c.Version+"/"+strconv.Itoa(build), c.Document, s.Actions)
	if err != nil {
		return nil, err
	}
	found.Name, found.Version, found.Build, found.Platform, found.File = c.Name, c.Version, build, c.Platform, ""
	return found, nil
}

// missing says what there is instead.
func missing(reference, name string, names, versions []string) *component.NotFoundError {
	e := &component.NotFoundError{Reference: reference, Places: []string{"in the managed catalogue"}, Versions: versions}
	if word, ok := near.Word(ref.Normal(name), names); ok && len(versions) == 0 {
		e.Near = []component.Candidate{{Name: "aws:" + word}}
	}
	return e
}
