package component

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrNotFound is matched by the error of a Source that does not have a component.
var ErrNotFound = errors.New("component not found")

// NotFoundError says that no source has a component, and which names come near. It matches ErrNotFound.
type NotFoundError struct {
	Reference string
	Places    []string    // where was looked: "in the store", "beside the recipe"
	Near      []Candidate // what may have been meant, the nearest first
	Versions  []string    // some that there are under the very name, the nearest first
}

// Candidate is a component that exists.
type Candidate struct {
	Name     string
	Versions []string // empty for a file
}

func (e *NotFoundError) Error() string {
	text := fmt.Sprintf("component %q not found", e.Reference)
	if len(e.Places) > 0 {
		text += " " + strings.Join(e.Places, " or ")
	}
	if len(e.Versions) > 0 {
		text += "; there is " + strings.Join(e.Versions, ", ")
	}
	return text
}

// Is makes errors.Is(err, ErrNotFound) true.
func (e *NotFoundError) Is(target error) bool { return target == ErrNotFound }

// Hint names what may have been meant.
func (e *NotFoundError) Hint() string {
	switch {
	case len(e.Near) == 0 && len(e.Versions) == 0 && slices.Contains(e.Places, "in the store"):
		return "put it there with: slipway component create FILE --semantic-version VERSION, or name a document: ./FILE.yaml"
	case len(e.Near) == 0:
		return ""
	}
	names := make([]string, len(e.Near))
	list := ""
	for i, c := range e.Near {
		names[i] = fmt.Sprintf("%q", c.Name)
		if len(c.Versions) > 0 {
			names[i] += " (" + strings.Join(c.Versions, ", ") + ")"
			list = " List them with: slipway component list"
		}
	}
	return "did you mean " + strings.Join(names, " or ") + "?" + list
}
