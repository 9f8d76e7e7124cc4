package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder"
	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/home"
	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/report"
	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/builder/stage"
	"github.com/slipway-oci/slipway/builder/stage/build"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
	"github.com/slipway-oci/slipway/oci/store"
)

type buildOptions struct {
	planOptions
	option.Builder
	option.Registry
	option.Secret
	option.Cache
	showOptions
	files       buildOutput
	outputs     option.Output
	load        bool // into the local engine
	noCache     []string
	compression option.Compression
	tests       testFlags
	keepFailed  bool
	timings     option.Timings
}

func (a *app) buildCmd() *cobra.Command {
	var o buildOptions
	cmd := &cobra.Command{
		Use:   "build [flags] [RECIPE]",
		Short: "Build, test and publish the image of a recipe",
		Long: "Build the image of a recipe: run its components, commit the image, run the tests in a fresh container of it,\n" +
			"and push it when all of them succeeded. RECIPE is a YAML or JSON file, a folder with recipe.yaml (default: the\n" +
			"current folder), or a recipe of the store, NAME or NAME/1.x.x. The digest of the image is written to stdout.\n\n" +
			"Exit codes: 0 success, 1 a component failed, 2 the input is wrong, 3 a test failed, 4 publishing failed,\n" +
			"5 the builder or this machine failed, 130 interrupted.",
		Example: "  slipway build\n  slipway build web -p Greeting=Hi -t localhost:5000/web:latest --push",
		Args:    arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.recipe = recipeOf(args)
			return a.runBuild(cmd.Context(), &o)
		},
		ValidArgsFunction: a.completeRecipeArgument,
	}
	fs := cmd.Flags()
	o.planOptions.AddFlags(fs)
	o.Builder.AddFlags(fs)
	o.Registry.AddFlags(fs)
	o.showOptions.AddFlags(fs)
	o.files.AddFlags(fs)
	o.outputs.AddFlags(fs)
	fs.BoolVar(&o.load, "load", false, "also load the image into the local Docker Engine or Podman")
	o.compression.AddFlags(fs)
	o.Secret.AddFlags(fs)
	o.Cache.AddFlags(fs)
	o.tests.AddFlags(fs)
	o.timings.AddFlags(fs)
	fs.BoolVar(&o.keepFailed, "keep-failed", false, "keep the file system that a failed component or test leaves, for slipway shell RUN")
	fs.StringSliceVar(&o.noCache, "no-cache", nil, "run everything, or with =`COMPONENT,...` these components and what is behind them, even if nothing changed")
	fs.Lookup("no-cache").NoOptDefVal = build.All
	return cmd
}

// runBuild shows a build and its outcome.
func (a *app) runBuild(ctx context.Context, o *buildOptions) error {
	if err := o.output.check(); err != nil {
		return err
	}
	o.timings.Start()
	show := a.startShow(&o.showOptions)
	res, err := a.build(ctx, o, show)
	if res != nil {
		res.Timings.Parts = o.timings.Parts()
		err = errors.Join(err, o.files.write(res))
	}
	return show.end(ctx, res, err)
}

// build makes the plan of a recipe and builds it. The result is nil when there is no complete plan.
func (a *app) build(ctx context.Context, o *buildOptions, events *show) (*result.Result, error) {
	started := time.Now()
	folders, err := a.folders()
	if err != nil {
		return nil, err
	}
	images, err := store.Open(folders.Images())
	if err != nil {
		return nil, err
	}
	engineOptions, err := a.engineOptions(&o.Builder)
	if err != nil {
		return nil, err
	}
	client := o.Client(events.retry)
	defer client.Close()
	settings, err := o.builderOptions(a.Getenv)
	if err != nil {
		return nil, err
	}
	settings.Daemon = a.daemon()
	if o.load {
		if err := reach(ctx, settings.Daemon); err != nil {
			return nil, err
		}
	}
	r, options, err := a.read(ctx, &o.planOptions)
	if err != nil {
		return nil, err
	}
	options.SecretIDs = option.IDs(settings.Secrets)
	opening := openEngine(ctx, engineOptions, o.timings.Recorder) // while the plan is made
	defer opening.close()
	var p *plan.Plan
	planned := o.timings.Begin("plan")
	_, err = stage.Timed(ctx, events, event.StageResolve, func() error {
		var err error
		if p, err = a.resolve(ctx, r, options, sources{images, client, settings.Daemon}); err != nil {
			return err
		}
		return errors.Join(o.outputs.Check(len(p.Platforms)), p.CheckSecrets(options.SecretIDs), build.CheckNoCache(p, o.noCache))
	})
	if err != nil {
		return nil, err
	}
	planned()
	resolved := time.Since(started)
	settings.Engine, settings.Release = opening.wait, opening.release
	settings.Store, settings.Registry, settings.Started, settings.Resolved = images, client, started, resolved
	if engineOptions.Builder == engine.Embedded {
		settings.Outcomes = folders.Outcomes()
	}
	settings.Memory, settings.Timings = folders.Memory(), o.timings.Recorder
	number, err := report.NextBuild(folders.Runs(), p.Recipe.Normal, p.Recipe.Version)
	if err != nil {
		return nil, machineError{err}
	}
	p = p.WithBuild(number)
	if settings.Local, err = o.local(p, settings.Daemon); err != nil {
		return nil, err
	}
	return a.execute(ctx, p, folders, events, settings, builder.Build)
}

// builderOptions are what the flags say of a build, besides its plan.
func (o *buildOptions) builderOptions(getenv func(string) string) (builder.Options, error) {
	b := builder.Options{
		NoCache: o.noCache, Compression: o.compression.String(), KeepFailed: o.keepFailed,
		IsolatedTests: o.tests.isolation.Each(), CacheTests: o.tests.cached,
	}
	var err error
	if b.Secrets, err = o.Values(getenv); err != nil {
		return b, err
	}
	b.CacheFrom, b.CacheTo, err = o.Caches()
	return b, err
}

// work is builder.Build or builder.Test.
type work func(context.Context, *plan.Plan, builder.Options) (*result.Result, error)

// execute works on a plan in a run of its own, which keeps the events and the result.
func (a *app) execute(ctx context.Context, p *plan.Plan, folders home.Folders, events *show, o builder.Options, do work) (_ *result.Result, err error) {
	run, err := report.New(folders.Runs())
	if err != nil {
		return nil, machineError{err}
	}
	defer func() { err = errors.Join(err, run.Close()) }()
	events.record(run)
	o.RunID, o.Logs, o.Events = run.ID(), run, events
	start := event.Event{Time: time.Now(), Type: event.BuildStart, Recipe: p.Recipe.Name, RunID: run.ID()}
	if p.Recipe.Build > 0 {
		start.Version = fmt.Sprintf("%s/%d", p.Recipe.Version, p.Recipe.Build)
	}
	events.Send(start)
	res, err := do(ctx, p, o)
	end := event.Event{Time: time.Now(), Type: event.BuildEnd, Status: event.Success, Duration: time.Duration(res.Timings.Total)}
	switch res.Status {
	case result.Failed:
		end.Status = event.Failed
	case result.Cancelled:
		end.Status = event.Cancelled
	}
	if res.Error != nil {
		end.Message = res.Error.Message
	}
	events.Send(end)
	if finishErr := run.Finish(res); finishErr != nil && err == nil {
		err = machineError{finishErr}
	}
	return res, err
}

// machineError is a fault of this machine's disk.
type machineError struct{ error }

func (e machineError) Unwrap() error { return e.error }

func (machineError) ExitCode() int { return MachineFault }
