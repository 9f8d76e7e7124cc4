package command

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/slipway-oci/slipway/runner"
	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/catalog"
	"github.com/slipway-oci/slipway/runner/execute"
)

// runFlags are the flags of the run command.
var runFlags = []flag{
	{name: "config", short: "c", arg: "FILE", help: "JSON file with settings, documents and their parameters", notInConfig: true},
	{name: "documents", short: "d", arg: "LIST", help: "documents to run, in this order"},
	{name: "parameters", arg: "N=V,...", help: "parameters for all documents", repeated: true},
	{name: "phases", short: "p", arg: "LIST", help: "phases to run (default: all)"},
	{name: "execution-id", short: "i", arg: "ID", help: "name of this run (default: a new UUID)"},
	{name: "log-directory", short: "l", arg: "DIR", help: "where the log folder is made (default: .)"},
	{name: "state-directory", short: "s", arg: "DIR", help: "where a restart keeps its state (default: the log folder)"},
	{name: "document-s3-bucket-owner", arg: "ACCOUNT", help: "expected owner of s3:// documents"},
	{name: "log-s3-bucket-name", short: "b", arg: "BUCKET", help: "bucket to upload the log folder to"},
	{name: "log-s3-key-prefix", short: "k", arg: "PREFIX", help: "key prefix of the uploaded log folder"},
	{name: "log-s3-bucket-owner", arg: "ACCOUNT", help: "expected owner of that bucket"},
	{name: "cw-log-group", arg: "NAME", help: "accepted, logs are not streamed to CloudWatch"},
	{name: "cw-log-stream", arg: "NAME", help: "accepted, see --cw-log-group"},
	{name: "cw-log-region", arg: "NAME", help: "accepted, see --cw-log-group"},
	{name: "cw-ignore-failures", help: "no warning about the flags above", kind: truth},
	{name: "trace", short: "t", help: "show the lines of the console log on stderr", kind: truth},
	{name: "version", short: "v", help: "show the version", kind: truth, notInConfig: true},
	{name: "help", short: "h", help: "show this help", kind: truth, notInConfig: true},

	{name: "ssm-map", arg: "FILE", help: "JSON with values for {{ aws:ssm:... }}", extension: true},
	{name: "imds-map", arg: "FILE", help: "JSON with values for {{ aws:imds:... }}", extension: true},
	{name: "events-fd", arg: "N", help: "write events as JSON lines to this descriptor", kind: number, extension: true},
	{name: "events-output-limit", arg: "BYTES", help: "output of each step in the events; the logs have all (default: no limit)", kind: number, extension: true},
	{name: "document-map", arg: "FILE", help: "JSON with local files for document locations", extension: true},
	{name: "reboot-mode", arg: "MODE", help: "container, exit or none: what a request to reboot does (default: exit)", extension: true},
	{name: "reboot-limit", arg: "N", help: "reboots that a run may ask for (default: 15)", kind: number, extension: true},
	{name: "sudo-shim", arg: "auto|off", help: "stand in for a missing sudo in containers (default: auto)", extension: true},
	{name: "shell-fallback", arg: "none|sh", help: "shell for scripts when bash is missing (default: none)", extension: true},
	{name: "strict", help: "treat warnings of validation as errors", kind: truth, extension: true},
	{name: "working-directory", arg: "DIR", help: "run there, relative documents and logs included; a missing folder is made, and removed with its content at the end", extension: true},
	{name: "log-archive-fd", arg: "N", help: "write the log folder to this descriptor at the end, as a tar stream; with 1 in place of the summary", kind: number, extension: true},
}

// Run runs documents.
func Run(ctx context.Context, p Process, args []string) int {
	given, err := parseFlags(runFlags, args)
	if err != nil {
		return p.usageError(err)
	}
	switch {
	case given.is("help"):
		fmt.Fprintf(p.Stdout, "Usage: %s run --documents LIST [flags]\n\nFlags:\n%s", p.Name, flagHelp(runFlags))
		return runner.ExitSuccess
	case given.is("version"):
		fmt.Fprintln(p.Stdout, p.versionLine())
		return runner.ExitSuccess
	case given.has("config") == given.has("documents"):
		return p.usageError(fmt.Errorf("exactly one of --config and --documents is needed"))
	case given.has("config") && given.has("parameters"):
		return p.usageError(fmt.Errorf("--parameters does not go with --config: name them in the file"))
	}
	return p.runDocuments(ctx, given)
}

// runDocuments runs what the settings say.
func (p Process) runDocuments(ctx context.Context, given values) int {
	o, err := p.options(ctx, given)
	if err != nil {
		return p.failed(err)
	}
	return p.execute(ctx, o)
}

// execute runs what the options say and prints the summary.
func (p Process) execute(ctx context.Context, o runOptions) int {
	if o.directory != "" {
		leave, err := runner.EnterDirectory(o.directory)
		if err != nil {
			return p.failed(err)
		}
		defer func() {
			if err := leave(); err != nil && !o.quiet {
				fmt.Fprintf(p.Stderr, "warning: %v\n", err)
			}
		}()
	}
	ctx, processes, stop := attend(ctx)
	defer stop()
	o.Processes = processes
	rep, err := runner.Run(ctx, o.Options)
	if rep.ExitCode == runner.ExitUsage {
		return p.failed(err)
	}
	if err != nil && !o.quiet {
		p.print(err)
	}
	if rep.Pending || o.noSummary {
		return rep.ExitCode
	}
	if err := rep.Write(p.Stdout); err != nil {
		return p.failed(err)
	}
	return rep.ExitCode
}

// runOptions are the options of a run with what concerns the process alone.
type runOptions struct {
	runner.Options
	directory string // to run in; "" for the current one
	noSummary bool   // stdout carries something else
	quiet     bool   // stderr carries something else
}

// options turns settings into options. Flags outweigh the config file, and that the environment.
func (p Process) options(ctx context.Context, given values) (runOptions, error) {
	o := runOptions{Options: runner.Options{Environ: p.Environ, Version: p.Version, WorkDirectory: environment(p.Environ, "SLIPWAY_WORK_DIR")}}
	o.SecretsDir, o.CAFile = environment(p.Environ, secretsVariable), environment(p.Environ, authoritiesVariable)
	var err error
	if o.Modules, err = modules(p.Environ); err != nil {
		return o, err
	}
	v := values{}
	for _, f := range runFlags {
		if value := environment(p.Environ, f.variable()); f.extension && value != "" {
			v[f.name] = value
		}
	}
	if path := given["config"]; given.has("config") {
		c, err := readConfig(ctx, path, o.Modules, p.Environ)
		if err != nil {
			return o, err
		}
		maps.Copy(v, c.settings)
		o.Documents, o.Parameters, o.Notes = c.documents, c.parameters, c.warnings
	}
	maps.Copy(v, given)
	for _, f := range runFlags {
		if value, ok := v[f.name]; ok && f.kind == truth && value != "true" && value != "false" {
			return o, usageErrorf("%s: %q is neither true nor false", f.key(), value)
		}
	}
	for _, apply := range []func(values, *runOptions) error{
		applyDocuments, applyPlaces, p.applyReboot, applyMaps, p.applyDescriptors, applyUpload,
	} {
		if err := apply(v, &o); err != nil {
			return o, err
		}
	}
	return o, nil
}

// The environment variables that concern the modules as well as the run.
const (
	secretsVariable     = "SLIPWAY_SECRETS_DIR"
	authoritiesVariable = "SLIPWAY_CA_FILE"
)

// modules returns the action modules, set up by the environment.
func modules(environ []string) (*action.Set, error) {
	return catalog.New(catalog.Options{
		CAFile: environment(environ, authoritiesVariable), SecretsFolder: environment(environ, secretsVariable),
	})
}

func usageErrorf(format string, args ...any) error {
	return &runner.UsageError{Message: fmt.Sprintf(format, args...)}
}

func applyDocuments(v values, o *runOptions) error {
	if v.has("documents") {
		list, err := splitList(v["documents"])
		if err != nil {
			return usageErrorf("--documents: %v", err)
		}
		for _, location := range list {
			o.Documents = append(o.Documents, runner.DocumentInput{Location: location})
		}
	}
	if v.has("parameters") {
		parameters, err := parseParameters(v["parameters"])
		if err != nil {
			return usageErrorf("--parameters: %v", err)
		}
		o.Parameters = parameters
	}
	if v.has("phases") {
		phases, err := splitList(v["phases"])
		if err != nil {
			return usageErrorf("--phases: %v", err)
		}
		o.Phases = phases
	}
	o.Strict = v.is("strict")
	return nil
}

func applyPlaces(v values, o *runOptions) error {
	o.directory = v["working-directory"]
	o.ExecutionID, o.LogDirectory, o.StateDirectory = v["execution-id"], v["log-directory"], v["state-directory"]
	switch v["shell-fallback"] {
	case "", "none":
	case "sh":
		o.ShellFallback = "sh"
	default:
		return usageErrorf("--shell-fallback %q: use none or sh", v["shell-fallback"])
	}
	return nil
}

func (p Process) applyReboot(v values, o *runOptions) error {
	o.RebootMode = execute.RebootMode(v["reboot-mode"])
	switch o.RebootMode {
	case "", execute.RebootContainer, execute.RebootExit, execute.RebootNone:
	default:
		return usageErrorf("--reboot-mode %q: use container, exit or none", v["reboot-mode"])
	}
	if v.has("reboot-limit") {
		n, err := strconv.Atoi(v["reboot-limit"])
		if err != nil || n < 1 {
			return usageErrorf("--reboot-limit %q: a number of 1 or more is needed", v["reboot-limit"])
		}
		o.RebootLimit = n
	}
	switch v["sudo-shim"] {
	case "", "auto":
		// Only the container workflow passes one of these modes.
		o.SudoShim = p.ActsAsSudo && (o.RebootMode == execute.RebootContainer || o.RebootMode == execute.RebootNone)
	case "off":
	default:
		return usageErrorf("--sudo-shim %q: use auto or off", v["sudo-shim"])
	}
	return nil
}

func applyMaps(v values, o *runOptions) (err error) {
	if path := v["document-map"]; path != "" {
		if o.Locations.Map, err = runner.ReadDocumentMap(path); err != nil {
			return err
		}
	}
	for name, to := range map[string]*runner.ValueMap{"ssm-map": &o.SSM, "imds-map": &o.IMDS} {
		if path := v[name]; path != "" {
			if *to, err = runner.ReadValueMap(path); err != nil {
				return fmt.Errorf("--%s: %w", name, err)
			}
		}
	}
	return nil
}

// applyDescriptors connects the streams. Nothing else is written to a descriptor that carries events or the archive.
func (p Process) applyDescriptors(v values, o *runOptions) error {
	o.Warnings = p.Stderr
	if v.is("trace") {
		o.Trace = p.Stderr
	}
	for name, to := range map[string]*io.Writer{"events-fd": &o.Events, "log-archive-fd": &o.Archive} {
		if !v.has(name) {
			continue
		}
		fd, err := strconv.Atoi(v[name])
		if err != nil || fd < 1 {
			return usageErrorf("--%s %q: a descriptor of 1 or more is needed", name, v[name])
		}
		if *to, err = p.descriptor(fd); err != nil {
			return usageErrorf("--%s %d: %v", name, fd, err)
		}
		switch fd {
		case 1:
			o.noSummary = true
		case 2:
			o.Trace, o.Warnings, o.quiet = nil, nil, true
		}
	}
	if text := v["events-output-limit"]; text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return usageErrorf("--events-output-limit %q: a number of 1 or more is needed", text)
		}
		o.EventsOutputLimit = n
	}
	if v.has("events-fd") && v["events-fd"] == v["log-archive-fd"] {
		return usageErrorf("--events-fd and --log-archive-fd cannot share descriptor %s", v["events-fd"])
	}
	return nil
}

func applyUpload(v values, o *runOptions) error {
	for _, name := range []string{"document-s3-bucket-owner", "log-s3-bucket-owner"} {
		if v.has(name) && action.CheckAccountID(v[name]) != nil {
			return usageErrorf("--%s %q: 12 digits are needed", name, v[name])
		}
	}
	o.Locations.BucketOwner = v["document-s3-bucket-owner"]
	if bucket := v["log-s3-bucket-name"]; bucket != "" {
		o.Upload = &runner.Upload{Bucket: bucket, KeyPrefix: v["log-s3-key-prefix"], BucketOwner: v["log-s3-bucket-owner"]}
	}
	if (v.has("cw-log-group") || v.has("cw-log-stream") || v.has("cw-log-region")) && !v.is("cw-ignore-failures") {
		o.Notes = append(o.Notes, "logs are not streamed to CloudWatch")
	}
	return nil
}

// environment returns the value of a variable, or "".
func environment(environ []string, name string) string {
	for _, e := range slices.Backward(environ) {
		if value, ok := strings.CutPrefix(e, name+"="); ok {
			return value
		}
	}
	return ""
}
