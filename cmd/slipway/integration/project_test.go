//go:build linux

package integration

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// project is a folder with a recipe, its components and what else they need.
type project struct {
	t      *testing.T
	name   string
	dir    string
	recipe string
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// newProject writes a recipe named after the test, with version 1.0.0, and its components.
func newProject(t *testing.T, parent string, components ...document) *project {
	t.Helper()
	p := &project{t: t, name: strings.Trim(notInNames.ReplaceAllString(strings.ToLower(t.Name()), "-"), "-"), dir: t.TempDir()}
	p.recipe = fmt.Sprintf("name: %s\nsemanticVersion: 1.0.0\nparentImage: %s\n", p.name, parent)
	if len(components) > 0 {
		p.recipe += "components:\n"
	}
	for _, c := range components {
		p.write(c.name+".yaml", c.text)
		p.recipe += "  - component: ./" + c.name + ".yaml\n"
	}
	p.write("recipe.yaml", p.recipe)
	return p
}

// add adds lines to the recipe.
func (p *project) add(lines ...string) *project {
	p.t.Helper()
	p.recipe += strings.Join(lines, "\n") + "\n"
	return p.write("recipe.yaml", p.recipe)
}

// rename gives the recipe another name than the test's.
func (p *project) rename(name string) *project {
	p.t.Helper()
	p.recipe = strings.Replace(p.recipe, "name: "+p.name+"\n", "name: "+name+"\n", 1)
	p.name = name
	return p.write("recipe.yaml", p.recipe)
}

// template gives the recipe a Dockerfile.
func (p *project) template(lines ...string) *project {
	p.t.Helper()
	return p.write("Dockerfile", strings.Join(lines, "\n")+"\n").add("dockerfileTemplateUri: ./Dockerfile")
}

// target gives the recipe a place to publish to.
func (p *project) target(host string) *project {
	p.t.Helper()
	return p.add(fmt.Sprintf("targetRepository: {service: OCI, repositoryName: %s/%s}", host, p.name))
}

// write writes a file beside the recipe.
func (p *project) write(name, text string) *project {
	p.t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
	return p
}

// change replaces a component.
func (p *project) change(d document) *project {
	p.t.Helper()
	return p.write(d.name+".yaml", d.text)
}

// pointer is the name of the n-th image in the image store.
func (p *project) pointer(n int) string { return fmt.Sprintf("%s:1.0.0-%d", p.name, n) }

// document is a component document.
type document struct{ name, text string }

type phase struct {
	Name  string `json:"name"`
	Steps []step `json:"steps"`
}

type step map[string]any

// component makes a component document. JSON is YAML, so nothing has to be quoted by hand.
func component(name string, phases ...phase) document {
	return componentWith(name, nil, phases...)
}

// componentWith makes a component document with more top-level fields.
func componentWith(name string, fields map[string]any, phases ...phase) document {
	doc := map[string]any{"name": name, "schemaVersion": json.RawMessage("1.0"), "phases": phases}
	maps.Copy(doc, fields)
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(doc); err != nil {
		panic(err) // a mistake in a test
	}
	return document{name, text.String()}
}

func build(steps ...step) phase    { return newPhase("build", steps) }
func validate(steps ...step) phase { return newPhase("validate", steps) }
func test(steps ...step) phase     { return newPhase("test", steps) }
func hostTest(steps ...step) phase { return newPhase("container-host-test", steps) }

// newPhase numbers the steps.
func newPhase(name string, steps []step) phase {
	for n, s := range steps {
		s["name"] = fmt.Sprintf("Step%d", n+1)
	}
	return phase{name, steps}
}

// with sets a field of a step, such as timeoutSeconds.
func (s step) with(key string, value any) step {
	s[key] = value
	return s
}

// bash runs commands; the first that fails ends the step.
func bash(commands ...string) step {
	return step{"action": "ExecuteBash", "inputs": map[string]any{"commands": append([]string{"set -eu"}, commands...)}}
}

// createFile and exists work in an image without a shell.
func createFile(path, content string) step {
	return step{"action": "CreateFile", "inputs": []any{map[string]any{"path": path, "content": content}}}
}

func exists(path string) step {
	return step{"action": "Assert", "inputs": map[string]any{"fileExists": path}}
}

// execute runs a program of the image.
func execute(path string, arguments ...string) step {
	return step{"action": "ExecuteBinary", "inputs": map[string]any{"path": path, "arguments": arguments}}
}

// parameter declares a string parameter, for componentWith.
func parameter(name, value string) map[string]any {
	return map[string]any{"parameters": []any{map[string]any{name: map[string]any{"type": "string", "default": value}}}}
}
