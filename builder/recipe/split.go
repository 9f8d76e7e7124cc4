package recipe

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// split makes the Template of a template without problems.
func (p *templateParser) split(text string) *Template {
	t := &Template{
		Text: text, file: p.file, first: p.first, escape: p.escapeToken(), parents: p.parents, componentsLine: p.components,
	}
	t.LabelKeys, t.SecretIDs, t.UsesContext = p.labelKeys(), p.secretIDs(), p.usesContext()
	t.whole = slices.Clone(p.lines)
	if p.environments >= 0 {
		t.whole[p.environments] = blank(t.whole[p.environments])
	}
	inner := withoutSyntax(t.whole)
	if p.components < 0 {
		t.prefix = inner
		return t
	}
	at := p.stageAt(p.components)
	t.HasComponents = true
	t.Target = p.stages[at].Name
	if root := p.chain(at)[0]; p.stages[root].BaseName != parentStandIn {
		_, t.Base = p.base(root)
	}
	t.Args, t.user = p.args(), p.user()
	t.prefix = inner[:p.components]
	if !p.endsWithComponents(at) {
		t.suffix = p.suffix(inner, at)
	}
	t.OnlyParent = p.isOnlyParent()
	t.Trivial = t.OnlyParent && t.suffix == nil
	return t
}

// suffix makes the stage with the components start from what they left.
func (p *templateParser) suffix(lines []string, at int) []string {
	suffix := slices.Clone(lines)
	for i := p.fromLine(at); i <= p.components; i++ {
		suffix[i] = blank(suffix[i])
	}
	from := "FROM " + ComponentsContext
	if name := p.stages[at].Name; name != "" {
		from += " AS " + name
	}
	p.rewriteFrom(suffix, at, from)
	for _, n := range p.nodes(at) {
		if keyword := strings.ToUpper(n.Value); keyword == "CMD" || keyword == "ONBUILD" {
			copy(suffix[n.StartLine-1:n.EndLine], lines[n.StartLine-1:n.EndLine])
		}
	}
	var declared []string
	for _, i := range p.chain(at) {
		for _, n := range p.nodes(i) {
			if strings.EqualFold(n.Value, "ARG") && (i != at || n.StartLine <= p.components) {
				declared = append(declared, argKeyword().ReplaceAllString(n.Original, ""))
			}
		}
	}
	if len(declared) > 0 {
		suffix[p.components] = "ARG " + strings.Join(declared, " ") + lineEnd(lines[p.components])
	}
	return suffix
}

var argKeyword = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)^\s*ARG\s+`) })

// rewriteFrom puts text where the FROM of a stage is.
func (p *templateParser) rewriteFrom(lines []string, at int, text string) {
	for _, r := range p.stages[at].Location {
		for i := r.Start.Line - 1; i < r.End.Line; i++ {
			lines[i] = blank(lines[i])
		}
	}
	lines[p.fromLine(at)] = text + lineEnd(p.lines[p.fromLine(at)])
}

func (p *templateParser) fromLine(at int) int { return p.stages[at].Location[0].Start.Line - 1 }

// stageEnd is the line behind the last one of a stage.
func (p *templateParser) stageEnd(at int) int {
	if at+1 < len(p.stages) {
		return p.fromLine(at + 1)
	}
	return len(p.lines)
}

// nodes gives the instructions of a stage behind its FROM; in the stage of the components only those before them.
func (p *templateParser) nodes(at int) []*parser.Node {
	end := p.stageEnd(at)
	if at == p.stageAt(p.components) {
		end = p.components
	}
	var list []*parser.Node
	for _, place := range p.places[p.fromLine(at):end] {
		n := place.node
		if n == nil || strings.EqualFold(n.Value, "FROM") || len(list) > 0 && list[len(list)-1] == n {
			continue
		}
		list = append(list, n)
	}
	return list
}

// endsWithComponents says that no instruction follows the components, in their stage or in a later one.
func (p *templateParser) endsWithComponents(at int) bool {
	if at != len(p.stages)-1 {
		return false
	}
	commands := p.stages[at].Commands
	return len(commands) == 0 || commands[len(commands)-1].Location()[0].Start.Line <= p.components
}

// isOnlyParent says that nothing but a plain FROM of the parent comes before the components.
func (p *templateParser) isOnlyParent() bool {
	s := p.stages[0]
	return len(p.stages) == 1 && s.BaseName == parentStandIn && s.Platform == "" && len(s.Commands) == 0
}
