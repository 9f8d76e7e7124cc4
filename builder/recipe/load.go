package recipe

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/slipway-oci/slipway/runner/document"
)

// maxFile is the largest recipe file that is read.
const maxFile = 1 << 20

// Limits are the bounds of a recipe that can be moved. The zero value has those of EC2 Image Builder.
type Limits struct {
	Components int // entries of the list of components; 0 means 20
}

// Load is Limits.Load with the usual limits.
func Load(path string) (*Recipe, error) { return Limits{}.Load(path) }

// Load reads the recipe file at path, or FileName in the folder at path. Of a CloudFormation template with several
// recipes, path names one as FILE#RESOURCE. Its error holds every problem of the file, joined, in file order.
func (l Limits) Load(path string) (*Recipe, error) {
	path, resource := splitResource(path)
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		path = filepath.Join(path, FileName)
	}
	data, err := readFile(path)
	if err != nil {
		e := &Error{Message: fmt.Sprintf("reading recipe %q", path), Err: err}
		if errors.Is(err, os.ErrNotExist) {
			e.Advice = fmt.Sprintf("a recipe is a YAML or JSON file, or a folder with %s; `slipway init` writes one", FileName)
		}
		return nil, e
	}
	return l.parse(path, resource, data)
}

// splitResource takes the name of a resource off the path of a template, unless a file has the whole as its name.
func splitResource(path string) (file, resource string) {
	at := strings.LastIndexByte(path, '#')
	if at < 0 {
		return path, ""
	}
	if _, err := os.Lstat(path); err == nil {
		return path, ""
	}
	return path[:at], path[at+1:]
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("more than %d bytes", maxFile)
	}
	return data, err
}

// Parse is Limits.Parse with the usual limits.
func Parse(file string, data []byte) (*Recipe, error) { return Limits{}.Parse(file, data) }

// Parse reads the text of a recipe file. The file is used for messages, and its folder for relative paths; it is not
// opened. JSON is accepted because it is YAML. What kind of file it is, is seen from its content.
func (l Limits) Parse(file string, data []byte) (*Recipe, error) { return l.parse(file, "", data) }

func (l Limits) parse(file, resource string, data []byte) (*Recipe, error) {
	r := &reader{file: file, lines: strings.Split(string(data), "\n"), maxComponents: cmp.Or(l.Components, maxComponents)}
	root, err := r.document(data)
	if err != nil {
		return nil, err
	}
	if root, err = r.open(root, resource); err != nil {
		return nil, err
	}
	recipe := r.recipe(root)
	recipe.File, recipe.Dir = file, filepath.Dir(file)
	recipe.Warnings = r.warnings()
	if err := join(r.problems); err != nil {
		return nil, err
	}
	return recipe, nil
}

// document parses the one YAML document of a file.
func (r *reader) document(data []byte) (*yaml.Node, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) {
		return nil, &Error{Pos: document.Pos{File: r.file}, Message: "the recipe is not UTF-8 text"}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var root, more yaml.Node
	err := decoder.Decode(&root)
	if errors.Is(err, io.EOF) || err == nil && (len(root.Content) == 0 || isNull(root.Content[0])) {
		return nil, &Error{Pos: document.Pos{File: r.file, Line: 1, Column: 1}, Message: "the recipe is empty"}
	}
	if err != nil {
		return nil, r.syntaxError(err)
	}
	if err := decoder.Decode(&more); err == nil {
		return nil, &Error{Pos: r.pos(&more), Message: "a recipe file holds one YAML document, this one has a second"}
	} else if !errors.Is(err, io.EOF) {
		return nil, r.syntaxError(err)
	}
	return root.Content[0], nil
}

var yamlLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`) })

// syntaxError puts the line that the YAML parser names where all other errors have it.
func (r *reader) syntaxError(err error) error {
	e := &Error{Pos: document.Pos{File: r.file}, Message: "not valid YAML: " + err.Error()}
	if m := yamlLine().FindStringSubmatch(strings.ReplaceAll(err.Error(), "\n", " ")); m != nil {
		e.Pos.Line, _ = strconv.Atoi(m[1])
		e.Message = "not valid YAML: " + m[2]
	}
	return e
}
