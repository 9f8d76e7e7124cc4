package document

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/slipway-oci/slipway/runner/expr"
)

// place is where a text stands, which decides about the references it may hold. Variables may stand in all of them.
type place struct {
	what, kinds         string // for messages
	loop, chain, secret bool
}

var (
	inInputs = &place{what: "inputs", loop: true, chain: true, secret: true}
	inIf     = &place{what: "if", kinds: "variable, chaining and dynamic references", chain: true}
	inEach   = &place{what: "loop", kinds: "variable, chaining and dynamic references", chain: true}
	inFor    = &place{what: "loop", kinds: "variable references"}
)

func (p *place) allows(k expr.Kind) bool {
	switch k {
	case expr.Loop:
		return p.loop
	case expr.Chain, expr.Dynamic:
		return p.chain
	case expr.Secret:
		return p.secret
	}
	return true
}

// references checks every reference of a step.
func (v *validator) references(s *stepInfo) {
	for i := range s.Inputs {
		for j := range s.Inputs[i].Keys {
			v.walk(s, inInputs, &s.Inputs[i].Keys[j].Value)
		}
	}
	if s.If != nil {
		v.condition(s, s.If)
	}
	if s.Loop == nil {
		return
	}
	if f := s.Loop.For; f != nil {
		v.walk(s, inFor, &Value{Text: f.Start, Pos: f.StartPos})
		v.walk(s, inFor, &Value{Text: f.End, Pos: f.EndPos})
		v.walk(s, inFor, &Value{Text: f.UpdateBy, Pos: f.UpdateByPos})
	}
	if e := s.Loop.Each; e != nil {
		for i := range e.Items {
			v.walk(s, inEach, &e.Items[i])
		}
		if e.List != nil {
			v.walk(s, inEach, e.List)
		}
	}
}

func (v *validator) condition(s *stepInfo, c *Condition) {
	v.walk(s, inIf, &c.Operand)
	for _, companion := range []*Value{c.Value, c.Path} {
		if companion != nil {
			v.walk(s, inIf, companion)
		}
	}
	for i := range c.Terms {
		v.condition(s, &c.Terms[i])
	}
}

// walk checks the references of every scalar in value.
func (v *validator) walk(s *stepInfo, at *place, value *Value) {
	switch value.Kind {
	case Sequence:
		for i := range value.List {
			v.walk(s, at, &value.List[i])
		}
	case Mapping:
		for i := range value.Map {
			v.walk(s, at, &value.Map[i].Value)
		}
	default:
		if strings.Contains(value.Text, "{{") {
			v.text(s, at, value)
		}
	}
}

func (v *validator) text(s *stepInfo, at *place, value *Value) {
	offset := 0
	for _, p := range expr.Scan(value.Text) {
		u := use{step: s, at: at, value: value, offset: offset}
		offset += len(p.Text)
		if p.Ref != nil {
			u.ref = *p.Ref
			v.reference(u)
		} else {
			v.malformed(u, p.Text)
		}
	}
}

// use is one reference where it stands.
type use struct {
	step   *stepInfo
	at     *place
	value  *Value
	offset int // of the reference in the text of value
	ref    expr.Ref
}

func (v *validator) refProblem(u use, sev Severity, code, hint, format string, args ...any) {
	v.report(sev, code, u.step, v.locate(u.value, u.offset), hint, format, args...)
}

func (v *validator) reference(u use) {
	if !u.at.allows(u.ref.Kind) {
		v.refProblem(u, Error, CodeRefNotAllowedHere, "", "%s cannot stand in %q: only %s can", u.ref.Raw, u.at.what, u.at.kinds)
		return
	}
	switch u.ref.Kind {
	case expr.Variable:
		v.variable(u)
	case expr.Loop:
		v.loopRef(u)
	case expr.Chain:
		v.chain(u)
	case expr.Dynamic:
		v.dynamic(u)
	}
}

func (v *validator) variable(u use) {
	parameter, declared := v.decl[u.ref.Name]
	if !declared {
		hint := v.nearest(u.ref.Name, v.declared)
		if hint != "" {
			hint += " "
		}
		hint += "For literal braces define a constant with the value '{{' and write it in front"
		v.refProblem(u, Error, CodeRefUndefined, hint, "no parameter or constant is named %q", u.ref.Name)
		return
	}
	if _, has := v.vars[u.ref.Name]; parameter && !has && v.opts.Run != nil && u.step.selected {
		v.refProblem(u, Error, CodeParamNoValue, "supply a value or declare a default", "parameter %q has no value", u.ref.Name)
	}
}

// declared returns the names of parameters and constants.
func (v *validator) declared() []string {
	if v.words == nil {
		for name := range v.decl {
			v.words = append(v.words, name)
		}
		slices.Sort(v.words)
	}
	return v.words
}

// loopRef warns about loop references that stay in the text because they are those of no loop here.
func (v *validator) loopRef(u use) {
	loop := u.step.Loop
	switch {
	case loop != nil && (u.ref.Name == "loop" || u.ref.Name == loop.Name):
	case u.ref.Name == "loop":
		v.refProblem(u, Warning, CodeRefLoopOutside, "", "%s stays as it is: the step has no loop", u.ref.Raw)
	case v.loops[u.ref.Name]:
		v.refProblem(u, Warning, CodeRefLoopOutside, "", "%s stays as it is: %q is the loop of another step", u.ref.Raw, u.ref.Name)
	}
}

// contextKeys are the keys of {{ context:KEY }}.
var contextKeys = []string{
	"accountId", "date", "dateTime", "executionId", "hostname", "osName", "osPlatform", "osVersion", "phase", "region", "step", "uuid",
}

func (v *validator) dynamic(u use) {
	switch u.ref.Source {
	case expr.Context:
		if slices.Contains(contextKeys, u.ref.Name) {
			return
		}
		hint := v.nearest(u.ref.Name, func() []string { return contextKeys })
		if hint == "" {
			hint = "known keys: " + strings.Join(contextKeys, ", ")
		}
		v.refProblem(u, Error, CodeRefUndefined, hint, "unknown context key %q", u.ref.Name)
	case expr.IMDS:
		if CredentialPath(u.ref.Name) {
			v.refProblem(u, Error, CodeRefNotAllowedHere, "", "instance metadata under %q holds credentials and cannot be referred to", u.ref.Name)
		}
	}
}

// likeChain finds text in braces that begins with two words and a dot between them.
var likeChain = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\{\{[ \t]*([A-Za-z0-9_-]+)[ \t]*\.[ \t]*([A-Za-z0-9_-]+)[^{}\n]*\}\}`)
})

// malformed warns about literal text that was probably meant to be a chain reference.
func (v *validator) malformed(u use, text string) {
	if !strings.Contains(text, "{{") {
		return
	}
	start := u.offset
	for _, m := range likeChain().FindAllStringSubmatchIndex(text, -1) {
		p, ok := v.index[text[m[2]:m[3]]]
		if !ok || p.steps[text[m[4]:m[5]]] == nil {
			continue
		}
		u.offset = start + m[0]
		v.refProblem(u, Warning, CodeRefMalformed, "write phase.step.outputs.name or phase.step.inputs.name",
			"%s stays as it is: it names a step but is no reference", text[m[0]:m[1]])
	}
}
