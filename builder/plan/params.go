package plan

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/runner/document"
)

// Param sets a parameter in every component that declares it, or in one.
type Param struct {
	Component string // "" means every component
	Name      string
	Value     string
	Pos       document.Pos // in a file; zero for the command line
}

// maxParamsFile is the largest file that ReadParams reads.
const maxParamsFile = 1 << 20

// ParseParam reads NAME=VALUE or COMPONENT.NAME=VALUE. Only the first "=" counts, and before it the last dot: names of
// parameters have none.
func ParseParam(text string) (Param, error) {
	key, value, found := strings.Cut(text, "=")
	p := keyed(key)
	p.Value = value
	if !found || p.Name == "" {
		return Param{}, &ParamError{Text: text}
	}
	return p, nil
}

func keyed(key string) Param {
	if i := strings.LastIndexByte(key, '.'); i >= 0 {
		return Param{Component: key[:i], Name: key[i+1:]}
	}
	return Param{Name: key}
}

// ParamError says that a text sets no parameter.
type ParamError struct{ Text string }

func (e *ParamError) Error() string {
	return fmt.Sprintf("parameter %q has no name or no value", e.Text)
}

// Hint shows the two forms.
func (e *ParamError) Hint() string {
	return "write NAME=VALUE, or COMPONENT.NAME=VALUE for one component"
}

// ReadParams reads a file of parameters, YAML or JSON: a map of NAME or COMPONENT.NAME to a text, in which COMPONENT
// may also be a map of NAME to a text.
func ReadParams(file string) ([]Param, error) {
	opened, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("parameters: %w", err)
	}
	defer opened.Close()
	data, err := io.ReadAll(io.LimitReader(opened, maxParamsFile+1))
	if err != nil {
		return nil, fmt.Errorf("parameters in %q: %w", file, err)
	}
	if len(data) > maxParamsFile {
		return nil, fmt.Errorf("parameters in %q: more than %d bytes", file, maxParamsFile)
	}
	return parseParams(file, data)
}

func parseParams(file string, data []byte) ([]Param, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(root.Content) == 0 {
		return nil, nil
	}
	p := paramReader{file: file}
	p.read(root.Content[0], "", map[string]bool{})
	return p.params, errors.Join(p.problems...)
}

type paramReader struct {
	file     string
	params   []Param
	problems []error
}

func (p *paramReader) pos(n *yaml.Node) document.Pos {
	return document.Pos{File: p.file, Line: n.Line, Column: n.Column}
}

func (p *paramReader) fail(n *yaml.Node, format string, args ...any) {
	p.problems = append(p.problems, &recipe.Error{Pos: p.pos(n), Message: fmt.Sprintf(format, args...)})
}

// read walks a map; component is that of an inner one.
func (p *paramReader) read(n *yaml.Node, component string, seen map[string]bool) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind != yaml.MappingNode {
		p.fail(n, "parameters are a map of names to values")
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		param := keyed(key.Value)
		if component != "" {
			param = Param{Component: component, Name: key.Value}
		}
		full := param.Component + "." + param.Name
		switch {
		case key.Kind != yaml.ScalarNode || param.Name == "":
			p.fail(key, "a parameter has no name")
		case value.Kind == yaml.MappingNode && component == "":
			p.read(value, key.Value, seen)
		case value.Kind != yaml.ScalarNode || value.Tag == "!!null":
			p.fail(value, "the value of parameter %q is not a text", key.Value)
		case seen[full]:
			p.fail(key, "parameter %q is set twice", key.Value)
		default:
			seen[full] = true
			param.Value, param.Pos = value.Value, p.pos(key)
			p.params = append(p.params, param)
		}
	}
}
