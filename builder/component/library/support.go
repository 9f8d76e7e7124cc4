package library

import (
	"context"
	"fmt"
	"slices"
	"time"
)

const noticeDays = 28

func (l *Library) today() string { return l.now().UTC().Format(dateFormat) }

// noticeDay is the last day on which the end of support is near enough to be told today.
func (l *Library) noticeDay() string {
	days := l.settings.NoticeDays
	if days == 0 {
		days = noticeDays
	}
	return l.now().UTC().AddDate(0, 0, days).Format(dateFormat)
}

// supportReason tells when support ends or ended, as of today.
func (l *Library) supportReason(c Component) string {
	if c.SupportEnd <= l.today() {
		return "support ended " + c.SupportEnd
	}
	return "support ends " + c.SupportEnd
}

// CheckSupport brings the states of components up to date with the clock and records the notices that are due. It is
// called when a store is opened, and now and then by a server. It writes only when something is due.
func (l *Library) CheckSupport(ctx context.Context) error {
	due := false
	err := l.storage.View(ctx, func(rd Reader) error {
		list, err := l.due(ctx, rd)
		due = len(list) > 0
		return err
	})
	if err != nil || !due {
		return err
	}
	return l.storage.Update(ctx, func(w Writer) error {
		list, err := l.due(ctx, w)
		if err != nil {
			return err
		}
		for _, c := range list {
			if err := l.notify(ctx, w, c); err != nil {
				return err
			}
		}
		return nil
	})
}

// due gives the components with a notice that has not been recorded.
func (l *Library) due(ctx context.Context, rd Reader) ([]Component, error) {
	begun, err := rd.SupportEnding(ctx, l.noticeDay(), SupportEnds)
	if err != nil {
		return nil, err
	}
	before := SupportEnded
	if l.settings.DisableAtSupportEnd {
		before = NoNotice // also those of a time when the setting was another
	}
	ended, err := rd.SupportEnding(ctx, l.today(), before)
	for _, c := range ended {
		if c.Noticed == SupportEnded && c.State == Disabled {
			continue
		}
		if !slices.ContainsFunc(begun, func(b Component) bool { return b.ID == c.ID }) {
			begun = append(begun, c)
		}
	}
	return begun, err
}

// notify records the notice that is due, and changes the state of the component.
func (l *Library) notify(ctx context.Context, w Writer, c Component) error {
	affected, err := l.affected(ctx, w, c)
	if err != nil {
		return err
	}
	kind := SupportEnds
	if c.SupportEnd <= l.today() {
		kind = SupportEnded
	}
	if c.State == Active || c.State == Deprecated && c.Reason == "support ends "+c.SupportEnd {
		c.State, c.Reason = Deprecated, l.supportReason(c)
	}
	if kind == SupportEnded && l.settings.DisableAtSupportEnd {
		c.State, c.Reason = Disabled, l.supportReason(c)
	}
	known := c.Noticed == kind
	c.Noticed = kind
	if err := w.SetComponent(ctx, c); err != nil || known {
		return err
	}
	return w.AddNotice(ctx, NoticeEvent{
		Time: l.now().UTC().Truncate(time.Millisecond), Kind: kind, Component: l.ARN(c), Name: c.Name, Version: c.Version.Text,
		SupportEnd: c.SupportEnd, ReplacedBy: c.ReplacedBy, Recipes: affected, Pipelines: []string{},
	})
}

// SupportWarning says that the support of a component ends soon or has ended, and what to use instead; it is "" for one
// without an end that is near.
func (l *Library) SupportWarning(c Component) string {
	if c.SupportEnd == "" || c.SupportEnd > l.noticeDay() {
		return ""
	}
	text := fmt.Sprintf("component %q: %s", c.Short(), l.supportReason(c))
	if c.ReplacedBy != "" {
		text += "; use " + c.ReplacedBy + " instead"
	}
	return text
}

// affected gives the recipes with a reference that means a build now.
func (l *Library) affected(ctx context.Context, rd Reader, c Component) ([]AffectedRecipe, error) {
	affected := []AffectedRecipe{}
	recipes, err := rd.RecipesNaming(ctx, c.Namespace, c.Normal())
	if err != nil || len(recipes) == 0 {
		return affected, err
	}
	builds, err := rd.Builds(ctx, c.Namespace, c.Normal())
	if err != nil {
		return affected, err
	}
	for _, r := range recipes {
		var seen []string
		for _, reference := range r.References {
			if reference.Namespace != c.Namespace || reference.Normal != c.Normal() || slices.Contains(seen, reference.Written) {
				continue
			}
			chosen, ok := usable(builds, reference.Want)
			pinned := !reference.Want.Open() && reference.Want.matches(c) // also when it cannot be used any more
			if pinned || ok && chosen.ID == c.ID {
				seen = append(seen, reference.Written)
				affected = append(affected, AffectedRecipe{ARN: l.RecipeARN(r), Reference: reference.Written, Pinned: pinned})
			}
		}
	}
	return affected, nil
}

// Affected gives the recipes with a reference that means the component now.
func (l *Library) Affected(ctx context.Context, c Component) (affected []AffectedRecipe, err error) {
	err = l.storage.View(ctx, func(rd Reader) error {
		affected, err = l.affected(ctx, rd, c)
		return err
	})
	return affected, err
}

// Ending is a component whose support ends, with the recipes it matters to.
type Ending struct {
	Component Component
	Recipes   []AffectedRecipe
}

// SupportEnding gives the components whose support ends within days or has ended, the earliest first.
func (l *Library) SupportEnding(ctx context.Context, days int) ([]Ending, error) {
	var endings []Ending
	day := l.now().UTC().AddDate(0, 0, days).Format(dateFormat)
	err := l.storage.View(ctx, func(rd Reader) error {
		list, err := rd.SupportEnding(ctx, day, NoNotice)
		if err != nil {
			return err
		}
		for _, c := range list {
			affected, err := l.affected(ctx, rd, c)
			if err != nil {
				return err
			}
			endings = append(endings, Ending{c, affected})
		}
		return nil
	})
	return endings, err
}

// Notices gives the notices that TakeNotice was not called for.
func (l *Library) Notices(ctx context.Context) (notices []NoticeEvent, err error) {
	err = l.storage.View(ctx, func(rd Reader) error {
		notices, err = rd.Notices(ctx)
		return err
	})
	return notices, err
}

// TakeNotice says that a notice was delivered.
func (l *Library) TakeNotice(ctx context.Context, n NoticeEvent) error {
	return l.storage.Update(ctx, func(w Writer) error { return w.TakeNotice(ctx, n.ID) })
}
