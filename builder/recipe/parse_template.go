package recipe

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/slipway-oci/slipway/runner/document"
)

// parentStandIn is the parent's name while a template is looked at.
const parentStandIn = "slipway.invalid/parent"

// templateParser holds what is known of a template on the way to a Template. Lines count from 0.
type templateParser struct {
	file     string
	first    int // number of the template's first line in file
	lines    []string
	places   []place
	problems []*Error

	parents                  map[int]bool // lines in which the parent is named
	parentInFrom             bool
	components, environments int // lines of the markers, -1 for none

	escape rune
	stages []instructions.Stage
	meta   []instructions.ArgCommand
}

// ParseTemplate checks a Dockerfile template and splits it at its components. Messages name file and number lines
// from first, so that they can point into the file that holds the template. Its error holds all problems it could
// see, joined, in file order.
func ParseTemplate(file string, first int, text string) (*Template, error) {
	p := &templateParser{file: file, first: first, parents: map[int]bool{}, components: -1, environments: -1}
	p.lines = strings.SplitAfter(strings.TrimPrefix(text, "\ufeff"), "\n")
	if p.lines[len(p.lines)-1] == "" {
		p.lines = p.lines[:len(p.lines)-1]
	}
	p.checkSyntax()
	p.parse()
	if len(p.problems) == 0 {
		p.parseStages()
	}
	if len(p.problems) == 0 {
		p.checkOrder()
	}
	if len(p.problems) == 0 && p.components >= 0 {
		p.checkStages()
	}
	if err := join(p.problems); err != nil {
		return nil, err
	}
	return p.split(text), nil
}

func (p *templateParser) fail(line int, format string, args ...any) {
	p.advise(line, "", format, args...)
}

// advise is fail with a hint how to mend it.
func (p *templateParser) advise(line int, advice, format string, args ...any) {
	p.problems = append(p.problems, &Error{
		Pos: document.Pos{File: p.file, Line: p.first + line}, Message: fmt.Sprintf(format, args...), Advice: advice,
	})
}

// parse finds instructions, comments and heredocs, and the variables among them.
func (p *templateParser) parse() {
	result, err := parser.Parse(strings.NewReader(p.plain(func(_ int, line string) string { return line })))
	if err != nil {
		p.failDockerfile(err)
		return
	}
	p.escape = result.EscapeToken
	p.places = places(p.lines, result.AST)
	p.variables()
}

// parseStages reads the instructions themselves, without the lines of markers.
func (p *templateParser) parseStages() {
	text := p.plain(func(i int, line string) string {
		if i == p.components || i == p.environments {
			return blank(line)
		}
		return line
	})
	result, err := parser.Parse(strings.NewReader(text))
	if err == nil {
		p.stages, p.meta, err = instructions.Parse(result.AST, nil)
	}
	if err != nil {
		p.failDockerfile(err)
	}
}

// plain joins the lines with a stand-in for the parent.
func (p *templateParser) plain(keep func(int, string) string) string {
	var b strings.Builder
	for i, line := range p.lines {
		b.WriteString(variable().ReplaceAllStringFunc(keep(i, line), func(match string) string {
			if variableName(match) == parentImage {
				return parentStandIn
			}
			return match
		}))
	}
	return b.String()
}

var dockerfileLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^dockerfile parse error on line \d+: `) })

// failDockerfile reports an error of the Dockerfile parser with its line.
func (p *templateParser) failDockerfile(err error) {
	line := 0
	var located *parser.LocationError
	if errors.As(err, &located) && len(located.Locations) > 0 && len(located.Locations[0]) > 0 {
		line = max(located.Locations[0][0].Start.Line-1, 0)
	}
	p.fail(line, "%s", dockerfileLine().ReplaceAllString(err.Error(), ""))
}

// checkOrder refuses to copy from a stage that begins later. BuildKit does so as well, but in the prefix it would not
// see the later stage and take its name for that of an image.
func (p *templateParser) checkOrder() {
	for i, stage := range p.stages {
		for _, command := range stage.Commands {
			for _, name := range sources(command) {
				if p.find(name) >= i {
					p.fail(command.Location()[0].Start.Line-1, "stage %q is used before it begins", name)
				}
			}
		}
	}
}

// checkStages makes sure that the components are in a stage, and that the image depends on it.
func (p *templateParser) checkStages() {
	at := p.stageAt(p.components)
	if at < 0 {
		p.fail(p.components, "{{{ imagebuilder:components }}} stands before the first FROM")
		return
	}
	for i, stage := range p.stages {
		if strings.HasPrefix(stage.Name, reservedPrefix) {
			p.fail(p.fromLine(i), "build stage %q has a name that is taken: it starts with %s", stage.Name, reservedPrefix)
		}
	}
	if p.environments >= 0 && p.stageAt(p.environments) != at {
		p.fail(p.environments, "{{{ imagebuilder:environments }}} is not in the build stage of {{{ imagebuilder:components }}}")
	}
	if !p.reached()[at] {
		p.advise(p.components, "start the last stage FROM it, or COPY --from it; else the components have no effect",
			"the components are in build stage %s, which the last stage does not use", p.stageName(at))
	}
}

// stageAt gives the index of the stage that a line is in, -1 before the first one.
func (p *templateParser) stageAt(line int) int {
	at := -1
	for i, s := range p.stages {
		if s.Location[0].Start.Line <= line+1 {
			at = i
		}
	}
	return at
}

func (p *templateParser) stageName(at int) string {
	if name := p.stages[at].Name; name != "" {
		return fmt.Sprintf("%q", name)
	}
	return fmt.Sprintf("number %d", at)
}
