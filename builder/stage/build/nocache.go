package build

import (
	"fmt"
	"slices"

	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/runner/document/near"
)

// CheckNoCache checks that the plan has the components that are to run again.
func CheckNoCache(p *plan.Plan, names []string) error {
	var known []string
	for _, c := range p.BuildStage() {
		known = append(known, c.Name)
	}
	for _, name := range names {
		if name != All && !slices.Contains(known, name) {
			return &noComponentError{name, known}
		}
	}
	return nil
}

// noComponentError names a component that no build phase belongs to.
type noComponentError struct {
	name  string
	known []string
}

func (e *noComponentError) Error() string {
	return fmt.Sprintf("--no-cache: no component %q runs in the build stage", e.name)
}

// Hint names those that do.
func (e *noComponentError) Hint() string {
	if hint := near.Hint(e.name, e.known); hint != "" {
		return hint
	}
	return fmt.Sprintf("these do: %q", e.known)
}

// ExitCode is that of wrong input.
func (*noComponentError) ExitCode() int { return 2 }
