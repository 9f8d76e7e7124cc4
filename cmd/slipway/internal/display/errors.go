package display

import (
	"errors"
	"io"
	"strings"
)

// WriteError writes what went wrong, and how to mend it where an error knows: one "Error:" line for each of several
// joined errors, each followed by its hints.
func WriteError(w io.Writer, err error, style Style) {
	for _, e := range Flatten(err) {
		writeLabelled(w, style, red, "Error: ", e.Error())
		for _, h := range Hints(e) {
			writeLabelled(w, style, cyan, "Hint:  ", h)
		}
	}
}

// writeLabelled writes a label and a text, whose further lines are indented.
func writeLabelled(w io.Writer, style Style, colour, label, text string) {
	lines := strings.Split(CleanLines(strings.TrimSpace(text)), "\n")
	_, _ = io.WriteString(w, style.paint(colour, strings.TrimRight(label, " "))+label[len(strings.TrimRight(label, " ")):]+lines[0]+"\n")
	for _, l := range lines[1:] {
		if l = strings.TrimRight(l, " "); l != "" {
			l = "       " + l
		}
		_, _ = io.WriteString(w, l+"\n")
	}
}

// Flatten takes joined errors apart, also below wrappers that add nothing to the text.
func Flatten(err error) []error {
	if err == nil {
		return nil
	}
	if _, ok := err.(hinter); ok { // only this very error: its children keep their own hints
		return []error{err}
	}
	switch e := err.(type) { //nolint:errorlint // walks the tree itself
	case interface{ Unwrap() []error }:
		var texts []string
		var flat []error
		for _, child := range e.Unwrap() {
			if child == nil {
				continue
			}
			texts = append(texts, child.Error())
			flat = append(flat, Flatten(child)...)
		}
		if len(flat) > 0 && err.Error() == strings.Join(texts, "\n") {
			return flat
		}
	case interface{ Unwrap() error }:
		if child := e.Unwrap(); child != nil && child.Error() == err.Error() {
			return Flatten(child)
		}
	}
	return []error{err}
}

type hinter interface{ Hint() string }

// Hints collects the hints of an error and of all errors in it, outermost first, each once.
func Hints(err error) []string {
	var hints []string
	seen := map[string]bool{}
	var walk func(error)
	walk = func(err error) {
		if h, ok := err.(hinter); ok {
			if text := h.Hint(); text != "" && !seen[text] {
				seen[text] = true
				hints = append(hints, text)
			}
		}
		switch e := err.(type) { //nolint:errorlint // walks the tree itself
		case interface{ Unwrap() []error }:
			for _, child := range e.Unwrap() {
				walk(child)
			}
		default:
			if child := errors.Unwrap(err); child != nil {
				walk(child)
			}
		}
	}
	if err != nil {
		walk(err)
	}
	return hints
}
