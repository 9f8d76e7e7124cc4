//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// A Row is what one tool did in one case.
type Row struct {
	Case    Case
	Tool    string
	Samples []Sample
	Err     error // why there are no or fewer samples
	Absent  bool  // the tool is not on this machine or cannot do this, which is no failure
	// Entries is how many paths of the last image were found to be the same as in slipway's; 0 is not compared.
	Entries int
}

// A Sample is one measured cycle.
type Sample struct {
	Wall time.Duration
	// Memory is the sum of the highest resident sizes of a command with its children, of the command where that is
	// largest, and of the tool's daemons, in bytes.
	Memory int64
	Stages []Stage
}

// compare measures all cases, with the tools taking turns within a case. The first cycle of each tool is not counted,
// unless the work is Fresh.
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
	if c.Alone {
		tools = slices.DeleteFunc(slices.Clone(tools), func(t Tool) bool { return !isSlipway(t.Name()) })
	}
	if c.Runs > 0 {
		runs = min(runs, c.Runs)
	}
	rows := make([]Row, len(tools))
	projects := make([]Project, len(tools))
	images := make([]v1.Image, len(tools))
	for i, tool := range tools {
		rows[i] = Row{Case: c, Tool: tool.Name()}
		if err := absent[tool.Name()]; err != nil {
			rows[i].Err, rows[i].Absent = err, true
			continue
		}
		projects[i], rows[i].Err = newProject(lab, tool, c)
		rows[i].Absent = errors.As(rows[i].Err, new(cannotError))
	}
	first := 0
	if c.Fresh {
		first = 1
	}
	for run := first; run <= runs; run++ {
		value := fmt.Sprintf("%s-%s-%d", lab.ID, c.Name, run) // no other case may have it in the cache
		for _, i := range turns(len(tools), run) {
			if rows[i].Err != nil {
				continue
			}
			sample, image, err := cycle(ctx, lab, tools[i], projects[i], value, run > 0)
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			images[i] = image
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
	compareImages(lab, rows, images)
	return rows, nil
}

// turns is the order of n tools in a round. Nobody always comes first, and in successive rounds nobody comes behind the same
// one, as far as n allows: the disk goes on with what one tool left to it in the next one's time.
func turns(n, round int) []int {
	var strides []int
	for s := 1; s <= n; s++ {
		if coprime(s, n) {
			strides = append(strides, s)
		}
	}
	order := make([]int, n)
	for turn := range order {
		order[turn] = (round + turn*strides[round%len(strides)]) % n
	}
	return order
}

func coprime(a, b int) bool {
	for b > 0 {
		a, b = b, a%b
	}
	return a == 1
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
func cycle(ctx context.Context, lab *Lab, tool Tool, p Project, value string, warm bool) (Sample, v1.Image, error) {
	lab.settle(ctx)
	sample, outputs, err := measure(ctx, lab, tool.Commands(p, value), tool.Daemons())
	lab.reapOrphans()
	if err != nil {
		return sample, nil, err
	}
	result, err := tool.Result(p, outputs, warm)
	if err != nil || result.NoImage {
		return sample, nil, err
	}
	if len(result.Stages) > 0 {
		sample.Stages = result.Stages
	}
	digest := result.Digest
	if !p.Work.Pushed {
		if digest, err = tool.Publish(ctx, p, value, result); err != nil {
			return sample, nil, err
		}
	}
	image, err := lab.image(ctx, p.Repository, digest)
	if err != nil {
		return sample, nil, err
	}
	text, err := fileOf(image, p.Work.File)
	if err != nil {
		return sample, nil, fmt.Errorf("check of %s: %w", p.Work.File, err)
	}
	if got, want := strings.TrimSpace(text), withRun(p.Work.Content, value); got != want {
		return sample, nil, fmt.Errorf("the image has %q in %s, not %q", got, p.Work.File, want)
	}
	return sample, image, nil
}

// compareImages compares what the tools made in the last run, which was the same for all, with what the first made.
func compareImages(lab *Lab, rows []Row, images []v1.Image) {
	var first tree
	for i, image := range images {
		if image == nil || rows[i].Err != nil {
			continue
		}
		t, err := lab.layers.tree(image)
		if err != nil {
			rows[i].Err = fmt.Errorf("the files of the image: %w", err)
			continue
		}
		if first == nil {
			first = t
			continue
		}
		found := comparison{Began: lab.Began, Varies: rows[i].Case.Varies}.differences(first, t)
		if len(found) == 0 {
			rows[i].Entries = len(t)
			continue
		}
		rows[i].Err = &differentError{found}
		lab.Logf("%s: %v", rows[i].Case.Name, rows[i].Err)
	}
}

// A differentError is an image with other files than the first tool's.
type differentError struct {
	found []string
}

func (e *differentError) Error() string {
	return fmt.Sprintf("%d differences in the image's files: %s", len(e.found), strings.Join(e.found[:min(len(e.found), 8)], "; "))
}

// failures joins what went wrong; a tool that is not there is no failure, unless it is slipway.
func failures(rows []Row) error {
	var all []error
	for _, r := range rows {
		if r.Err != nil && (!r.Absent || isSlipway(r.Tool) && !errors.As(r.Err, new(cannotError))) {
			all = append(all, fmt.Errorf("%s, %s: %w", r.Case.Name, r.Tool, r.Err))
		}
	}
	return errors.Join(all...)
}
