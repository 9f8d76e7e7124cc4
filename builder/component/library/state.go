package library

import (
	"context"
	"errors"
	"maps"
	"slices"
)

// Deprecation says how the state of components changes.
type Deprecation struct {
	Reason     string
	SupportEnd string // a date such as 2031-04-09
	ReplacedBy string
	Disable    bool // instead of deprecating
	Undo       bool // make active again; the end of support and the replacement are forgotten
}

// Deprecate changes the state of every build that a reference matches, and gives them as they are then.
func (l *Library) Deprecate(ctx context.Context, reference string, d Deprecation) ([]Component, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	return l.change(ctx, reference, func(c *Component) error {
		switch {
		case d.Undo:
			c.State, c.Reason, c.SupportEnd, c.ReplacedBy, c.Noticed = Active, "", "", "", NoNotice
			return nil
		case d.Disable:
			c.State = Disabled
		case c.State == Disabled:
			return refuse(InvalidRequest, "component %q is disabled", c.Short()).advise("--undo makes it active again")
		default:
			c.State = Deprecated
		}
		if d.SupportEnd != "" && d.SupportEnd != c.SupportEnd {
			c.SupportEnd, c.Noticed = d.SupportEnd, NoNotice
		}
		if d.ReplacedBy != "" {
			c.ReplacedBy = d.ReplacedBy
		}
		c.Reason = d.Reason
		if d.Reason == "" && c.SupportEnd != "" {
			c.Reason = l.supportReason(*c)
		}
		return nil
	})
}

func (d Deprecation) check() error {
	c := checker{code: InvalidRequest}
	c.date("support end", d.SupportEnd)
	if d.Reason != "" {
		c.text("reason", &d.Reason)
	}
	if d.ReplacedBy != "" {
		c.text("replaced by", &d.ReplacedBy)
	}
	if d.Undo && (d.Disable || d.Reason+d.SupportEnd+d.ReplacedBy != "") {
		c.fail(c.code, "undo", "goes with nothing else")
	}
	return errors.Join(c.problems...)
}

// Tag adds tags to the build that a reference names; those with a key that it has are replaced.
func (l *Library) Tag(ctx context.Context, reference string, tags map[string]string) (Component, error) {
	c := checker{code: InvalidParameter}
	c.tags(tags)
	if err := errors.Join(c.problems...); err != nil {
		return Component{}, err
	}
	return l.changeOne(ctx, reference, func(c *Component) error {
		merged := maps.Clone(c.Tags)
		if merged == nil {
			merged = map[string]string{}
		}
		maps.Copy(merged, tags)
		if len(merged) > maxTags {
			return refuse(InvalidParameter, "component %q would have %d tags; at most %d are allowed", c.Short(), len(merged), maxTags)
		}
		c.Tags = merged
		return nil
	})
}

// Untag removes tags from the build that a reference names. Keys that it does not have are no error.
func (l *Library) Untag(ctx context.Context, reference string, keys []string) (Component, error) {
	return l.changeOne(ctx, reference, func(c *Component) error {
		c.Tags = maps.Clone(c.Tags)
		for _, key := range keys {
			delete(c.Tags, key)
		}
		return nil
	})
}

// changeOne changes the build that a reference names; a reference that leaves the build open is refused, since tags
// belong to a build.
func (l *Library) changeOne(ctx context.Context, reference string, f func(*Component) error) (Component, error) {
	if err := l.oneBuild(ctx, reference, InvalidParameter); err != nil {
		return Component{}, err
	}
	changed, err := l.change(ctx, reference, f)
	if err != nil {
		return Component{}, err
	}
	return changed[0], nil
}

// oneBuild refuses a reference that leaves the build open, and names the highest one that it may have meant.
func (l *Library) oneBuild(ctx context.Context, reference string, code Code) error {
	_, _, want, err := l.refer(reference)
	if err != nil || !want.Open() {
		return err
	}
	c, err := l.Get(ctx, reference)
	if err != nil {
		return err
	}
	return refuse(code, "%q does not name one build", reference).advise("the highest one is %q", c.Short())
}

// change changes every build that a reference matches, in one step.
func (l *Library) change(ctx context.Context, reference string, f func(*Component) error) ([]Component, error) {
	var changed []Component
	err := l.storage.Update(ctx, func(w Writer) (err error) {
		if changed, err = l.matching(ctx, w, reference); err != nil {
			return err
		}
		for i := range changed {
			if err := f(&changed[i]); err != nil {
				return err
			}
			if err := w.SetComponent(ctx, changed[i]); err != nil {
				return err
			}
		}
		return nil
	})
	slices.SortFunc(changed, compare)
	return changed, err
}
