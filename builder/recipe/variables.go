package recipe

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/slipway-oci/slipway/runner/document/near"
)

// The variables of a template.
const (
	parentImage  = "parentImage"
	environments = "environments"
	components   = "components"
)

var (
	variableNames = []string{parentImage, environments, components}
	variable      = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\{\{\{[ \t]*imagebuilder:([^{}\r\n]*)\}\}\}`) })
)

func variableName(match string) string {
	return strings.TrimSpace(variable().FindStringSubmatch(match)[1])
}

// place says what a line of the template is part of.
type place struct {
	node    *parser.Node // nil for comments and blank lines between instructions
	heredoc bool         // in the body of a heredoc
	comment bool
}

// places finds out for every line what it is part of.
func places(lines []string, root *parser.Node) []place {
	all := make([]place, len(lines))
	for _, n := range root.Children {
		body := n.EndLine + 1
		for _, h := range n.Heredocs {
			body -= strings.Count(h.Content, "\n") + 1
		}
		for l := n.StartLine; l <= n.EndLine && l <= len(lines); l++ {
			all[l-1] = place{node: n, heredoc: l >= body}
		}
	}
	for i, line := range lines {
		all[i].comment = !all[i].heredoc && strings.HasPrefix(strings.TrimSpace(line), "#")
	}
	return all
}

// variables finds the variables of a template and refuses those that stand where they must not.
func (p *templateParser) variables() {
	known := false
	for i, line := range p.lines {
		if p.places[i].comment {
			continue
		}
		for _, match := range variable().FindAllString(line, -1) {
			switch name := variableName(match); name {
			case parentImage:
				p.parents[i] = true
				known = true
				if n := p.places[i].node; n != nil && strings.EqualFold(n.Value, "FROM") {
					p.parentInFrom = true
				}
			case components:
				p.marker(i, match, &p.components)
			case environments:
				p.marker(i, match, &p.environments)
			default:
				p.unknownVariable(i, name)
				known, p.parentInFrom = true, true // it may be the one that is missing
			}
		}
	}
	switch {
	case !known:
		p.advise(0, "its first line is usually: FROM {{{ imagebuilder:parentImage }}}",
			"the template has no {{{ imagebuilder:parentImage }}}")
	case !p.parentInFrom:
		p.fail(0, "{{{ imagebuilder:parentImage }}} is in no FROM of the template")
	}
	if p.components >= 0 && p.environments > p.components {
		p.fail(p.environments, "{{{ imagebuilder:environments }}} stands behind {{{ imagebuilder:components }}}")
	}
}

// marker notes a variable that takes a line of its own. A refused one is noted too, so that what would follow from
// its absence is not reported as well.
func (p *templateParser) marker(line int, match string, at *int) {
	n := p.places[line].node
	switch {
	case *at >= 0:
		p.fail(line, "%s is there twice, first in line %d", match, p.first+*at)
		return
	case p.places[line].heredoc:
		p.fail(line, "%s is inside a heredoc", match)
	case n == nil || n.StartLine != n.EndLine:
		p.fail(line, "%s is inside an instruction of several lines", match)
	case strings.TrimSpace(p.lines[line]) != match:
		p.fail(line, "%s shares its line with other text", match)
	}
	*at = line
}

func (p *templateParser) unknownVariable(line int, name string) {
	advice := "known variables: imagebuilder:" + strings.Join(variableNames, ", imagebuilder:")
	if word, ok := near.Word(name, variableNames); ok {
		advice = fmt.Sprintf("did you mean {{{ imagebuilder:%s }}}?", word)
	}
	p.advise(line, advice, "unknown variable {{{ imagebuilder:%s }}}", name)
}
