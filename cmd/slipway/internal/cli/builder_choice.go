package cli

import (
	"fmt"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
)

// engineOptions are the flags, the environment and the settings that say where containers run.
func (a *app) engineOptions(b *option.Builder) (engine.Options, error) {
	f, err := a.folders()
	if err != nil {
		return engine.Options{}, err
	}
	o, err := b.EngineOptions(f.BuildKit(), a.Getenv)
	if err != nil || o.Builder != engine.Docker {
		return o, err
	}
	set, err := a.settings()
	o.Image = set.Builder.DockerImage
	return o, err
}

// ownBuilder is the embedded builder or the one in Docker, which slipway starts and looks after itself.
func (a *app) ownBuilder(b *option.Builder) (engine.Options, error) {
	o, err := a.engineOptions(b)
	if err == nil && o.Builder != engine.Embedded && o.Builder != engine.Docker {
		err = usageError{
			fmt.Errorf("the builder at %q is not one that slipway starts", o.Builder),
			"who runs it looks after it; --builder embedded and --builder docker are slipway's own",
		}
	}
	return o, err
}
