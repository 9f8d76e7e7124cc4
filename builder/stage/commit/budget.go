package commit

import (
	"fmt"
	"time"

	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/builder/stage"
)

// used is what a component, or the whole build, used up.
type used struct {
	bytes   int64
	files   int
	seconds float64
}

// budgets fails on the first component that is beyond its budget, else on the image. The outcomes of the build stage
// may be missing; then nothing is said of times.
func (c check) budgets(p *plan.Plan, outcomes []result.Component) error {
	byComponent, all := c.used(p, outcomes)
	budgets := p.Budgets
	if budgets == nil {
		budgets = &plan.Budgets{}
	}
	for i, component := range p.BuildStage() {
		for _, b := range []*recipe.Budget{component.Budget, budgets.Component} {
			if text := exceeded(byComponent[i], b); text != "" {
				return &stage.Error{
					Code: stage.CodeComponent, Component: component.Name, Message: text,
					Mend: "make it use less, or raise its budget in the recipe",
				}
			}
		}
	}
	if text := exceeded(all, budgets.Image); text != "" {
		return &stage.Error{
			Code: stage.CodeComponent, Message: "the image is beyond its budget: the build " + text,
			Mend: "make components use less, or raise budgets.image in the recipe",
		}
	}
	return nil
}

// used sums up what each component of the build stage used, and everything together. Files that a component deletes
// again cost their bytes all the same.
func (c check) used(p *plan.Plan, outcomes []result.Component) (byComponent []used, all used) {
	byComponent = make([]used, len(p.BuildStage()))
	next := 0
	for _, l := range c.layers {
		all.bytes += l.report.Bytes
		all.files += l.report.Files
		if l.component != nil && next < len(byComponent) {
			byComponent[next].bytes, byComponent[next].files = l.report.Bytes, l.report.Files
			next++
		}
	}
	for i, outcome := range outcomes {
		if !outcome.Cached && i < len(byComponent) {
			byComponent[i].seconds = time.Duration(outcome.Duration).Seconds()
			all.seconds += byComponent[i].seconds
		}
	}
	return byComponent, all
}

// exceeded says how something is beyond a budget, "" when it is not.
func exceeded(u used, b *recipe.Budget) string {
	switch {
	case b == nil:
		return ""
	case b.Size > 0 && u.bytes > b.Size:
		return fmt.Sprintf("adds %s, its budget is %s", size(u.bytes), size(b.Size))
	case b.Files > 0 && u.files > b.Files:
		return fmt.Sprintf("adds %d files, its budget is %d", u.files, b.Files)
	case b.Seconds > 0 && u.seconds > b.Seconds:
		return fmt.Sprintf("ran for %.1f s, its budget is %.1f s", u.seconds, b.Seconds)
	}
	return ""
}
