package settings

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/slipway-oci/slipway/runner/document"
	"github.com/slipway-oci/slipway/runner/document/near"
)

// maxFile is the largest file that is read, in bytes.
const maxFile = 1 << 20

// Load reads the settings of a file; without the file they are the defaults. Its error holds every problem of the file,
// joined, in file order, and no value that may be a secret.
func Load(file string) (Settings, error) {
	data, err := readFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return Default(), nil
	}
	if err != nil {
		return Settings{}, fmt.Errorf("reading the settings: %w", err)
	}
	return Parse(file, data)
}

func readFile(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("%s has more than %d bytes", file, maxFile)
	}
	return data, err
}

// Parse reads the text of a settings file. An empty one has the defaults.
func Parse(file string, data []byte) (Settings, error) {
	s := Default()
	s.File = file
	r := &reader{file: file, settings: &s}
	if !utf8.Valid(data) {
		return s, &Error{Pos: document.Pos{File: file}, Message: "the settings are not UTF-8 text"}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	var root, more yaml.Node
	switch err := decoder.Decode(&root); {
	case errors.Is(err, io.EOF):
		return s, nil
	case err != nil:
		return s, r.syntax(err)
	}
	if err := decoder.Decode(&more); err == nil {
		return s, &Error{Pos: r.pos(&more), Message: "the settings are one YAML document, this file has a second"}
	} else if !errors.Is(err, io.EOF) {
		return s, r.syntax(err)
	}
	if n := root.Content[0]; !isNull(n) {
		r.group(n, "")
	}
	return s, errors.Join(r.problems...)
}

// Error is one problem of the file, with its place.
type Error struct {
	Pos     document.Pos
	Message string
	Advice  string // how to mend it, "" when the message says it all
}

func (e *Error) Error() string {
	if e.Pos.Line == 0 {
		return e.Pos.File + ": " + e.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.Pos.File, e.Pos.Line, e.Pos.Column, e.Message)
}

// Hint gives the advice.
func (e *Error) Hint() string { return e.Advice }

// reader collects every problem of a file.
type reader struct {
	file     string
	settings *Settings
	problems []error
}

func (r *reader) pos(n *yaml.Node) document.Pos {
	return document.Pos{File: r.file, Line: n.Line, Column: n.Column}
}

func (r *reader) fail(n *yaml.Node, advice, format string, args ...any) {
	r.problems = append(r.problems, &Error{Pos: r.pos(n), Message: fmt.Sprintf(format, args...), Advice: advice})
}

var yamlLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`) })

// syntax puts the line that the YAML parser names where all other errors have it.
func (r *reader) syntax(err error) error {
	e := &Error{Pos: document.Pos{File: r.file}, Message: "not valid YAML: " + err.Error()}
	if m := yamlLine().FindStringSubmatch(strings.ReplaceAll(err.Error(), "\n", " ")); m != nil {
		e.Pos.Line, _ = strconv.Atoi(m[1])
		e.Pos.Column = min(e.Pos.Line, 1)
		e.Message = "not valid YAML: " + m[2]
	}
	return e
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// deref follows an alias to what it stands for.
func deref(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// group reads the settings whose names start with prefix, which is "" or ends in a dot.
func (r *reader) group(n *yaml.Node, prefix string) {
	r.keys(n, cmp.Or(strings.TrimSuffix(prefix, "."), "the file"), func(key, v *yaml.Node) {
		name := prefix + key.Value
		if i := slices.IndexFunc(table, func(s Setting) bool { return s.Name == name }); i >= 0 {
			if !isNull(v) { // null is absent
				table[i].read(r.settings, value{r, name, v})
			}
			return
		}
		if slices.ContainsFunc(table, func(s Setting) bool { return strings.HasPrefix(s.Name, name+".") }) {
			if !isNull(v) {
				r.group(v, name+".")
			}
			return
		}
		r.unknown(key, prefix)
	})
}

// unknown tells what may have been meant by a key: one at its place, or the same word at another.
func (r *reader) unknown(key *yaml.Node, prefix string) {
	var here, elsewhere []string
	for _, s := range table {
		rest, ok := strings.CutPrefix(s.Name, prefix)
		word, _, _ := strings.Cut(rest, ".")
		if ok && !slices.Contains(here, word) {
			here = append(here, word)
		}
		if strings.EqualFold(s.Name, key.Value) || strings.EqualFold(s.Name[strings.LastIndexByte(s.Name, '.')+1:], key.Value) {
			elsewhere = append(elsewhere, s.Name)
		}
	}
	advice := near.Hint(key.Value, here)
	switch {
	case advice != "":
	case len(elsewhere) > 0 && strings.Contains(elsewhere[0], "."):
		parts := strings.Split(elsewhere[0], ".")
		advice = fmt.Sprintf("it is %q in the group %q", parts[1], parts[0])
	default:
		advice = "known are " + strings.Join(here, ", ")
	}
	r.fail(key, advice, "unknown setting %q", prefix+key.Value)
}

// keys calls each with the keys and values of a map.
func (r *reader) keys(n *yaml.Node, what string, each func(key, value *yaml.Node)) {
	n = deref(n)
	if n.Kind != yaml.MappingNode {
		r.fail(n, "", "%s is not a map", what)
		return
	}
	lines := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := deref(n.Content[i])
		line, twice := lines[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode || key.Tag == "!!merge":
			r.fail(n.Content[i], "", "a key of %s is not a text", what)
		case twice:
			r.fail(n.Content[i], "", "%q is there twice, first in line %d", key.Value, line)
		default:
			lines[key.Value] = key.Line
			each(n.Content[i], deref(n.Content[i+1]))
		}
	}
}
