package plan

import (
	"slices"

	"github.com/slipway-oci/slipway/runner/document"
	"github.com/slipway-oci/slipway/runner/expr"
)

// scanner walks the texts of a document in which references are resolved.
type scanner struct {
	doc       *document.Document
	variables map[string]bool
	secrets   map[string]bool
	followed  map[string]bool // inputs of other steps that were looked into
}

func scan(doc *document.Document, phases []string) *scanner {
	s := &scanner{doc: doc, variables: map[string]bool{}, secrets: map[string]bool{}, followed: map[string]bool{}}
	for _, phase := range doc.Phases {
		if !slices.Contains(phases, phase.Name) {
			continue
		}
		for _, step := range phase.Steps {
			s.step(step)
		}
	}
	return s
}

// variablesOf names the parameters and constants that the phases refer to, also by way of inputs of other steps.
func variablesOf(doc *document.Document, phases []string) map[string]bool {
	return scan(doc, phases).variables
}

// secretsOf names the secrets that the phases refer to.
func secretsOf(doc *document.Document, phases []string) map[string]bool {
	return scan(doc, phases).secrets
}

func (s *scanner) step(step document.Step) {
	for _, input := range step.Inputs {
		for _, key := range input.Keys {
			s.value(key.Value)
		}
		s.condition(input.Condition)
	}
	s.condition(step.If)
	if step.Loop == nil {
		return
	}
	if l := step.Loop.For; l != nil {
		s.text(l.Start)
		s.text(l.End)
		s.text(l.UpdateBy)
	}
	if l := step.Loop.Each; l != nil {
		for _, item := range l.Items {
			s.value(item)
		}
		if l.List != nil {
			s.value(*l.List)
		}
	}
}

func (s *scanner) condition(c *document.Condition) {
	if c == nil {
		return
	}
	s.value(c.Operand)
	for _, v := range []*document.Value{c.Value, c.Path} {
		if v != nil {
			s.value(*v)
		}
	}
	for i := range c.Terms {
		s.condition(&c.Terms[i])
	}
}

func (s *scanner) value(v document.Value) {
	s.text(v.Text)
	for _, item := range v.List {
		s.value(item)
	}
	for _, key := range v.Map {
		s.value(key.Value)
	}
}

func (s *scanner) text(text string) {
	for _, part := range expr.Scan(text) {
		if part.Ref == nil {
			continue
		}
		switch r := part.Ref; r.Kind {
		case expr.Variable:
			s.variables[r.Name] = true
		case expr.Secret:
			s.secrets[r.Name] = true
		case expr.Chain:
			if r.Field == expr.Inputs {
				s.follow(*r)
			}
		case expr.Loop, expr.Dynamic:
		}
	}
}

// follow looks into the input of another step: its text is resolved for the step that refers to it.
func (s *scanner) follow(r expr.Ref) {
	if s.followed[r.Raw] {
		return
	}
	s.followed[r.Raw] = true
	phase, _ := s.doc.Phase(r.Phase)
	entry := max(r.Entry, 0) // -1 is no index, and means the first
	for _, step := range phase.Steps {
		if step.Name != r.Step || entry >= len(step.Inputs) {
			continue
		}
		for _, key := range step.Inputs[entry].Keys {
			if key.Name == r.Path[0].Name {
				s.value(key.Value)
			}
		}
	}
}
