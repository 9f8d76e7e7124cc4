package command

import (
	"context"
	"fmt"

	"github.com/slipway-oci/slipway/runner"
)

// validateFlags are the flags of the validate command.
var validateFlags = []flag{
	{name: "documents", short: "d", arg: "LIST", help: "documents to check"},
	{name: "document-s3-bucket-owner", arg: "ACCOUNT", help: "expected owner of s3:// documents"},
	{name: "trace", short: "t", help: "accepted", kind: truth},
	{name: "version", short: "v", help: "show the version", kind: truth},
	{name: "help", short: "h", help: "show this help", kind: truth},
	{name: "strict", help: "treat warnings as errors", kind: truth, extension: true},
	{name: "workflow", arg: "container", help: "check for the container workflow as well", extension: true},
	{name: "document-map", arg: "FILE", help: "JSON with local files for document locations", extension: true},
}

// Validate checks documents without running them and returns the exit code: the command validate.
func Validate(ctx context.Context, p Process, args []string) int {
	v, err := parseFlags(validateFlags, args)
	if err != nil {
		return p.usageError(err)
	}
	switch {
	case v.is("help"):
		fmt.Fprintf(p.Stdout, "Usage: %s validate --documents LIST [flags]\n\nFlags:\n%s", p.Name, flagHelp(validateFlags))
		return runner.ExitSuccess
	case v.is("version"):
		fmt.Fprintln(p.Stdout, p.versionLine())
		return runner.ExitSuccess
	case !v.has("documents"):
		return p.usageError(fmt.Errorf("--documents is needed"))
	}
	for _, f := range validateFlags {
		if value := environment(p.Environ, f.variable()); f.extension && value != "" && !v.has(f.name) {
			v[f.name] = value
		}
	}
	o := runner.ValidateOptions{Strict: v.is("strict"), Environ: p.Environ}
	o.Locations.BucketOwner = v["document-s3-bucket-owner"]
	if o.Documents, err = splitList(v["documents"]); err != nil {
		return p.usageError(fmt.Errorf("--documents: %w", err))
	}
	switch v["workflow"] {
	case "":
	case "container":
		o.Workflow = true
	default:
		return p.usageError(fmt.Errorf("--workflow %q: use container", v["workflow"]))
	}
	if path := v["document-map"]; path != "" {
		if o.Locations.Map, err = runner.ReadDocumentMap(path); err != nil {
			return p.failed(err)
		}
	}
	if o.Modules, err = modules(p.Environ); err != nil {
		return p.failed(err)
	}
	result := runner.Validate(ctx, o)
	for _, line := range result.Lines() {
		fmt.Fprintln(p.Stderr, line)
	}
	if err := result.Write(p.Stdout); err != nil {
		return p.failed(err)
	}
	if !result.Valid() {
		return runner.ExitFailed
	}
	return runner.ExitSuccess
}
