//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// A Series asks how slipway's cost grows with one thing.
type Series struct {
	Name   string // for -only and the name of the picture
	Title  string
	XLabel string
	Sizes  []int
	// Work is what one build has to do at a size.
	Work func(size int) Work
	// Together builds the work size times at once, each with a value of its own.
	Together bool
}

func (s Series) name() string { return s.Name }

// allSeries are the pictures, in the order of the page.
func allSeries() []Series {
	return []Series{
		{
			Name: "components", Title: "Components in a recipe", XLabel: "components, one small step each",
			Sizes: []int{1, 25, 50, 100, 150, 200}, Work: manyComponents,
		},
		{
			Name: "steps", Title: "Steps in a component", XLabel: "steps that print a line",
			Sizes: []int{1, 1000, 2500, 5000, 7500, 10_000}, Work: manySteps,
		},
		{
			Name: "layer", Title: "Size of a layer: build and push", XLabel: "MB that cannot be compressed",
			Sizes: []int{1, 250, 500, 1000, 1500, 2000}, Work: func(size int) Work { return scaled(true, randomFile(int64(size)*1e6)) },
		},
		{
			Name: "files", Title: "Files in a layer: build and push", XLabel: "small files",
			Sizes: []int{1, 25_000, 50_000, 100_000, 150_000, 200_000}, Work: func(size int) Work { return scaled(true, manyFiles(size)) },
		},
		{
			Name: "parallel", Title: "Builds at the same time on one builder", XLabel: "builds of ten small steps",
			Sizes: []int{1, 2, 4, 8, 12, 16}, Work: func(int) Work { return tenSteps().Work }, Together: true,
		},
	}
}

// scaled is the work of one component with one command.
func scaled(pushed bool, command string) Work {
	return Work{
		Components: []Component{{
			Name: "part", Changing: true,
			Commands: []string{"mkdir -p /srv/bench && echo " + Run + " > /srv/bench/0-run && " + command},
		}},
		Pushed: pushed, File: "/srv/bench/0-run", Content: Run,
	}
}

func manyComponents(size int) Work {
	w := Work{File: fmt.Sprintf("/srv/bench/part-%d", size), Content: Run}
	for i := range size {
		w.Components = append(w.Components, Component{
			Name: fmt.Sprintf("part-%d", i+1), Changing: true,
			Commands: []string{fmt.Sprintf("mkdir -p /srv/bench && echo %s > /srv/bench/part-%d", Run, i+1)},
		})
	}
	return w
}

func manySteps(size int) Work {
	c := Component{Name: "steps", Changing: true, Commands: []string{"mkdir -p /srv/bench && echo " + Run + " > /srv/bench/0-run"}}
	for range size - 1 {
		c.Commands = append(c.Commands, "echo .")
	}
	return Work{Components: []Component{c}, File: "/srv/bench/0-run", Content: Run}
}

// scale measures series with a builder that is kept and writes their pictures into dir.
func scale(ctx context.Context, lab *Lab, tool *slipwayTool, series []Series, runs int, dir string, w io.Writer) error {
	lab.Defer(tool.Close)
	if err := tool.Open(ctx, lab); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	fmt.Fprintln(w, "| what grows | from | to | fixed cost, s | cost of one more, ms | straight (R²) | most memory, MB |")
	fmt.Fprintln(w, "|---|--:|--:|--:|--:|--:|--:|")
	var failed []error
	for _, s := range series {
		plot := Plot{Title: s.Title, XLabel: s.XLabel, YLabel: "seconds"}
		var memory int64
		for i, size := range s.Sizes {
			var sample Sample
			var err error
			if i == 0 {
				_, err = s.measure(ctx, lab, tool, size, 1, false) // fills caches
			}
			if err == nil {
				sample, err = s.measure(ctx, lab, tool, size, runs, true)
			}
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err != nil {
				failed = append(failed, fmt.Errorf("%s, %d: %w", s.Name, size, err))
				lab.Logf("%s, %d: %v", s.Name, size, err)
				break
			}
			memory = max(memory, sample.Memory)
			lab.Logf("%s, %d: %.3f s, %d MB", s.Name, size, sample.Wall.Seconds(), sample.Memory/1e6)
			plot.Points = append(plot.Points, Point{float64(size), sample.Wall.Seconds()})
		}
		if len(plot.Points) < 2 {
			continue
		}
		base, slope := fit(plot.Points)
		last := plot.Points[len(plot.Points)-1]
		fmt.Fprintf(w, "| %s | %g | %g | %.3f | %.3g | %.4f | %d |\n", s.XLabel, plot.Points[0].X, last.X, base, slope*1000, straightness(plot.Points), memory/1e6)
		if err := plot.save(filepath.Join(dir, "scale-"+s.Name+".svg")); err != nil {
			return err
		}
	}
	return errors.Join(failed...)
}

// measure returns the median of runs and the most memory. Warm tells that what can be cached is.
func (s Series) measure(ctx context.Context, lab *Lab, tool *slipwayTool, size, runs int, warm bool) (Sample, error) {
	copies := 1
	if s.Together {
		copies = size
	}
	name := fmt.Sprintf("%s-%d", s.Name, size)
	if !warm {
		name += "-first"
	}
	projects := make([]Project, copies)
	for i := range projects {
		c := Case{Name: fmt.Sprintf("%s-%d", name, i), Work: s.Work(size)}
		var err error
		if projects[i], err = newProject(lab, tool, c); err != nil {
			return Sample{}, err
		}
	}
	var walls []time.Duration
	var result Sample
	for run := range runs {
		samples, errs := make([]Sample, copies), make([]error, copies)
		lab.settle(ctx)
		start := time.Now()
		var group sync.WaitGroup
		for i, p := range projects {
			value := fmt.Sprintf("%s-%s-%d-%d", lab.ID, name, run, i) // no other size may have it in the cache
			group.Go(func() { samples[i], errs[i] = buildOnce(ctx, lab, tool, p, value, warm) })
		}
		group.Wait()
		walls = append(walls, time.Since(start))
		lab.reapOrphans() // not earlier, while other commands are waited for
		if err := errors.Join(errs...); err != nil {
			return result, err
		}
		for _, sample := range samples {
			result.Memory = max(result.Memory, sample.Memory)
		}
	}
	result.Wall = median(walls)
	return result, nil
}

// buildOnce is one cycle without a look into the image, which would take as long: the tool checks its own result.
func buildOnce(ctx context.Context, lab *Lab, tool *slipwayTool, p Project, value string, warm bool) (Sample, error) {
	sample, outputs, err := measure(ctx, lab, tool.Commands(p, value), tool.Daemons())
	if err == nil {
		_, err = tool.Result(p, outputs, warm)
	}
	return sample, err
}

func (p Plot) save(path string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return p.write(f)
}
