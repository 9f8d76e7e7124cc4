package plan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/runner/document"
	"github.com/slipway-oci/slipway/runner/document/near"
)

// The sources of parameter values, from the strongest to the weakest.
const (
	FromFlag    = "flag"
	FromFile    = "file"
	FromRecipe  = "recipe"
	FromDefault = "default"
)

// parameters gives every parameter its final value.
func (b *planner) parameters(context.Context) error {
	flags := make([]Param, 0, len(b.opts.Params))
	var problems []error
	for _, text := range b.opts.Params {
		p, err := ParseParam(text)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		flags = append(flags, p)
	}
	for _, p := range slices.Concat(flags, b.opts.ParamsFile) {
		problems = append(problems, b.known(p))
	}
	for i := range b.found {
		problems = append(problems, b.recipeParameters(i), b.values(i, flags))
	}
	return errors.Join(problems...)
}

// known refuses a parameter that no component declares.
func (b *planner) known(p Param) error {
	var names, components []string
	matched := false
	for _, f := range b.found {
		components = append(components, f.Name)
		if p.Component != "" && !f.isNamed(p.Component) {
			continue
		}
		matched = true
		for _, declared := range f.Document.Parameters {
			if declared.Name == p.Name {
				return nil
			}
			names = append(names, declared.Name)
		}
	}
	e := &recipe.Error{Pos: p.Pos}
	switch {
	case !matched && p.Component != "":
		e.Message = fmt.Sprintf("parameter %q: the recipe has no component %q", p.Component+"."+p.Name, p.Component)
		e.Advice = cmp.Or(near.Hint(p.Component, components), oneOf("components", components))
	case p.Component != "":
		e.Message = fmt.Sprintf("component %q has no parameter %q", p.Component, p.Name)
		e.Advice = cmp.Or(near.Hint(p.Name, names), oneOf("its parameters", names))
	default:
		e.Message = fmt.Sprintf("no component has a parameter %q", p.Name)
		e.Advice = cmp.Or(near.Hint(p.Name, names), oneOf("parameters", names))
	}
	return e
}

func oneOf(what string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	sorted := slices.Sorted(slices.Values(names))
	return what + ": " + strings.Join(slices.Compact(sorted), ", ")
}

// isNamed says whether a COMPONENT on the command line means this component: its name, or the name of its file.
func (f found) isNamed(name string) bool {
	stem := strings.TrimSuffix(filepath.Base(f.File), filepath.Ext(f.File))
	return ref.Normal(name) == ref.Normal(f.Name) || f.File != "" && name == stem || name == f.entry.Reference.Value
}

// recipeParameters refuses parameters of the recipe that the document does not declare.
func (b *planner) recipeParameters(i int) error {
	f := b.found[i]
	var problems []error
	for _, p := range f.entry.Parameters {
		if slices.ContainsFunc(f.Document.Parameters, func(d document.Parameter) bool { return d.Name == p.Name.Value }) {
			continue
		}
		names := make([]string, len(f.Document.Parameters))
		for i, d := range f.Document.Parameters {
			names[i] = d.Name
		}
		e := &recipe.Error{Pos: p.Name.Pos, Message: fmt.Sprintf("%s has no parameter %q", f.label(), p.Name.Value)}
		e.Advice = cmp.Or(near.Hint(p.Name.Value, names), oneOf("its parameters", names))
		if slices.ContainsFunc(f.Document.Constants, func(c document.Constant) bool { return c.Name == p.Name.Value }) {
			e.Advice = fmt.Sprintf("%q is a constant of the component", p.Name.Value)
		}
		problems = append(problems, e)
	}
	return errors.Join(problems...)
}

// values decides the parameters of one component, and refuses one without a value that will be asked for.
func (b *planner) values(i int, flags []Param) error {
	f := b.found[i]
	var problems []error
	needed := variablesOf(f.Document, b.running(i))
	for _, declared := range f.Document.Parameters {
		p, pos, ok := f.value(declared, flags, b.opts.ParamsFile)
		switch {
		case !ok && needed[declared.Name]:
			problems = append(problems, &recipe.Error{
				Pos:     f.entry.Reference.Pos,
				Message: fmt.Sprintf("%s needs a value for parameter %q: it has no default", f.label(), declared.Name),
				Advice:  fmt.Sprintf("set it under parameters of the component, or with --param %s=VALUE", declared.Name),
			})
		case !ok:
		case !declared.Allows(p.Value):
			problems = append(problems, &recipe.Error{
				Pos:     pos,
				Message: fmt.Sprintf("%s: parameter %q cannot be %q", f.label(), p.Name, p.Value),
				Advice:  "allowed: " + strings.Join(declared.AllowedValues, ", "),
			})
		default:
			b.plan.Components[i].Parameters = append(b.plan.Components[i].Parameters, p)
		}
	}
	return errors.Join(problems...)
}

// value picks the value of a parameter from the strongest source that has one.
func (f found) value(declared document.Parameter, flags, file []Param) (p Parameter, pos document.Pos, ok bool) {
	for _, source := range []struct {
		name   string
		params []Param
	}{{FromFlag, flags}, {FromFile, file}} {
		for _, own := range []bool{true, false} {
			for _, param := range slices.Backward(source.params) {
				if param.Name == declared.Name && own == (param.Component != "") && (!own || f.isNamed(param.Component)) {
					return Parameter{declared.Name, param.Value, source.name}, param.Pos, true
				}
			}
		}
	}
	for _, param := range f.entry.Parameters {
		if param.Name.Value == declared.Name {
			return Parameter{declared.Name, param.Value.Value, FromRecipe}, param.Value.Pos, true
		}
	}
	if declared.Default != nil {
		return Parameter{declared.Name, *declared.Default, FromDefault}, declared.Pos, true
	}
	return Parameter{}, document.Pos{}, false
}
