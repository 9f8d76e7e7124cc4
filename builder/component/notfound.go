package component

import (
	"errors"
	"fmt"
	"strings"
)

// ErrNotFound is matched by the error of a Source that does not have a component.
var ErrNotFound = errors.New("component not found")

// NotFoundError says that no source has a component, and which names come near. It matches ErrNotFound.
type NotFoundError struct {
	Reference string
	Places    []string // where was looked: "in the store", "beside the recipe"
	Near      []string // names that come near, the nearest first, with their versions if there are some
}

func (e *NotFoundError) Error() string {
	text := fmt.Sprintf("component %q not found", e.Reference)
	if len(e.Places) > 0 {
		text += " " + strings.Join(e.Places, " or ")
	}
	return text
}

// Is makes errors.Is(err, ErrNotFound) true.
func (e *NotFoundError) Is(target error) bool { return target == ErrNotFound }

// Hint names what may have been meant.
func (e *NotFoundError) Hint() string {
	if len(e.Near) == 0 {
		return ""
	}
	quoted := make([]string, len(e.Near))
	for i, name := range e.Near {
		quoted[i] = name
		if !strings.HasPrefix(name, `"`) {
			quoted[i] = fmt.Sprintf("%q", name)
		}
	}
	return fmt.Sprintf("did you mean %s?", strings.Join(quoted, " or "))
}
