package recipe

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slipway-oci/slipway/runner/document"
)

// Error is one problem of a recipe file or of its Dockerfile template, with its place.
type Error struct {
	Pos     document.Pos
	Message string // may be empty when Err says it all
	Advice  string // how to mend it, "" when the message says it all
	Err     error  // the cause, may be nil
}

// Error gives the place in front, the message, and the cause behind.
func (e *Error) Error() string {
	text := e.Message
	if e.Err != nil {
		text = strings.TrimPrefix(text+": "+e.Err.Error(), ": ")
	}
	if at := Position(e.Pos); at != "" {
		return at + ": " + text
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint gives the advice.
func (e *Error) Hint() string { return e.Advice }

// Position writes a place as file:line:column, leaving out what is unknown.
func Position(p document.Pos) string {
	text := p.File
	if p.Line > 0 {
		text = strings.TrimPrefix(fmt.Sprintf("%s:%d", text, p.Line), ":")
		if p.Column > 0 {
			text = fmt.Sprintf("%s:%d", text, p.Column)
		}
	}
	return text
}

// join orders problems by their place and makes one error of them, nil when there are none.
func join(problems []*Error) error {
	slices.SortStableFunc(problems, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Column, b.Pos.Column))
	})
	errs := make([]error, len(problems))
	for i, p := range problems {
		errs[i] = p
	}
	return errors.Join(errs...)
}
