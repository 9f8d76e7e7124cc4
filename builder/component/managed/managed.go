// Package managed is the catalogue of components that come with Slipway: ordinary component documents for the work
// that most images need, and tests that most images should pass. Recipes name them aws:NAME/VERSION. All is the entry
// point; Source makes the catalogue a place where recipes find components without a store.
//
// Each version is a file, documents/NAME/VERSION.yaml, and is never changed once it was released: a change is a new
// file.
package managed

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/runner/document"
)

//go:embed documents
var files embed.FS

// Component is one version of a component of the catalogue.
type Component struct {
	Name        string
	Version     string // without open nodes
	Platform    string // "Linux"
	Type        string // "BUILD" or "TEST"
	Description string
	Document    []byte
	Digest      string // "sha256:..." of Document
	Parameters  []document.Parameter
}

// All gives every version of every component, by name and version. The documents are the caller's own copies.
func All() []Component {
	paths, err := fs.Glob(files, "documents/*/*.yaml")
	if err != nil {
		panic(err) // the pattern is well-formed
	}
	var all []Component
	for _, p := range paths {
		all = append(all, read(p))
	}
	slices.SortFunc(all, func(a, b Component) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), a.version().Compare(b.version()))
	})
	return all
}

// read reads one document. They are part of the program and tested, so that nothing can be wrong with them.
func read(name string) Component {
	data, err := files.ReadFile(name)
	if err != nil {
		panic(err)
	}
	doc, problems := document.Parse(name, data)
	if err := problems.Err(); err != nil {
		panic(fmt.Sprintf("a component of the catalogue is damaged: %v", err))
	}
	return Component{
		Name: path.Base(path.Dir(name)), Version: strings.TrimSuffix(path.Base(name), ".yaml"), Platform: "Linux",
		Type: string(doc.Type()), Description: doc.Description, Document: data, Digest: doc.Digest, Parameters: doc.Parameters,
	}
}

func (c Component) version() recipe.Version {
	v, err := recipe.ParseVersion(c.Version)
	if err != nil {
		panic(err) // the name of the file; tested
	}
	return v
}
