package cli

import (
	"context"

	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/stage/commit"
	"github.com/slipway-oci/slipway/oci/daemon"
	"github.com/slipway-oci/slipway/oci/distribute"
	"github.com/slipway-oci/slipway/oci/ref"
)

// daemon reaches the local engine when it is needed.
func (a *app) daemon() daemon.Opener { return daemon.NewOpener(daemon.Options{Getenv: a.Getenv}) }

// reach makes sure that there is an engine, before a build that is to be loaded into it.
func reach(ctx context.Context, open daemon.Opener) error {
	client, err := open.Client()
	if err != nil {
		return err
	}
	return client.Ping(ctx)
}

// local are the targets of --load and --output. In an engine the image is called as in the store and as its targets.
func (o *buildOptions) local(p *plan.Plan, engine daemon.Opener) ([]distribute.Target, error) {
	pointer := commit.Pointer(p)
	targets := o.outputs.Targets(pointer)
	if !o.load {
		return targets, nil
	}
	client, err := engine.Client()
	if err != nil {
		return nil, err
	}
	var names []ref.Ref
	for _, name := range append([]string{pointer}, targetNames(p)...) {
		r, err := ref.ParseRegistry(name)
		if err != nil {
			return nil, err
		}
		names = append(names, r)
	}
	return append(targets, distribute.Daemon(client, names)), nil
}

func targetNames(p *plan.Plan) []string {
	var names []string
	for _, t := range p.Targets {
		names = append(names, t.String())
	}
	return names
}
