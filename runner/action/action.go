// Package action defines what an action module is: its specification (name, inputs with types, outputs,
// platforms) and its one function. The modules themselves live in the sub-packages, one file each, and are listed
// in package catalog; validation, the JSON Schema and the reference documentation are all derived from that list.
package action

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sort"
)

// Type is the type of one input of a module.
type Type int

// The input types of the component language (component-document reference, chapter 6).
const (
	String     Type = iota // any scalar, taken by its text
	Integer                // decimal integer
	Boolean                // true or false
	StringList             // list of scalars
	StringMap              // map of scalars
	MapList                // list of maps (ExecuteDocument parameters)
	Condition              // the operators of chapter 4, directly in inputs (Assert)
	Any                    // scalar or list (SetRegistry value)
)

// Shape says how the inputs of a module are written.
type Shape int

// The two input shapes; validation accepts a list of one for a map and a single map for a list.
const (
	List Shape = iota // a list of maps, one entry each
	Map               // one map
)

// Input specifies one key of a module's inputs.
type Input struct {
	Name     string
	Type     Type
	Required bool
	Default  string                  // text of the default; "" when there is none
	Values   []string                // allowed values; empty means any
	FoldCase bool                    // whether Values are compared without regard to letter case
	Keys     []string                // of each map of a MapList: these and no others
	Summary  string                  // one sentence for the reference page
	Check    func(text string) error // further check of a static text, nil for none
}

// Output specifies one output of a module.
type Output struct {
	Name     string
	Summary  string
	PerEntry bool // one output object for each input entry; otherwise one object for the step
}

// Spec specifies a module. It is data only: everything that lists or checks modules walks it.
type Spec struct {
	Name       string // the action, exact spelling
	Family     string // "file", "command", "transfer", "system"
	Summary    string // one sentence
	Shape      Shape
	Inputs     []Input
	Outputs    []Output
	Platforms  []string   // "linux", "windows", "darwin"
	ExactlyOne [][]string // groups of which exactly one key must be given
	Together   [][]string // groups where one key alone is ignored with a warning (checksum and algorithm)
	// Fixed holds step settings that may not be given with another value: "timeoutSeconds" -> "-1".
	Fixed map[string]string
	// Ignored names step settings that have no effect on this action; validation warns about them.
	Ignored []string
	Example string // a complete step in YAML that validates
	Notes   string // Markdown for the reference page: rules that the tables do not say
}

// Input returns the specification of the named input.
func (s Spec) Input(name string) (Input, bool) {
	for i := range s.Inputs {
		if s.Inputs[i].Name == name {
			return s.Inputs[i], true
		}
	}
	return Input{}, false
}

// Output returns the specification of the named output.
func (s Spec) Output(name string) (Output, bool) {
	for _, out := range s.Outputs {
		if out.Name == name {
			return out, true
		}
	}
	return Output{}, false
}

// Supports reports whether the module runs on goos.
func (s Spec) Supports(goos string) bool {
	return slices.Contains(s.Platforms, goos)
}

// Entry is one map of a step's inputs after resolution and type checks. Values are string, bool, int64, []string,
// map[string]string, []map[string]string, or a condition for Assert. Keys that were not given are absent.
type Entry map[string]any

// Text returns the string value of key, or the empty string.
func (e Entry) Text(key string) string { s, _ := e[key].(string); return s }

// TextOr returns the string value of key, or def when the key is absent.
func (e Entry) TextOr(key, def string) string {
	if s, ok := e[key].(string); ok {
		return s
	}
	return def
}

// Bool returns the boolean value of key, or def when the key is absent.
func (e Entry) Bool(key string, def bool) bool {
	if b, ok := e[key].(bool); ok {
		return b
	}
	return def
}

// Int returns the integer value of key, or def when the key is absent.
func (e Entry) Int(key string, def int64) int64 {
	if n, ok := e[key].(int64); ok {
		return n
	}
	return def
}

// List returns the list value of key, or nil.
func (e Entry) List(key string) []string { l, _ := e[key].([]string); return l }

// Has reports whether key was given.
func (e Entry) Has(key string) bool { _, ok := e[key]; return ok }

// Request is everything a module may touch besides the file system: nothing is global, so a module runs in a test
// without a container.
type Request struct {
	Entries []Entry   // normalised, evaluated, type-checked inputs; at least one
	Env     []string  // environment of started processes
	Dir     string    // working directory, absolute; relative paths are taken against it
	WorkDir string    // private folder (0700) for scripts and temporary files; removed after the step
	Stdout  io.Writer // output of commands, line-split and logged by the executor
	Stderr  io.Writer
	// Log records what the module says about its work; level is "Info", "Warn" or "Error".
	Log func(level, format string, args ...any)
	// Mask replaces secret values in text that a module is about to cut; nil when there are no secrets. Use Masked.
	Mask func(text string) string
	// Host gives modules the executor's services that need more than this request.
	Host Host
}

// Host is what the executor offers to modules.
type Host interface {
	// RunDocument runs a nested document for ExecuteDocument and returns its summary and full report.
	RunDocument(ctx context.Context, doc NestedDocument) (NestedResult, error)
	// Evaluate evaluates a resolved condition for Assert. detail names the operands when it is false.
	Evaluate(condition any) (ok bool, detail string, err error)
	// ShellFallback is the shell to use when bash is missing ("sh"), or "" when there must be bash.
	ShellFallback() string
}

// NestedDocument asks for the execution of another document.
type NestedDocument struct {
	Location    string
	Phases      []string // nil for all
	Parameters  map[string]string
	BucketOwner string
}

// NestedResult is the outcome of a nested document.
type NestedResult struct {
	Summary  map[string]any // the output object of ExecuteDocument
	Detailed any            // the root object for detailedOutput
	Failed   bool
	Message  string
}

// Result is what a module run leaves behind. It is valid also when Run returned an error.
type Result struct {
	Outputs  []map[string]any // one object for each entry, or one for the step; nil when there are none
	ExitCode *int             // of the last command, nil when none ran
	Cut      bool             // an output was cut at its size limit
	Detailed any              // ExecuteDocument's report
	Reboot   Reboot
}

// Reboot is a module's request to restart.
type Reboot int

// The reboot requests (component-document reference, 5.6).
const (
	NoReboot       Reboot = iota
	RebootSameStep        // exit code 194: run this step again
	RebootNextStep        // the Reboot module: go on behind this step
)

// Module is one action.
type Module interface {
	Spec() Spec
	// Run performs the action on all entries in order and stops at the first that fails. It obeys ctx at every
	// file and buffer. An error's text is complete for the user: what, on which path, why.
	Run(ctx context.Context, req Request) (Result, error)
}

// Set is the immutable list of known modules.
type Set struct {
	byName map[string]Module
	names  []string
}

// NewSet returns a set of modules; two modules of one name are an error.
func NewSet(modules ...Module) (*Set, error) {
	s := &Set{byName: make(map[string]Module, len(modules))}
	for _, m := range modules {
		name := m.Spec().Name
		if _, ok := s.byName[name]; ok {
			return nil, fmt.Errorf("action module %q is listed twice", name)
		}
		s.byName[name] = m
		s.names = append(s.names, name)
	}
	sort.Strings(s.names)
	return s, nil
}

// Lookup returns the module with exactly this name.
func (s *Set) Lookup(name string) (Module, bool) { m, ok := s.byName[name]; return m, ok }

// Names returns all names in byte order.
func (s *Set) Names() []string { return append([]string(nil), s.names...) }

// All returns all modules in the order of their names.
func (s *Set) All() []Module {
	all := make([]Module, len(s.names))
	for i, n := range s.names {
		all[i] = s.byName[n]
	}
	return all
}
