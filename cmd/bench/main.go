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
	slipway string
	rootfs  string
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
	chosen, err := choose(cases(), o.only)
	if err != nil {
		return err
	}
	lab, err := newLab(ctx, o, stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lab.Close()) }()

	before := describeMachine()
	rows, err := compare(ctx, lab, tools(o.slipway), chosen, o.runs)
	if err != nil {
		return err
	}
	writeReport(stdout, rows, before, describeMachine(), o.runs)
	return failures(rows)
}

func parse(args []string, stderr io.Writer) (options, error) {
	o := options{}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.runs, "runs", 5, "measure each case `N` times, after one run that is not counted")
	flags.StringVar(&o.only, "only", "", "measure only the cases with these `NAMES`, separated by commas: "+caseNames(cases()))
	flags.BoolVar(&o.keep, "keep", false, "keep the work folder, with all logs and images")
	flags.StringVar(&o.slipway, "slipway", "bin/slipway", "measure this slipway `PROGRAM`")
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

// choose returns the cases that names asks for, in their own order; no names means all.
func choose(all []Case, names string) ([]Case, error) {
	if names == "" {
		return all, nil
	}
	wanted := strings.Split(names, ",")
	for _, name := range wanted {
		if !slices.ContainsFunc(all, func(c Case) bool { return c.Name == name }) {
			return nil, fmt.Errorf("-only: there is no case %q; the cases are %s", name, caseNames(all))
		}
	}
	return slices.DeleteFunc(all, func(c Case) bool { return !slices.Contains(wanted, c.Name) }), nil
}

func caseNames(all []Case) string {
	var names []string
	for _, c := range all {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}
