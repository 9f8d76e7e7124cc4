package command

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/slipway-oci/slipway/runner"
	"github.com/slipway-oci/slipway/runner/execute"
)

// ComponentFolder is where containers find what the runner was started with.
const ComponentFolder = "/run/slipway/component"

// detailFile is the record of the failed run beside the config file.
const detailFile = "detailedoutput.json"

// stepFlags are the flags of the step command.
var stepFlags = []flag{
	{name: "rest", help: "run the steps behind it too", kind: truth},
	{name: "list", help: "list the steps of the failed run with what became of them", kind: truth},
	{name: "document", short: "d", arg: "FILE", help: "run it from this document, a mended copy"},
	{name: "component", arg: "DIR", help: "folder with config.json and detailedoutput.json (default: " + ComponentFolder + ")"},
	{name: "help", short: "h", help: "show this help", kind: truth},
}

const stepUsage = `Usage: %s step [flags] [NAME|PHASE/NAME]

Runs one step of a failed component another time: NAME, or the step that failed. Its references find the outputs that
the steps before it had, with secrets masked.

Flags:
%s`

// Step runs one step of a failed component again, with the outputs that the steps before it had.
func Step(ctx context.Context, p Process, args []string) int {
	given, names, err := parseArguments(stepFlags, args)
	switch {
	case err != nil:
		return p.usageError(err)
	case given.is("help"):
		fmt.Fprintf(p.Stdout, stepUsage, p.Name, flagHelp(stepFlags))
		return runner.ExitSuccess
	case len(names) > 1:
		return p.usageError(fmt.Errorf("one step at a time, not %q", names))
	}
	folder := ComponentFolder
	if given.has("component") {
		folder = given["component"]
	}
	if given.is("list") {
		return p.failed(p.listSteps(filepath.Join(folder, detailFile)))
	}
	p.Environ = withoutShellPath(p.Environ)
	o, err := p.options(ctx, values{"config": filepath.Join(folder, "config.json")})
	if err != nil {
		return p.failed(err)
	}
	o.Again = &runner.Again{Detail: filepath.Join(folder, detailFile), Step: strings.Join(names, ""), Rest: given.is("rest")}
	if given.has("document") {
		if o.Documents[0].Location, err = filepath.Abs(given["document"]); err != nil {
			return p.failed(err)
		}
	}
	// For a person: what happens goes to the terminal. Process 1 is a shell, so a step cannot restart the container.
	o.Events, o.Archive, o.Trace, o.Warnings = nil, nil, p.Stdout, p.Stderr
	o.noSummary, o.quiet, o.RebootMode = true, false, execute.RebootNone
	return p.execute(ctx, o)
}

// listSteps writes the steps of the failed run as a table.
func (p Process) listSteps(detail string) error {
	steps, err := runner.ReadPast(detail)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(p.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PHASE\tSTEP\tSTATUS\tMESSAGE")
	for _, s := range steps {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", s.Phase, s.Name, s.Status, strings.ReplaceAll(s.FailureMessage, "\n", " "))
	}
	return table.Flush()
}

// parseArguments reads flags with other words between them.
func parseArguments(flags []flag, args []string) (given values, words []string, err error) {
	var own []string
	for i := 0; i < len(args); i++ {
		if !strings.HasPrefix(args[i], "-") {
			words = append(words, args[i])
			continue
		}
		own = append(own, args[i])
		if f, err := findFlag(flags, args[i]); err == nil && f.kind != truth && i+1 < len(args) {
			i++
			own = append(own, args[i])
		}
	}
	given, err = parseFlags(flags, own)
	return given, words, err
}
