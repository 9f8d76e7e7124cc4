package rebase

import (
	"fmt"
	"strings"
)

// UnrelatedError is an image that does not stand on a parent.
type UnrelatedError struct{ Image, Parent string }

// Error names both.
func (e *UnrelatedError) Error() string {
	return fmt.Sprintf("image %q does not begin with the layers of its parent %q", e.Image, e.Parent)
}

// Hint says what can be done.
func (e *UnrelatedError) Hint() string {
	return "an image can be put upon another parent when its own layers are all above those of the old one, which --from names; " +
		"an image of several build stages has to be built again: slipway build"
}

// ExitCode is that of wrong input.
func (*UnrelatedError) ExitCode() int { return 2 }

// ConflictError is an image whose own layers hide what a new parent changed.
type ConflictError struct {
	Image, Parent string
	Paths         []string // sorted
}

// Error names some of the files.
func (e *ConflictError) Error() string {
	const most = 5
	list := strings.Join(e.Paths[:min(most, len(e.Paths))], ", ")
	if more := len(e.Paths) - most; more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return fmt.Sprintf("image %q replaces files that are not the same in the parent %q: %s", e.Image, e.Parent, list)
}

// Hint says what can be done.
func (e *ConflictError) Hint() string {
	return "build it again on that parent: slipway build; --force keeps the files of the image"
}

// ExitCode is that of wrong input.
func (*ConflictError) ExitCode() int { return 2 }
