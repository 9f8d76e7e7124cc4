package check

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"

	"github.com/slipway-oci/slipway/builder/recipe"
)

// Path checks a file, all files that match a pattern, or all recipes and component documents below a folder.
func (c *Checker) Path(ctx context.Context, path string) {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		c.folder(ctx, path)
	case err != nil && strings.ContainsAny(path, "*?["):
		c.pattern(ctx, path)
	default:
		c.File(ctx, path)
	}
}

// pattern checks what a pattern matches, for shells and quotes that leave it to the program.
func (c *Checker) pattern(ctx context.Context, pattern string) {
	matches, err := filepath.Glob(pattern)
	if err != nil {
		c.add(Problem{Severity: "error", Code: codeFile, File: pattern, Message: "not a pattern: " + err.Error()})
		return
	}
	if len(matches) == 0 {
		c.add(Problem{Severity: "error", Code: codeFile, File: pattern, Message: "no file matches"})
		return
	}
	for _, match := range matches {
		if info, err := os.Stat(match); err == nil && info.IsDir() {
			c.folder(ctx, match)
			continue
		}
		c.File(ctx, match)
	}
}

// folder checks the recipes below a folder first, so that each document is checked the way its recipe names it, then
// the other component documents. Files of another kind are passed over; a folder without any of ours is a mistake.
func (c *Checker) folder(ctx context.Context, dir string) {
	var recipes, documents []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			c.add(Problem{Severity: "error", Code: codeFile, File: path, Message: reason(err)})
			return nil
		case d.IsDir() && path != dir && passedOver(d.Name()):
			return fs.SkipDir
		case d.IsDir() || !slices.Contains([]string{".yaml", ".yml", ".json"}, strings.ToLower(filepath.Ext(path))):
			return nil
		}
		switch kindOf(path) {
		case isRecipe:
			recipes = append(recipes, path)
		case isDocument:
			documents = append(documents, path)
		}
		return nil
	})
	if err != nil {
		c.add(Problem{Severity: "error", Code: codeFile, File: dir, Message: reason(err)})
	}
	if len(recipes)+len(documents) == 0 {
		c.add(Problem{
			Severity: "error", Code: codeFile, File: dir, Message: "no recipe and no component document in this folder",
			Hint: "name the files; `slipway init` writes a recipe",
		})
	}
	for _, path := range recipes {
		c.recipe(ctx, path)
	}
	for _, path := range documents {
		c.document(path)
	}
}

// passedOver reports whether a folder holds nothing that its owner wrote for slipway: hidden ones, and the log folders of
// runs with their copies of documents.
func passedOver(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "TOE_")
}

type kind int

const (
	isOther kind = iota
	isRecipe
	isDocument
)

// The keys that say what a file is. The patterns find them in the text of a file with a syntax error, so that it is not
// passed over.
var (
	recipeKeys   = []string{"parentImage", "containerRecipe", "semanticVersion"}
	documentKeys = []string{"phases", "schemaVersion"}

	recipeText = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?m)^(?:\{?\s*")?(?:` + strings.Join(recipeKeys, "|") + `)"?\s*:`)
	})
	documentText = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?m)^(?:\{?\s*")?(?:` + strings.Join(documentKeys, "|") + `)"?\s*:`)
	})
)

// kindOf tells what a file in a folder is. One that cannot be read counts as a document, whose check reports that.
func kindOf(path string) kind {
	if filepath.Base(path) == recipe.FileName {
		return isRecipe
	}
	data, err := read(path)
	if err != nil {
		return isDocument
	}
	keys, ok := topKeys(data)
	has := func(names []string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return slices.Contains(keys, name) })
	}
	switch {
	case ok && has(recipeKeys), !ok && recipeText().Match(data):
		return isRecipe
	case ok && has(documentKeys), !ok && documentText().Match(data):
		return isDocument
	}
	return isOther
}

// topKeys returns the keys of the map that a YAML or JSON text is, and false for a text with a syntax error.
func topKeys(data []byte) (keys []string, ok bool) {
	defer func() {
		if recover() != nil { // the parser is known to panic on some broken input
			keys, ok = nil, false
		}
	}()
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return nil, false
	}
	if len(root.Content) == 1 && root.Content[0].Kind == yaml.MappingNode {
		for i := 0; i < len(root.Content[0].Content); i += 2 {
			keys = append(keys, root.Content[0].Content[i].Value)
		}
	}
	return keys, true
}
