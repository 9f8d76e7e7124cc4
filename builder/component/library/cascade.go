package library

import "context"

// Cascade is what has to be deleted, in this order, before a component can be.
type Cascade struct {
	Recipes   []Recipe
	Component Component
}

// DeletionOrder tells what keeps the build that a reference names from being deleted.
func (l *Library) DeletionOrder(ctx context.Context, reference string) (order Cascade, err error) {
	if err := l.oneBuild(ctx, reference, InvalidRequest); err != nil {
		return order, err
	}
	err = l.storage.View(ctx, func(rd Reader) error {
		order, err = l.cascade(ctx, rd, reference)
		return err
	})
	return order, err
}

// DeleteCascade deletes the build that a reference names together with the recipes that need it.
func (l *Library) DeleteCascade(ctx context.Context, reference string) (order Cascade, err error) {
	if err := l.oneBuild(ctx, reference, InvalidRequest); err != nil {
		return order, err
	}
	err = l.storage.Update(ctx, func(w Writer) error {
		if order, err = l.cascade(ctx, w, reference); err != nil {
			return err
		}
		for _, r := range order.Recipes {
			if err := w.DeleteRecipe(ctx, r.ID); err != nil {
				return err
			}
		}
		return l.deleteBuild(ctx, w, order.Component)
	})
	return order, err
}

func (l *Library) cascade(ctx context.Context, rd Reader, reference string) (Cascade, error) {
	matched, err := l.matching(ctx, rd, reference)
	if err != nil {
		return Cascade{}, err
	}
	order := Cascade{Component: matched[0]}
	if err := free(order.Component); err != nil {
		return Cascade{}, err
	}
	order.Recipes, err = l.dependants(ctx, rd, matched[0])
	return order, err
}
