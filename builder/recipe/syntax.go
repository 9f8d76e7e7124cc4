package recipe

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

var builtInSyntax = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(docker\.io/)?docker/dockerfile:1(\.[0-9]+){0,2}$`) })

// checkSyntax refuses front ends that would have to be pulled and run.
func (p *templateParser) checkSyntax() {
	syntax, _, at, found := parser.DetectSyntax([]byte(strings.Join(p.lines, "")))
	if !found || builtInSyntax().MatchString(syntax) {
		return
	}
	line := 0
	if len(at) > 0 {
		line = max(at[0].Start.Line-1, 0)
	}
	p.advise(line, "remove the syntax line, or use: # syntax=docker/dockerfile:1",
		"front end %q is not built in", syntax)
}

// withoutSyntax removes a syntax directive, which would make the front end fetch another one. A blank line ends the
// directives of a Dockerfile, so the others move up.
func withoutSyntax(lines []string) []string {
	lines = slices.Clone(lines)
	var directives parser.DirectiveParser
	for i, line := range lines {
		d, err := directives.ParseLine([]byte(strings.TrimSpace(line)))
		if d == nil || err != nil {
			break
		}
		if d.Name != "syntax" {
			continue
		}
		last := i
		for last+1 < len(lines) {
			next, err := directives.ParseLine([]byte(strings.TrimSpace(lines[last+1])))
			if next == nil || err != nil {
				break
			}
			last++
		}
		copy(lines[i:last], lines[i+1:last+1])
		lines[last] = lineEnd(line)
		break
	}
	return lines
}
