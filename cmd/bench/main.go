//go:build linux

// Bench measures slipway beside other builders of container images: the same work, on the same parent image, with the
// same registry, the tools taking turns. It prints one Markdown table of medians, to which the result of every single
// run was right: the image holds what the steps wrote, and what was pushed is in the registry.
//
// A further row is one file with a Case, listed in cases; a further tool is one file with a Tool, listed in tools.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// options are the flags of the command line.
type options struct {
	runs    int
	only    string
	keep    bool
	scale   string
	page    string
	tools   string
	slipway string
	rootfs  string
	// buildkitd and buildctl are programs.
	buildkitd, buildctl string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	if o.scale != "" {
		return runScale(ctx, o, stdout, stderr)
	}
	chosen, err := choose(cases(), Case.name, o.only)
	if err != nil {
		return err
	}
	chosenTools, err := chooseTools(tools(o), o.tools)
	if err != nil {
		return err
	}
	lab, err := newLab(ctx, o, stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lab.Close()) }()

	before := describeMachine()
	rows, err := compare(ctx, lab, chosenTools, chosen, o.runs)
	if err != nil {
		return err
	}
	var report strings.Builder
	writeReport(&report, rows, before, describeMachine())
	return errors.Join(failures(rows), o.publish(stdout, tableMark, report.String()))
}

// runScale measures how cost grows with the work.
func runScale(ctx context.Context, o options, stdout, stderr io.Writer) (err error) {
	chosen, err := choose(allSeries(), Series.name, o.only)
	if err != nil {
		return err
	}
	lab, err := newLab(ctx, o, stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lab.Close()) }()
	before := describeMachine()
	var report strings.Builder
	err = scale(ctx, lab, &slipwayTool{program: o.slipway, kept: true}, chosen, o.runs, o.scale, &report)
	fmt.Fprintf(&report, "\nBefore: %s\nAfter: load %s\n", before, describeMachine().Load)
	return errors.Join(err, o.publish(stdout, scaleMark, report.String()))
}

// publish writes the outcome for the reader and, where there is one, into the page.
func (o options) publish(stdout io.Writer, mark, text string) error {
	if _, err := io.WriteString(stdout, text); err != nil {
		return err
	}
	if o.page == "" {
		return nil
	}
	return writePage(o.page, mark, text)
}

func parse(args []string, stderr io.Writer) (options, error) {
	o := options{}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.runs, "runs", 5, "measure each case `N` times, after one run that is not counted")
	flags.StringVar(&o.only, "only", "", "measure only the cases with these `NAMES`, separated by commas: "+names(cases(), Case.name)+"; with -scale: "+names(allSeries(), Series.name))
	flags.StringVar(&o.scale, "scale", "", "measure how slipway's cost grows with the work, and write pictures into this `DIR`")
	flags.StringVar(&o.page, "page", "", "also write the table into this Markdown `FILE`, between its marks")
	flags.StringVar(&o.tools, "tools", "", "measure only the tools that begin with one of these `NAMES`, separated by semicolons: "+toolNames(tools(o)))
	flags.BoolVar(&o.keep, "keep", false, "keep the work folder, with all logs and images")
	flags.StringVar(&o.slipway, "slipway", "bin/slipway", "measure this slipway `PROGRAM`")
	flags.StringVar(&o.buildkitd, "buildkitd", "bin/buildkitd", "measure this buildkitd `PROGRAM`")
	flags.StringVar(&o.buildctl, "buildctl", "bin/buildctl", "with this buildctl `PROGRAM`")
	flags.StringVar(&o.rootfs, "rootfs", "", "make the parent image of this tar `FILE` (default: Debian bookworm, made with mmdebstrap and kept in the cache folder)")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if o.runs < 1 {
		return o, fmt.Errorf("-runs %d: at least one run is needed", o.runs)
	}
	return o, nil
}

// choose returns those of all that wanted asks for, in their own order; no names means all.
func choose[T any](all []T, name func(T) string, wanted string) ([]T, error) {
	if wanted == "" {
		return all, nil
	}
	list := strings.Split(wanted, ",")
	for _, w := range list {
		if !slices.ContainsFunc(all, func(t T) bool { return name(t) == w }) {
			return nil, fmt.Errorf("-only: there is no %q; there are %s", w, names(all, name))
		}
	}
	return slices.DeleteFunc(all, func(t T) bool { return !slices.Contains(list, name(t)) }), nil
}

func names[T any](all []T, name func(T) string) string {
	var list []string
	for _, t := range all {
		list = append(list, name(t))
	}
	return strings.Join(list, ", ")
}

// chooseTools returns the tools whose names begin as names ask for; no names means all.
func chooseTools(all []Tool, names string) ([]Tool, error) {
	if names == "" {
		return all, nil
	}
	wanted := strings.Split(names, ";")
	for _, name := range wanted {
		if !slices.ContainsFunc(all, func(t Tool) bool { return strings.HasPrefix(t.Name(), name) }) {
			return nil, fmt.Errorf("-tools: no tool begins with %q; the tools are %s", name, toolNames(all))
		}
	}
	return slices.DeleteFunc(all, func(t Tool) bool {
		return !slices.ContainsFunc(wanted, func(name string) bool { return strings.HasPrefix(t.Name(), name) })
	}), nil
}

func toolNames(all []Tool) string {
	var names []string
	for _, t := range all {
		names = append(names, t.Name())
	}
	return strings.Join(names, "; ")
}
