package cli

import (
	"context"
	"errors"
	"runtime"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/spf13/pflag"

	"github.com/slipway-oci/slipway/builder/component"
	"github.com/slipway-oci/slipway/builder/component/artifact"
	"github.com/slipway-oci/slipway/builder/component/fetch"
	"github.com/slipway-oci/slipway/builder/component/managed"
	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
	"github.com/slipway-oci/slipway/oci/daemon"
	"github.com/slipway-oci/slipway/oci/registry"
	"github.com/slipway-oci/slipway/oci/store"
	"github.com/slipway-oci/slipway/runner/action/catalog"
)

// planOptions are the flags that decide what a build does.
type planOptions struct {
	option.Params
	option.Platform
	recipe       string
	tags         []string
	push, noPush bool
	skipTests    bool
	testTimeout  option.Timeout
}

func (o *planOptions) AddFlags(fs *pflag.FlagSet) {
	o.Params.AddFlags(fs)
	o.Platform.AddFlags(fs)
	fs.StringArrayVarP(&o.tags, "tag", "t", nil, "also publish to this `REFERENCE`; repeatable")
	fs.BoolVar(&o.push, "push", false, "publish after the tests (default: when the recipe has a targetRepository)")
	fs.BoolVar(&o.noPush, "no-push", false, "do not publish")
	fs.BoolVar(&o.skipTests, "skip-tests", false, "do not run the tests")
	o.testTimeout.AddFlags(fs)
}

// recipeOf is the recipe that the arguments name.
func recipeOf(args []string) string {
	if len(args) == 0 {
		return "."
	}
	return args[0]
}

// options turns the flags into those of a plan.
func (o *planOptions) options() (plan.Options, error) {
	p := plan.Options{Tags: o.tags, SkipTests: o.skipTests, TestTimeout: o.testTimeout.Duration, Machine: machine()}
	switch {
	case o.push && o.noPush:
		return p, usageError{errors.New("--push and --no-push exclude each other"), "give one of them, or none to push where the recipe says so"}
	case o.push:
		p.Push = &o.push
	case o.noPush:
		push := false
		p.Push = &push
	}
	var err error
	if p.Platforms, err = o.Platforms(); err != nil {
		return p, err
	}
	return p, o.Apply(&p)
}

// machine is the platform of the containers that run on this machine without emulation.
func machine() v1.Platform { return v1.Platform{OS: "linux", Architecture: runtime.GOARCH} }

// read reads the recipe and the options of its plan: all that can be wrong without looking anything up.
func (a *app) read(ctx context.Context, o *planOptions) (*recipe.Recipe, plan.Options, error) {
	options, err := o.options()
	if err != nil {
		return nil, options, err
	}
	r, err := a.openRecipe(ctx, o.recipe)
	return r, options, err
}

// sources are where images are looked up.
type sources struct {
	images *store.Store
	client *registry.Client
	daemon daemon.Opener
}

// resolve makes the plan of a recipe.
func (a *app) resolve(ctx context.Context, r *recipe.Recipe, options plan.Options, s sources) (*plan.Plan, error) {
	kept, err := a.lookUpIn(s, r.Dir, &options)
	if err != nil {
		return nil, err
	}
	defer kept.close()
	return plan.New(ctx, r, options)
}

// lookUpIn fills in where a plan looks up what it names. Components are looked for in the store, among the managed ones,
// in a folder and at their addresses, in this order. The store of components is returned, to be closed.
func (a *app) lookUpIn(s sources, folder string, options *plan.Options) (*componentSource, error) {
	actions, err := catalog.Builtin()
	if err != nil {
		return nil, err
	}
	set, err := a.settings()
	if err != nil {
		return nil, err
	}
	options.Settings = plan.Settings{
		Registries: set.Registries, Region: set.AWS.Region, Account: set.AWS.Account, ManagedImages: set.ManagedImages,
	}
	read := fetch.New(fetch.Options{Registry: s.client, AllowHTTP: set.URI.AllowHTTP}).Read
	found := plan.Sources{Registry: s.client, Store: s.images, Daemon: s.daemon}
	options.Actions, options.Fetch = actions, read
	options.Images, options.Versions = found, found.Versions
	kept := &componentSource{app: a}
	places := []component.Source{kept, managed.Source{Actions: actions}}
	if folder != "" { // a recipe of the store has nothing beside it
		places = append(places, component.Files{Dir: folder, Actions: actions})
	}
	options.Components = component.Chain(append(places,
		artifact.Source{Registry: s.client, Actions: actions},
		component.Addresses{Read: read, Actions: actions},
	)...)
	return kept, nil
}
