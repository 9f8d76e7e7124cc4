package plan

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/slipway-oci/slipway/runner/document"
)

var (
	reference  = regexp.MustCompile(`(\$?)\{\{[ \t]*([^{}\s]+)[ \t]*\}\}`)
	chained    = regexp.MustCompile(`^([A-Za-z0-9_-]{1,128})\.([A-Za-z0-9_-]{1,128})\.inputs(?:\[([0-9]{1,9})\])?\.([A-Za-z0-9_-]{1,128})`)
	plainName  = regexp.MustCompile(`^[A-Za-z0-9_-]{3,128}$`)
	secretName = regexp.MustCompile(`^secrets\.([A-Za-z0-9_-]{1,128})$`)
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
	for _, m := range reference.FindAllStringSubmatch(text, -1) {
		dollar, inner := m[1] != "", m[2]
		if plainName.MatchString(inner) {
			s.variables[inner] = true
		}
		if name := secretName.FindStringSubmatch(inner); name != nil && !dollar {
			s.secrets[name[1]] = true
		}
		if c := chained.FindStringSubmatch(inner); c != nil {
			s.follow(c[1], c[2], c[3], c[4])
		}
	}
}

// follow looks into the input of another step: its text is resolved for the step that refers to it.
func (s *scanner) follow(phase, step, index, key string) {
	path := strings.Join([]string{phase, step, index, key}, "\x00")
	if s.followed[path] {
		return
	}
	s.followed[path] = true
	at, _ := strconv.Atoi(index) // no index means 0
	p, _ := s.doc.Phase(phase)
	for _, candidate := range p.Steps {
		if candidate.Name != step || at >= len(candidate.Inputs) {
			continue
		}
		for _, k := range candidate.Inputs[at].Keys {
			if k.Name == key {
				s.value(k.Value)
			}
		}
	}
}
