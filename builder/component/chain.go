package component

import (
	"context"
	"errors"
)

// Chain asks sources in order and gives what the first one finds. When none does, its error holds the places and the
// near names of all.
func Chain(sources ...Source) Source { return chain(sources) }

type chain []Source

func (c chain) Find(ctx context.Context, reference string) (*Component, error) {
	missing := &NotFoundError{Reference: reference}
	for _, s := range c {
		found, err := s.Find(ctx, reference)
		if err == nil {
			return found, nil
		}
		if !errors.Is(err, ErrNotFound) {
			return nil, err
		}
		if e, ok := errors.AsType[*NotFoundError](err); ok {
			missing.Places = append(missing.Places, e.Places...)
			missing.Near = append(missing.Near, e.Near...)
			missing.Versions = append(missing.Versions, e.Versions...)
		}
	}
	return nil, missing
}
