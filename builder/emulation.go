package builder

import (
	"context"
	"runtime"

	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/stage"
)

// checkPlatforms refuses a plan with containers of a platform that the builder cannot run, before any of them starts.
// An image in which nothing runs can be made for every platform.
func checkPlatforms(ctx context.Context, s stage.Services, p *plan.Plan) error {
	if len(p.BuildStage())+len(p.TestStage())+len(p.HostStage()) == 0 {
		return nil
	}
	var foreign []string
	for _, platform := range p.Platforms {
		if platform.Name != "linux/"+runtime.GOARCH {
			foreign = append(foreign, platform.Name)
		}
	}
	if len(foreign) == 0 {
		return nil
	}
	e, err := s.Engine(ctx)
	if err != nil {
		return err
	}
	missing, err := e.CannotRun(ctx, foreign)
	if err != nil {
		return stage.Machine("look at the builder", err)
	}
	if len(missing) > 0 {
		return stage.CannotRun(missing[0])
	}
	return nil
}
