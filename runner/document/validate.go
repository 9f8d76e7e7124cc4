package document

import (
	"maps"
	"slices"
	"strings"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/document/near"
)

// Options say what a document is validated for.
type Options struct {
	Inline   bool   // Load only: the document does not come from a location, so the smaller size limit holds
	Workflow bool   // for the container workflow, where a reference across stages cannot be resolved
	Strict   bool   // make warnings errors
	GOOS     string // where modules will run; "" is "linux"
	Run      *Run   // nil for a validation that is not the start of a run
}

// Run is what is known when a run starts.
type Run struct {
	Phases     []string          // the selected phases; empty for all
	Parameters map[string]string // supplied values
}

// selects reports whether the named phase will run.
func (r *Run) selects(phase string) bool {
	return r == nil || len(r.Phases) == 0 || slices.Contains(r.Phases, phase)
}

// Load parses and validates data. The document is nil when it cannot be read at all; with errors among the
// diagnostics it must not run.
func Load(file string, data []byte, set *action.Set, o Options) (*Document, Diagnostics) {
	read := Parse
	if o.Inline {
		read = ParseInline
	}
	doc, ds := read(file, data)
	if doc != nil {
		ds = append(ds, Validate(doc, set, o)...)
	}
	if o.Strict {
		ds = ds.Strict()
	}
	return doc, ds.arranged()
}

// Validate checks everything that needs no execution and does not show in the document's structure alone: actions with
// their inputs, references, and what a run or the container workflow asks for. The problems that Parse reported are
// not among its own.
func Validate(doc *Document, set *action.Set, o Options) Diagnostics {
	v := newValidator(doc, set, o)
	v.stages()
	for i := range v.steps {
		v.step(&v.steps[i])
	}
	if o.Run != nil {
		v.diags = append(v.diags, doc.CheckValues(o.Run.Parameters)...)
	}
	if o.Strict {
		v.diags = v.diags.Strict()
	}
	return v.diags.arranged()
}

// validator holds what the checks of one document look things up in.
type validator struct {
	doc    *Document
	opts   Options
	goos   string
	names  []string          // of all known actions
	specs  map[string]*spec  // of the actions in the document; nil for an unknown one
	steps  []stepInfo        // in document order
	index  map[string]*phase // by name
	loops  map[string]bool   // names of loops anywhere in the document
	vars   map[string]string // known values; what a parameter will have is known only for a run
	decl   map[string]bool   // declared names; true for a parameter
	needs  map[*Value]*needs // what inputs that others refer to need themselves
	source [][]byte          // the lines of the file, for places inside texts
	words  []string          // declared names, for the nearest word
	diags  Diagnostics
}

type spec struct {
	action.Spec
	checker action.Checker // nil when the module has no checks over several keys
}

type phase struct {
	steps map[string]*stepInfo
	names []string // of steps, sorted; made when first asked for
}

// stepNames returns the names of the steps in byte order.
func (p *phase) stepNames() []string {
	if p.names == nil {
		p.names = slices.Sorted(maps.Keys(p.steps))
	}
	return p.names
}

// stepInfo is a step with its place.
type stepInfo struct {
	*Step
	order    int // over all phases
	phase    *Phase
	spec     *spec // nil when the action is unknown
	selected bool
}

func newValidator(doc *Document, set *action.Set, o Options) *validator {
	v := &validator{
		doc: doc, opts: o, goos: o.GOOS, names: set.Names(),
		specs: make(map[string]*spec), index: make(map[string]*phase, len(doc.Phases)),
		loops: make(map[string]bool), decl: make(map[string]bool), needs: make(map[*Value]*needs),
	}
	if v.goos == "" {
		v.goos = "linux"
	}
	for _, p := range doc.Parameters {
		v.decl[p.Name] = true
	}
	for _, c := range doc.Constants {
		v.decl[c.Name] = false
	}
	v.vars = v.knownValues()
	total := 0
	for i := range doc.Phases {
		total += len(doc.Phases[i].Steps)
	}
	v.steps = make([]stepInfo, 0, total)
	for i := range doc.Phases {
		v.addPhase(i, set)
	}
	return v
}

func (v *validator) addPhase(at int, set *action.Set) {
	p := &v.doc.Phases[at]
	ph := &phase{steps: make(map[string]*stepInfo, len(p.Steps))}
	if _, ok := v.index[p.Name]; !ok {
		v.index[p.Name] = ph
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		v.steps = append(v.steps, stepInfo{
			Step: s, order: len(v.steps), phase: p, spec: v.lookup(set, s.Action),
			selected: v.opts.Run.selects(p.Name),
		})
		if _, ok := ph.steps[s.Name]; !ok {
			ph.steps[s.Name] = &v.steps[len(v.steps)-1]
		}
		if s.Loop != nil && s.Loop.Name != "" {
			v.loops[s.Loop.Name] = true
		}
	}
}

// lookup returns the specification of an action; modules build theirs anew with each call, so it is kept.
func (v *validator) lookup(set *action.Set, name string) *spec {
	if s, ok := v.specs[name]; ok {
		return s
	}
	var s *spec
	if m, ok := set.Lookup(name); ok {
		s = &spec{Spec: m.Spec()}
		s.checker, _ = m.(action.Checker)
	}
	v.specs[name] = s
	return s
}

// knownValues returns the values that are final: those of a run, else only constants.
func (v *validator) knownValues() map[string]string {
	if v.opts.Run != nil {
		return v.doc.Variables(v.opts.Run.Parameters)
	}
	values := make(map[string]string, len(v.doc.Constants))
	for _, c := range v.doc.Constants {
		values[c.Name] = c.Value
	}
	return values
}

// stages warns about a component that would never run in the build stage although it is no test.
func (v *validator) stages() {
	if len(v.doc.Phases) == 0 || v.doc.Type() == TypeTest {
		return
	}
	for _, p := range v.doc.Phases {
		if GroupOf(p.Name) == BuildGroup {
			return
		}
	}
	v.diags.add(Warning, CodeNoBuildPhase, v.doc.Phases[0].Pos, "",
		`there is neither a "build" nor a "validate" phase, and not only a "test" phase: the component counts as one for building`)
}

// step checks one step.
func (v *validator) step(s *stepInfo) {
	switch {
	case s.Action == "":
	case s.spec == nil:
		v.unknownAction(s)
	default:
		v.settings(s)
		v.inputs(s)
	}
	v.conditionTildes(s, s.If)
	v.references(s)
	v.forLoop(s)
}

func (v *validator) report(sev Severity, code string, s *stepInfo, pos Pos, hint, format string, args ...any) {
	v.diags.add(sev, code, pos, hint, "step %q: "+format, append([]any{s.Name}, args...)...)
}

// maxDetailed is how many problems get the nearest word and the exact place inside a text. Both take a search, and a
// hostile document may hold a hundred thousand problems.
const maxDetailed = 200

// nearest returns the hint with the known word nearest to word.
func (v *validator) nearest(word string, known func() []string) string {
	if len(v.diags) >= maxDetailed {
		return ""
	}
	return near.Hint(word, known())
}

func (v *validator) unknownAction(s *stepInfo) {
	hint := v.nearest(s.Action, func() []string { return v.names })
	if hint == "" {
		hint = "known actions: " + strings.Join(v.names, ", ")
	}
	v.report(Error, CodeUnknownAction, s, s.ActionPos, hint, "unknown action %q", s.Action)
}
