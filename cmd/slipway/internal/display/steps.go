package display

import (
	"fmt"
	"io"
	"time"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/result"
)

// WriteSteps writes what each component of a build did, step by step.
func WriteSteps(w io.Writer, res *result.Result, style Style) {
	for _, stage := range []struct {
		name event.Stage
		list []result.Component
	}{{event.StageBuild, res.Components}, {event.StageTest, res.Tests}} {
		for _, c := range stage.list {
			l := line{right: Duration(time.Duration(c.Duration))}
			l.left = []span{symbolOf(event.Status(c.Status)), {dim, " " + pad(string(stage.name), 8)}, {bold, " " + Clean(c.Name)}}
			if c.Version != "" {
				l.add(dim, " "+Clean(c.Version))
			}
			if c.Cached {
				l.right, l.rightColour = "cached", cyan
			}
			_, _ = io.WriteString(w, l.render(0, style)+"\n")
			for _, p := range c.Phases {
				for _, s := range p.Steps {
					_, _ = io.WriteString(w, stepLine(p.Name, s).render(0, style)+"\n")
				}
			}
		}
	}
}

func stepLine(phase string, s result.Step) line {
	l := line{left: []span{{noColour, "  "}, symbolOf(event.Status(s.Status)), {noColour, " " + Clean(stepPath(phase, s.Name))}}, right: Duration(time.Duration(s.Duration))}
	l.add(dim, "  "+Clean(s.Action))
	if s.Attempts > 1 {
		l.add(yellow, fmt.Sprintf("  %d attempts", s.Attempts))
	}
	if s.ExitCode != nil && *s.ExitCode != 0 {
		l.add(red, fmt.Sprintf("  exit code %d", *s.ExitCode))
	}
	if text := reason(s.FailureMessage, s.ExitCode); text != "" {
		l.add(statusColour(event.Status(s.Status)), "  "+text)
	}
	return l
}
