package library

import (
	"context"
	"fmt"

	"github.com/slipway-oci/slipway/builder/component"
	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/runner/document/near"
)

func minorOf(v recipe.Version) recipe.Version { return recipe.Version{v[0], v[1], recipe.Open} }

// Get gives the highest build that a reference matches, whatever its state.
func (l *Library) Get(ctx context.Context, reference string) (Component, error) {
	return l.pick(ctx, reference, highest)
}

// Resolve gives the build that a reference means for building. It refuses a disabled build that the reference names.
func (l *Library) Resolve(ctx context.Context, reference string) (Component, error) {
	c, _, err := l.resolve(ctx, reference)
	return c, err
}

// resolve also tells why a reference that leaves something open means the build.
func (l *Library) resolve(ctx context.Context, reference string) (c Component, why string, err error) {
	c, err = l.pick(ctx, reference, func(builds []Component, want Want) (Component, bool) {
		c, ok := usable(builds, want)
		switch {
		case ok && want.Open():
			why = reason(builds, want, c)
		case !ok && !want.Open():
			return highest(builds, want)
		}
		return c, ok
	})
	if err == nil && c.State == Disabled {
		e := refuse(InvalidRequest, "component %q is disabled", reference)
		if c.Reason != "" {
			e.Message += ": " + c.Reason
		}
		if c.ReplacedBy != "" {
			e.Advice = fmt.Sprintf("use %s instead", c.ReplacedBy)
		}
		return c, why, e
	}
	return c, why, err
}

// pick looks a reference up in its namespaces.
func (l *Library) pick(ctx context.Context, reference string, choose func([]Component, Want) (Component, bool)) (Component, error) {
	r, namespaces, want, err := l.refer(reference)
	if err != nil {
		return Component{}, err
	}
	var chosen Component
	err = l.storage.View(ctx, func(rd Reader) error {
		var all []Component
		for _, namespace := range namespaces {
			builds, err := rd.Builds(ctx, namespace, normalOf(r))
			if err != nil {
				return err
			}
			var ok bool
			if chosen, ok = choose(builds, want); ok {
				return nil
			}
			all = append(all, builds...)
		}
		return l.missing(ctx, rd, r, namespaces, want, all)
	})
	return chosen, err
}

// missing tells that a reference names nothing, and what it may have meant.
func (l *Library) missing(ctx context.Context, rd Reader, r component.Reference, namespaces []string, want Want, builds []Component) error {
	missing := &component.NotFoundError{Reference: r.Text, Places: []string{"in the store"}}
	if len(builds) > 0 {
		missing.Versions = nearest(builds, want)
		return missing
	}
	namespace := namespaces[len(namespaces)-1]
	names, err := rd.Names(ctx, namespace)
	if err != nil {
		return err
	}
	word, ok := near.Word(r.Name, names)
	if !ok {
		return missing
	}
	similar, err := rd.Builds(ctx, namespace, normalOf(component.Reference{Name: word}))
	if err != nil {
		return err
	}
	missing.Near = []component.Candidate{{Name: shortPrefix(namespace) + word, Versions: nearest(similar, want)}}
	return missing
}

// matching gives the builds that a reference matches: the very one, or all for a wildcard.
func (l *Library) matching(ctx context.Context, rd Reader, reference string) ([]Component, error) {
	r, namespaces, want, err := l.refer(reference)
	if err != nil {
		return nil, err
	}
	var all []Component
	for _, namespace := range namespaces {
		builds, err := rd.Builds(ctx, namespace, normalOf(r))
		if err != nil {
			return nil, err
		}
		var matched []Component
		for _, c := range builds {
			if want.matches(c) {
				matched = append(matched, c)
			}
		}
		if len(matched) > 0 {
			return matched, nil
		}
		all = append(all, builds...)
	}
	return nil, l.missing(ctx, rd, r, namespaces, want, all)
}

// Document gives the document of a component in clear text. One that is not what was stored gives a *DamagedError.
func (l *Library) Document(ctx context.Context, c Component) ([]byte, error) {
	var stored []byte
	err := l.storage.View(ctx, func(rd Reader) (err error) {
		stored, err = rd.Document(ctx, c.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	what, text := fmt.Sprintf("component %q", c.Short()), stored
	if c.Encrypted {
		if text, err = l.decrypt(ctx, what, c.KMSKey, stored, label(c)); err != nil {
			return nil, err
		}
	}
	return text, whole(what, "document", text, c.Digest)
}
