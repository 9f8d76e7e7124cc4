package engine

import (
	"context"
	"fmt"
	"path"
	"slices"

	"github.com/moby/buildkit/client/llb"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sync/errgroup"

	"github.com/slipway-oci/slipway/builder/engine/runnerbin"
)

// fresh is a container of an image as it was committed, with the runner and files for it mounted.
type fresh struct {
	platform ocispecs.Platform
	image    digest.Digest
	runner   digest.Digest
	files    map[string][]byte // below the component folder
	secrets  []string
	fetches  bool // the runner may talk to others
}

// rootMountIndex is the place of the file system among the mounts of a fresh container.
const rootMountIndex = 0

// open makes the container; no process runs in it yet. What it writes goes with it.
func (f fresh) open(ctx context.Context, gw gateway.Client) (gateway.Container, error) {
	var image, tool, documents gateway.Reference
	var group errgroup.Group
	for _, part := range []struct {
		name  string
		state llb.State
		ref   *gateway.Reference
	}{
		{"image " + f.image.String(), imageState(f.image, f.platform), &image},
		{"the runner", runnerState(f.runner, f.platform), &tool},
		{"the documents", filesState("documents", f.files), &documents},
	} {
		group.Go(func() (err error) {
			if *part.ref, err = solveState(ctx, gw, part.state, f.platform); err != nil {
				return fmt.Errorf("open %s: %w", part.name, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	request := gateway.NewContainerRequest{
		Platform: &pb.Platform{OS: f.platform.OS, Architecture: f.platform.Architecture, Variant: f.platform.Variant},
		Mounts: append([]gateway.Mount{{Dest: "/", Ref: image}},
			toolMounts(tool, documents)...),
	}
	if f.fetches {
		request.Mounts = append(request.Mounts, gateway.Mount{
			Dest: runnerbin.CAFile, MountType: pb.MountType_SECRET,
			SecretOpt: &pb.SecretOpt{ID: secretCA, Mode: 0o444, Optional: true},
		})
	}
	for _, name := range f.secrets {
		request.Mounts = append(request.Mounts, gateway.Mount{
			Dest: path.Join(secretsFolder, name), MountType: pb.MountType_SECRET,
			SecretOpt: &pb.SecretOpt{ID: secretPrefix + name, Mode: 0o400, Optional: true},
		})
	}
	return gw.NewContainer(ctx, request)
}

// toolMounts are the mounts that every container with a runner has.
func toolMounts(tool, documents gateway.Reference) []gateway.Mount {
	return []gateway.Mount{
		{Dest: runnerbin.Root, Ref: tool, Readonly: true},
		{Dest: runnerbin.ComponentDir, Ref: documents, Readonly: true},
		{Dest: runnerbin.WorkDir, MountType: pb.MountType_TMPFS},
		{Dest: LogDirectory, MountType: pb.MountType_TMPFS},
	}
}

// secretNames are all that the components of one container may read.
func secretNames(components []Component) []string {
	var names []string
	for _, c := range components {
		names = append(names, c.Secrets...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// fetch reports whether the runner may talk to others for one of the components.
func fetch(components []Component) bool {
	return slices.ContainsFunc(components, func(c Component) bool { return c.Fetches })
}

func solveState(ctx context.Context, gw gateway.Client, state llb.State, platform ocispecs.Platform) (gateway.Reference, error) {
	def, err := state.Marshal(ctx, llb.Platform(platform))
	if err != nil {
		return nil, err
	}
	res, err := gw.Solve(ctx, gateway.SolveRequest{Definition: def.ToPB(), Evaluate: true})
	if err != nil {
		return nil, err
	}
	return res.SingleRef()
}

func (e *Engine) environment() []string {
	env := []string{"SLIPWAY_WORK_DIR=" + runnerbin.WorkDir, "SLIPWAY_CA_FILE=" + runnerbin.CAFile}
	p := e.options.Proxy
	for _, v := range []struct{ name, value string }{
		{"HTTP_PROXY", p.HTTP},
		{"http_proxy", p.HTTP},
		{"HTTPS_PROXY", p.HTTPS},
		{"https_proxy", p.HTTPS},
		{"FTP_PROXY", p.FTP},
		{"ftp_proxy", p.FTP},
		{"NO_PROXY", p.No},
		{"no_proxy", p.No},
		{"ALL_PROXY", p.All},
		{"all_proxy", p.All},
	} {
		if v.value != "" {
			env = append(env, v.name+"="+v.value)
		}
	}
	return env
}
