//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// A Row is what one tool did in one case.
type Row struct {
	Case    Case
	Tool    string
	Samples []Sample
	Err     error // why there are no or fewer samples
	Absent  bool  // the tool is not on this machine, which is no failure
}

// A Sample is one measured cycle.
type Sample struct {
	Wall time.Duration
	// Memory is the sum of the highest resident sizes of a command with its children, of the command where that is
	// largest, and of the tool's daemons, in bytes.
	Memory int64
	Stages []Stage
}

// compare measures all cases, with the tools taking turns within a case. The first cycle of each tool is not counted.
// A tool that fails in a case is out for that case.
func compare(ctx context.Context, lab *Lab, tools []Tool, cases []Case, runs int) ([]Row, error) {
	absent := map[string]error{}
	for _, tool := range tools {
		lab.Logf("preparing %s", tool.Name())
		lab.Defer(tool.Close)
		if err := tool.Open(ctx, lab); err != nil {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			lab.Logf("%s: %v", tool.Name(), err)
			absent[tool.Name()] = err
		}
	}
	var rows []Row
	for _, c := range cases {
		more, err := compareCase(ctx, lab, tools, absent, c, runs)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

func compareCase(ctx context.Context, lab *Lab, tools []Tool, absent map[string]error, c Case, runs int) ([]Row, error) {
	rows := make([]Row, len(tools))
	projects := make([]Project, len(tools))
	for i, tool := range tools {
		rows[i] = Row{Case: c, Tool: tool.Name()}
		if err := absent[tool.Name()]; err != nil {
			rows[i].Err, rows[i].Absent = err, true
			continue
		}
		projects[i], rows[i].Err = newProject(lab, tool, c)
	}
	for run := range runs + 1 {
		value := fmt.Sprintf("%s-%d", lab.ID, run)
		for turn := range tools {
			i := (turn + run) % len(tools) // nobody always comes first
			if rows[i].Err != nil {
				continue
			}
			sample, err := cycle(ctx, lab, tools[i], projects[i], value, run > 0)
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			switch {
			case err != nil:
				rows[i].Err = err
				lab.Logf("%s, %s, run %d: %v", c.Name, tools[i].Name(), run, err)
			case run == 0:
				lab.Logf("%s, %s, warm-up: %.3f s", c.Name, tools[i].Name(), sample.Wall.Seconds())
			default:
				rows[i].Samples = append(rows[i].Samples, sample)
				lab.Logf("%s, %s, run %d: %.3f s", c.Name, tools[i].Name(), run, sample.Wall.Seconds())
			}
		}
	}
	return rows, nil
}

func newProject(lab *Lab, tool Tool, c Case) (Project, error) {
	slug := strings.NewReplacer(" ", "-", ",", "").Replace(strings.ToLower(tool.Name())) + "-" + c.Name
	p := Project{Dir: lab.Path("projects", slug), Repository: lab.Registry + "/bench/" + slug, Work: c.Work}
	if err := os.MkdirAll(p.Dir, 0o755); err != nil {
		return p, err
	}
	return p, tool.Write(p)
}

// cycle runs and measures the commands of tool once, and checks what they made. It is warm when it is not the first.
func cycle(ctx context.Context, lab *Lab, tool Tool, p Project, value string, warm bool) (Sample, error) {
	sample, outputs, err := measure(ctx, lab, tool.Commands(p, value), tool.Daemons())
	if err != nil {
		return sample, err
	}
	result, err := tool.Result(p, outputs, warm)
	if err != nil {
		return sample, err
	}
	if len(result.Stages) > 0 {
		sample.Stages = result.Stages
	}
	text, err := tool.File(ctx, p, result.Digest, p.Work.File)
	if err != nil {
		return sample, fmt.Errorf("check of %s: %w", p.Work.File, err)
	}
	if got, want := strings.TrimSpace(text), withRun(p.Work.Content, value); got != want {
		return sample, fmt.Errorf("the image has %q in %s, not %q", got, p.Work.File, want)
	}
	if p.Work.Pushed {
		return sample, checkPushed(ctx, p.Repository, result.Digest)
	}
	return sample, nil
}

// failures joins what went wrong; a tool that is not there is no failure, unless it is slipway.
func failures(rows []Row) error {
	var all []error
	for _, r := range rows {
		if r.Err != nil && (!r.Absent || strings.HasPrefix(r.Tool, "slipway")) {
			all = append(all, fmt.Errorf("%s, %s: %w", r.Case.Name, r.Tool, r.Err))
		}
	}
	return errors.Join(all...)
}
