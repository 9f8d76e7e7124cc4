package commit

import (
	"fmt"
	"strings"
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

// budgets fails when components or the image are beyond their budgets, and tells all that are. The outcomes of the build
// stage may be missing; then nothing is said of times.
func (c check) budgets(p *plan.Plan, outcomes []result.Component) error {
	byComponent, all := c.used(p, outcomes)
	budgets := p.Budgets
	if budgets == nil {
		budgets = &plan.Budgets{}
	}
	var beyond []*stage.Error
	for i, component := range p.BuildStage() {
		for _, b := range []*recipe.Budget{component.Budget, budgets.Component} {
			if texts := exceeded(byComponent[i], b); len(texts) > 0 {
				beyond = append(beyond, &stage.Error{
					Code: stage.CodeComponent, Component: component.Name, Message: strings.Join(texts, ", "),
					Mend: "make it use less, or raise its budget in the recipe",
				})
				break
			}
		}
	}
	if texts := exceeded(all, budgets.Image); len(texts) > 0 {
		beyond = append(beyond, &stage.Error{
			Code: stage.CodeComponent, Message: "the image is beyond its budget: the build " + strings.Join(texts, ", "),
			Mend: "make components use less, or raise budgets.image in the recipe",
		})
	}
	switch len(beyond) {
	case 0:
		return nil
	case 1:
		return beyond[0]
	}
	together := &stage.Error{Code: stage.CodeComponent, Mend: "make components use less, or raise the budgets in the recipe"}
	var texts []string
	for _, e := range beyond {
		texts = append(texts, e.Error())
	}
	together.Message = strings.Join(texts, "; ")
	return together
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

// exceeded says in what something is beyond a budget.
func exceeded(u used, b *recipe.Budget) (texts []string) {
	if b == nil {
		return nil
	}
	if b.Size > 0 && u.bytes > b.Size {
		texts = append(texts, fmt.Sprintf("adds %s, its budget is %s", size(u.bytes), size(b.Size)))
	}
	if b.Files > 0 && u.files > b.Files {
		texts = append(texts, fmt.Sprintf("adds %d files, its budget is %d", u.files, b.Files))
	}
	if b.Seconds > 0 && u.seconds > b.Seconds {
		texts = append(texts, fmt.Sprintf("ran for %.1f s, its budget is %.1f s", u.seconds, b.Seconds))
	}
	return texts
}
