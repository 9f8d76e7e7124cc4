// Package check finds the problems of recipe files and component documents without running anything: what
// `slipway validate` shows. The checks themselves are those of the packages that read the files.
package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/slipway-oci/slipway/builder/component"
	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/document"
)

// Problem is one thing that is wrong, or with the severity "warning" may be, in a file.
type Problem struct {
	Severity string `json:"severity"` // "error" or "warning"
	Code     string `json:"code"`
	File     string `json:"file"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Message  string `json:"message"`
	Hint     string `json:"hint,omitempty"`
}

// Position is file:line:column without what is unknown.
func (p Problem) Position() string {
	return recipe.Position(document.Pos{File: p.File, Line: p.Line, Column: p.Column})
}

const (
	codeRecipe = "recipe"
	codeFile   = "file"
	maxRead    = 1<<20 + 1 // bytes read of a file
)

// Checker checks files. A file that several recipes name is checked once.
type Checker struct {
	Actions *action.Set
	Strict  bool // make warnings errors
	Limits  recipe.Limits

	seen     map[string]bool
	problems []Problem
}

// File checks a recipe (a file, or a folder with one) with the component documents that it names by path, or a
// component document.
func (c *Checker) File(ctx context.Context, path string) {
	isDocument, err := peek(path)
	switch {
	case err != nil:
		c.add(Problem{Severity: "error", Code: codeFile, File: path, Message: reason(err)})
	case isDocument:
		c.document(path)
	default:
		c.recipe(ctx, path)
	}
}

// Problems returns what was found, in the order of the files.
func (c *Checker) Problems() []Problem { return c.problems }

// Failed reports whether there is an error among the problems.
func (c *Checker) Failed() bool {
	for _, p := range c.problems {
		if p.Severity == "error" {
			return true
		}
	}
	return false
}

func (c *Checker) add(p Problem) {
	if c.Strict {
		p.Severity = "error"
	}
	c.problems = append(c.problems, p)
}

// peek reports whether a file looks like a component document rather than a recipe, by its keys; one that cannot be
// read as YAML goes by its name.
func peek(path string) (isDocument bool, err error) {
	info, err := os.Stat(path)
	if err != nil && strings.Contains(path, "#") {
		return false, nil // a recipe in a template: FILE#RESOURCE
	}
	if err != nil || info.IsDir() {
		return false, err
	}
	data, err := read(path)
	if err != nil {
		return false, err
	}
	keys, _ := topKeys(data)
	for _, key := range keys {
		switch key {
		case "phases", "schemaVersion":
			return true, nil
		case "parentImage", "semanticVersion", "components", "Resources", "containerRecipe":
			return false, nil
		}
	}
	return !strings.HasPrefix(filepath.Base(path), "recipe."), nil
}

func (c *Checker) recipe(ctx context.Context, path string) {
	if c.again(path) {
		return
	}
	r, err := c.Limits.Load(path)
	c.errors(path, err)
	if r == nil {
		return
	}
	for _, w := range r.Warnings {
		c.add(warning(r.File, w))
	}
	if err == nil && r.Template.URI.Value == "" {
		_, err := r.ReadTemplate(ctx, nil)
		c.errors(r.File, err)
	}
	for _, entry := range r.Components {
		if entry.Document != nil {
			_, diagnostics := entry.Document.Load(c.Actions)
			c.diagnostics(diagnostics)
			continue
		}
		reference, err := component.ParseReference(entry.Reference.Value)
		if err != nil {
			c.errors(r.File, &recipe.Error{Pos: entry.Reference.Pos, Message: "component", Err: err})
			continue
		}
		if reference.Kind != component.File {
			continue // what is in the store is looked up by a plan
		}
		file := entry.Reference.Value
		if !filepath.IsAbs(file) {
			file = filepath.Join(r.Dir, file)
		}
		if _, err := os.Stat(file); err != nil {
			c.errors(r.File, &recipe.Error{
				Pos: entry.Reference.Pos, Message: fmt.Sprintf("component %q: %s", entry.Reference.Value, reason(err)),
			})
			continue
		}
		c.document(file)
	}
}

func (c *Checker) document(path string) {
	if c.again(path) {
		return
	}
	data, err := read(path)
	if err != nil {
		c.add(Problem{Severity: "error", Code: codeFile, File: path, Message: reason(err)})
		return
	}
	_, diagnostics := document.Load(path, data, c.Actions, document.Options{Workflow: true})
	c.diagnostics(diagnostics)
}

// again reports whether a file was checked before, and remembers it.
func (c *Checker) again(path string) bool {
	abs, err := filepath.Abs(path)
	if err != nil {
		abs = path
	}
	seen := c.seen[abs]
	if c.seen == nil {
		c.seen = map[string]bool{}
	}
	c.seen[abs] = true
	return seen
}

func (c *Checker) diagnostics(diagnostics document.Diagnostics) {
	for _, d := range diagnostics {
		c.add(Problem{
			Severity: d.Severity.String(), Code: d.Code, File: d.Pos.File, Line: d.Pos.Line, Column: d.Pos.Column,
			Message: d.Message, Hint: d.Hint,
		})
	}
}

// read reads a file of up to a little more than documents may have, so that the check of their size is theirs.
func read(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file") // a pipe would be waited for
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, maxRead))
}

// errors takes the problems of a recipe out of an error.
func (c *Checker) errors(file string, err error) {
	if err == nil {
		return
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok { // only the outermost join
		for _, e := range joined.Unwrap() {
			c.errors(file, e)
		}
		return
	}
	var at *recipe.Error
	if !errors.As(err, &at) {
		c.add(Problem{Severity: "error", Code: codeFile, File: file, Message: reason(err)})
		return
	}
	message := at.Message
	if at.Err != nil {
		message += ": " + at.Err.Error()
	}
	c.add(Problem{
		Severity: "error", Code: codeRecipe, File: cmp.Or(at.Pos.File, file), Line: at.Pos.Line, Column: at.Pos.Column,
		Message: message, Hint: hint(err),
	})
}

// hint is the outermost hint of an error.
func hint(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}

// warning takes the position off the front of a recipe's warning.
func warning(file, text string) Problem {
	p := Problem{Severity: "warning", Code: codeRecipe, File: file, Message: text}
	rest, found := strings.CutPrefix(text, file+":")
	if !found {
		return p
	}
	position, message, found := strings.Cut(rest, ": ")
	if !found {
		return p
	}
	if n, _ := fmt.Sscanf(position, "%d:%d", &p.Line, &p.Column); n > 0 {
		p.Message = message
	}
	return p
}

// reason is an error without the path, which the position has.
func reason(err error) string {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err.Error()
	}
	return err.Error()
}
