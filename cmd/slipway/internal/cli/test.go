package cli

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/slipway-oci/slipway/builder"
	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/builder/stage"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
	"github.com/slipway-oci/slipway/oci/store"
)

// testFlags say how tests run.
type testFlags struct {
	isolation option.Isolation
	cached    bool
}

func (f *testFlags) AddFlags(fs *pflag.FlagSet) {
	f.isolation.AddFlags(fs)
	fs.BoolVar(&f.cached, "cache-tests", false, "leave tests out that passed before: in the same image, with the same documents and parameters")
}

type testOptions struct {
	option.Builder
	option.Registry
	option.Params
	option.Platform
	option.Secret
	showOptions
	tests      testFlags
	timeout    option.Timeout
	image      string
	components []string
}

func (a *app) testCmd() *cobra.Command {
	var o testOptions
	cmd := &cobra.Command{
		Use:   "test [flags] IMAGE -c DOC [-c DOC...]",
		Short: "Run the tests of component documents in an image",
		Long: "Run the test phases, and then the container-host-test phases, of component documents in fresh containers of an\n" +
			"image, whoever built it. IMAGE is a name or digest of the image store, else a reference to a registry,\n" +
			"docker-daemon:NAME:TAG or oci-layout:DIR. DOC is a file, or a component of the store. Nothing is built, and the\n" +
			"image stays as it is; its digest is written to stdout when all tests passed, and recorded as tested, so that\n" +
			"`slipway image push` takes it.\n\n" +
			"Exit codes: 0 the tests passed, 2 the input is wrong, 3 a test failed, 5 the builder or this machine failed,\n" +
			"130 interrupted.",
		Example: "  slipway test web:1.0.0-1 -c smoke.yaml\n  slipway test debian:12 -c smoke.yaml -p Port=8080 --report junit=tests.xml",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.image = args[0]
			return a.runTest(cmd.Context(), &o)
		},
		ValidArgsFunction: a.completePointers(1),
	}
	fs := cmd.Flags()
	fs.StringArrayVarP(&o.components, "component", "c", nil, "the `DOC` of a component whose tests to run; repeatable")
	o.Params.AddFlags(fs)
	o.Platform.AddFlags(fs)
	o.Builder.AddFlags(fs)
	o.Registry.AddFlags(fs)
	o.Secret.AddFlags(fs)
	o.tests.AddFlags(fs)
	o.timeout.AddFlags(fs)
	o.showOptions.AddFlags(fs)
	fs.Lookup("platform").Usage = "platforms to test, a `LIST` such as linux/amd64,linux/arm64 (default: the image's that matches this machine)"
	fs.Lookup("test-timeout").Usage = "end the tests after this `DURATION`, such as 90s or 10m (default: 12h)"
	return cmd
}

// runTest shows the tests of an image and their outcome.
func (a *app) runTest(ctx context.Context, o *testOptions) error {
	if len(o.components) == 0 {
		return usageError{errors.New("no tests are named"), "name a document with tests: -c tests.yaml"}
	}
	if err := o.output.check(); err != nil {
		return err
	}
	show := a.startShow(&o.showOptions)
	res, err := a.test(ctx, o, show)
	return show.end(ctx, res, err)
}

// test makes the plan of the tests and runs it. The result is nil when there is no complete plan.
func (a *app) test(ctx context.Context, o *testOptions, events *show) (*result.Result, error) {
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
	do := builder.Options{
		Store: images, Registry: client, Started: started, Memory: folders.Memory(), Daemon: a.daemon(),
		IsolatedTests: o.tests.isolation.Each(), CacheTests: o.tests.cached,
	}
	if do.Secrets, err = o.Values(a.Getenv); err != nil {
		return nil, err
	}
	options, err := o.options(option.IDs(do.Secrets))
	if err != nil {
		return nil, err
	}
	opening := openEngine(ctx, engineOptions, nil) // while the plan is made
	defer opening.close()
	var p *plan.Plan
	do.Resolved, err = stage.Timed(ctx, events, event.StageResolve, func() error {
		kept, err := a.lookUpIn(sources{images, client, do.Daemon}, ".", &options)
		if err != nil {
			return err
		}
		defer kept.close()
		in := plan.TestInput{Image: imageIn(ctx, images, o.image), Components: o.components, Dir: "."}
		p, err = plan.ForTests(ctx, in, options)
		return err
	})
	if err != nil {
		return nil, err
	}
	do.Engine = opening.wait
	return a.execute(ctx, p, folders, events, do, builder.Test)
}

func (o *testOptions) options(secrets []string) (plan.Options, error) {
	p := plan.Options{Machine: machine(), SecretIDs: secrets, TestTimeout: o.timeout.Duration}
	var err error
	if p.Platforms, err = o.Platforms(); err != nil {
		return p, err
	}
	return p, o.Apply(&p)
}

// imageIn is the reference of an image that people name: what the store has comes first.
func imageIn(ctx context.Context, images *store.Store, name string) string {
	if _, err := images.Resolve(ctx, name); err != nil || strings.HasPrefix(name, "store:") {
		return name
	}
	return "store:" + name
}
