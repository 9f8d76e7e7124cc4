package library

import (
	"context"
	"fmt"
	"slices"

	"github.com/slipway-oci/slipway/builder/component"
)

// RekeyRequest says which components or recipes get another key.
type RekeyRequest struct {
	// Reference says which: all builds, or all recipes, that it matches. Empty means every component of the own
	// namespace, or every recipe.
	Reference string
	// From takes only those that are encrypted with this key, by the name that Component.KMSKey has; empty takes all.
	From string
	// Key encrypts them from now on; empty stores them in clear text.
	Key string
}

// leaves reports whether something that has this key stays as it is.
func (r RekeyRequest) leaves(key string, encrypted bool) bool {
	return r.From != "" && key != r.From || r.Key == "" && !encrypted
}

// Rekeyed is what became of a RekeyRequest.
type Rekeyed struct {
	Components []Component // those that were changed, as they are now
	Warnings   []string
}

// Rekey encrypts stored documents with another key, each with a new data key. The old key must still be there, and is
// needed no more afterwards. Every document is changed for itself: after an error those before it have the new key, and
// the same request can be made again. A document without encryption is encrypted too.
func (l *Library) Rekey(ctx context.Context, r RekeyRequest) (done Rekeyed, err error) {
	var builds []Component
	err = l.storage.View(ctx, func(rd Reader) error {
		return l.names(ctx, rd, r.Reference, func(of []Component) (bool, error) {
			builds = append(builds, of...)
			return true, nil
		})
	})
	if err != nil {
		return done, err
	}
	for _, c := range builds {
		if r.leaves(c.KMSKey, c.Encrypted) {
			continue
		}
		warning, changed, err := l.rekey(ctx, c, r.Key)
		if err != nil {
			return done, fmt.Errorf("component %q: %w", c.Short(), err)
		}
		if warning != "" && !slices.Contains(done.Warnings, warning) {
			done.Warnings = append(done.Warnings, warning)
		}
		done.Components = append(done.Components, changed)
	}
	return done, nil
}

// rekey replaces the document of one build.
func (l *Library) rekey(ctx context.Context, old Component, key string) (warning string, c Component, err error) {
	text, err := l.Document(ctx, old)
	if err != nil {
		return "", old, err
	}
	c, stored := old, text
	c.KMSKey, c.Encrypted = "", false
	if key != "" {
		if warning, stored, err = l.seal(ctx, &c, key, text); err != nil {
			return "", old, err
		}
		if !c.Encrypted {
			return "", old, refuse(InvalidRequest, "the document would be %s", warning)
		}
	}
	return warning, c, l.storage.Update(ctx, func(w Writer) error {
		builds, err := w.Builds(ctx, c.Namespace, c.Normal())
		if err != nil {
			return err
		}
		unchanged := func(b Component) bool {
			return b.ID == old.ID && b.KMSKey == old.KMSKey && b.Encrypted == old.Encrypted
		}
		if !slices.ContainsFunc(builds, unchanged) {
			return &component.NotFoundError{Reference: old.Short(), Places: []string{"in the store any more"}}
		}
		return w.SetDocument(ctx, c, stored)
	})
}
