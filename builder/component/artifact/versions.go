package artifact

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/oci/ref"
)

// Version is a version that a repository has.
type Version struct {
	recipe.Version
	Tag string // the version as it was written
}

// Versions lists the versions of the component in the repository of r, the highest first. Tags that are no versions
// are left out, and those that a version in r does not match.
func Versions(ctx context.Context, client Registry, r ref.Ref) ([]Version, error) {
	all, err := versions(ctx, client, r)
	want, isVersion := version(r.Tag)
	return slices.DeleteFunc(all, func(v Version) bool { return isVersion && !want.Matches(v.Version) }), err
}

// versions lists all of them.
func versions(ctx context.Context, client Registry, r ref.Ref) ([]Version, error) {
	tags, err := client.Tags(ctx, r)
	if err != nil {
		return nil, err
	}
	var found []Version
	for _, tag := range tags {
		if v, ok := version(tag); ok && !v.HasWildcard() {
			found = append(found, Version{Version: v, Tag: tag})
		}
	}
	slices.SortFunc(found, func(a, b Version) int {
		return cmp.Or(b.Compare(a.Version), cmp.Compare(a.Tag, b.Tag)) // 1.02.0 and 1.2.0 are the same version
	})
	return found, nil
}

// Resolve pins a reference: it gives it with the tag and digest that it means now. It does not look at what is there;
// Pull does.
func Resolve(ctx context.Context, client Registry, r ref.Ref) (ref.Ref, error) {
	r, err := choose(ctx, client, r)
	if err != nil || r.Digest != "" {
		return r, err
	}
	desc, err := client.Head(ctx, r)
	if err != nil {
		return ref.Ref{}, err
	}
	return r.WithDigest(desc.Digest.String())
}

// choose replaces a tag with open nodes by that of the highest version that matches.
func choose(ctx context.Context, client Registry, r ref.Ref) (ref.Ref, error) {
	want, isVersion := version(r.Tag)
	if r.Digest != "" || !isVersion || !want.HasWildcard() {
		return r, nil
	}
	all, err := versions(ctx, client, r)
	if err != nil {
		return ref.Ref{}, err
	}
	for _, v := range all {
		if want.Matches(v.Version) {
			return r.WithTag(v.Tag)
		}
	}
	e := refuse(r, "not found")
	if e.Advice = "the repository has no versions; a tag such as \":latest\" must be named"; len(all) > 0 {
		e.Advice = "it has " + list(all)
	}
	e.Err = ErrNoVersion
	return ref.Ref{}, e
}

// list names some versions.
func list(versions []Version) string {
	const shown = 5
	var tags []string
	for _, v := range versions[:min(shown, len(versions))] {
		tags = append(tags, v.Tag)
	}
	text := strings.Join(tags, ", ")
	if more := len(versions) - shown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
