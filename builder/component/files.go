package component

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/document"
	"github.com/slipway-oci/slipway/runner/document/near"
)

// Files is the source of components that are documents on disk.
type Files struct {
	// Dir is the folder of the recipe. Relative paths start here, and a short name means components/NAME.yaml or
	// NAME.yaml in it.
	Dir string
	// Actions are those that a document may use.
	Actions *action.Set
}

// Find reads the document that reference names. A named reference is a file only when it leaves its version open. A
// document with errors is refused with all of them.
func (f Files) Find(_ context.Context, reference string) (*Component, error) {
	r, err := ParseReference(reference)
	if err != nil {
		return nil, err
	}
	switch {
	case r.Kind == File:
		return f.read(r.Text)
	case r.Kind == Address && strings.HasPrefix(r.Text, "file://"):
		return f.read(strings.TrimPrefix(r.Text, "file://"))
	case r.Kind != Named || r.Managed:
		return nil, &NotFoundError{Reference: reference}
	}
	missing := &NotFoundError{Reference: reference, Places: []string{"beside the recipe"}, Near: f.near(r.Name)}
	if r.Version != "x.x.x" {
		for _, file := range f.candidates(r.Name) {
			if _, err := os.Stat(f.path(file)); err == nil {
				missing.Near = []Candidate{{Name: r.Name}} // a file has no version to choose by
			}
		}
		return nil, missing
	}
	for _, file := range f.candidates(r.Name) {
		found, err := f.read(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		return found, err
	}
	return nil, missing
}

func (f Files) candidates(name string) []string {
	return []string{filepath.Join("components", name+".yaml"), name + ".yaml"}
}

func (f Files) path(name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(f.Dir, name)
}

// near gives the short name of a file that comes near.
func (f Files) near(name string) []Candidate {
	var known []string
	for _, pattern := range f.candidates("*") {
		matches, _ := fs.Glob(os.DirFS(f.path(".")), filepath.ToSlash(pattern)) // the pattern is well-formed
		for _, match := range matches {
			if stem := strings.TrimSuffix(filepath.Base(match), ".yaml"); stem != "recipe" {
				known = append(known, stem)
			}
		}
	}
	if word, ok := near.Word(name, known); ok {
		return []Candidate{{Name: word}}
	}
	return nil
}

func (f Files) read(name string) (*Component, error) {
	file := f.path(name)
	data, err := readFile(file)
	if err != nil {
		return nil, fmt.Errorf("component %q: %w", name, err)
	}
	return Read(file, data, f.Actions)
}

func readFile(file string) ([]byte, error) {
	opened, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	// One byte more than is allowed, so that document.Load sees that there is too much.
	return io.ReadAll(io.LimitReader(opened, document.MaxFile+1))
}

// Read makes a component of the text of a document. The file is its name in messages, and the source of the
// component's name when the document has none. The document is checked for the container workflow, and one with errors
// is refused with all of them.
func Read(file string, data []byte, actions *action.Set) (*Component, error) {
	doc, problems := document.Load(file, data, actions, document.Options{Workflow: true})
	if err := problems.Err(); err != nil {
		return nil, err
	}
	c := &Component{Name: doc.Name, Version: FileVersion, Document: doc, File: file, Warnings: problems}
	if c.Name == "" {
		base := filepath.Base(file)
		c.Name = strings.TrimSuffix(base, filepath.Ext(base))
	}
	return c, nil
}
