package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slipway-oci/slipway/runner/document/near"
)

// CheckSecrets compares the names of the secrets that are given with those that the plan asks for. It returns every
// difference: a secret that a component names must be given, one that nothing names must not. What a template mounts
// may be missing, as in every Dockerfile.
func (p *Plan) CheckSecrets(given []string) error {
	var problems []error
	needed := map[string][]string{}
	for _, c := range p.Components {
		for _, name := range c.Secrets {
			if !slices.Contains(given, name) {
				needed[name] = append(needed[name], c.Name)
			}
		}
	}
	for _, name := range p.Secrets {
		if components := needed[name]; components != nil {
			problems = append(problems, &secretError{name: name, components: components})
		}
	}
	for _, name := range given {
		if !slices.Contains(p.Secrets, name) {
			problems = append(problems, &secretError{name: name, known: p.Secrets})
		}
	}
	return errors.Join(problems...)
}

// secretError is a secret that is missing, or that nothing asks for.
type secretError struct {
	name       string
	components []string // that refer to it; none when nothing does
	known      []string // that the plan asks for
}

// Error says who asks for the secret, or that nobody does.
func (e *secretError) Error() string {
	if len(e.components) == 0 {
		return fmt.Sprintf("--secret: no component refers to a secret %q", e.name)
	}
	return fmt.Sprintf("secret %q is not given: component %s refers to it", e.name, strings.Join(e.components, ", "))
}

// Hint says how it is given, or what was probably meant.
func (e *secretError) Hint() string {
	switch {
	case len(e.components) > 0:
		return fmt.Sprintf("give it with --secret id=%s,src=FILE or --secret id=%s,env=VARIABLE", e.name, e.name)
	case near.Hint(e.name, e.known) != "":
		return near.Hint(e.name, e.known)
	case len(e.known) == 0:
		return "leave it out: this recipe has no secrets"
	default:
		return "they refer to: " + strings.Join(e.known, ", ")
	}
}

// ExitCode is that of wrong input.
func (*secretError) ExitCode() int { return 2 }
