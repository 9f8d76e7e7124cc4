package engine

import (
	"context"
	"io"
	"os"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/docker/cli/cli/config"
	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/auth/authprovider"
	"github.com/moby/buildkit/session/secrets/secretsprovider"

	"github.com/slipway-oci/slipway/builder/engine/runnerbin"
)

// maxSecret is BuildKit's limit of a secret's size.
const maxSecret = 500 << 10

// secretPrefix keeps the names of secrets apart from the ids that are used here.
const secretPrefix = "secret:"

// secretsFolder is where containers find secrets.
const secretsFolder = "/run/secrets"

// attachables are what the builder may ask of this side: registry credentials, secrets, and the CA bundle for containers
// in which the runner fetches something.
func (e *Engine) attachables(values map[string][]byte, fetches bool) []session.Attachable {
	secrets := map[string][]byte{}
	for name, value := range values {
		secrets[secretPrefix+name] = value
		secrets[name] = value // for RUN --mount=type=secret in a template
	}
	if fetches && e.options.CABundle != "" {
		// Without it the runner has the CAs of the image, if any; nothing is wrong yet.
		if data, err := os.ReadFile(e.options.CABundle); err == nil && len(data) <= maxSecret {
			secrets[secretCA] = data
		}
	}
	credentials := config.LoadDefaultConfigFile(io.Discard)
	return []session.Attachable{
		secretsprovider.FromMap(secrets),
		authprovider.NewDockerAuthProvider(authprovider.DockerAuthProviderConfig{
			AuthConfigProvider: authprovider.LoadAuthConfig(credentials),
		}),
	}
}

// containerSession is a session with the builder for containers that are no part of a build.
type containerSession struct {
	architecture string
	images       content.Store
	secrets      map[string][]byte
	fetches      bool // the runner may talk to others
}

// run opens the session and does work in it, which returns the exit code of a process. When ctx ends, its cause is the
// error.
func (c containerSession) run(ctx context.Context, e *Engine, work func(context.Context, gateway.Client, *runnerbin.Image) (int, error)) (code int, err error) {
	runner, err := runnerbin.For(c.architecture)
	if err != nil {
		return -1, err
	}
	code = -1
	opt := client.SolveOpt{
		OCIStores: map[string]content.Store{storeImages: c.images, storeRunner: runner.Store()},
		Session:   e.attachables(c.secrets, c.fetches),
		Internal:  true, // not a build of its own in the builder's history
	}
	var inner error
	_, err = e.client.Build(ctx, opt, product, func(ctx context.Context, gw gateway.Client) (*gateway.Result, error) {
		code, inner = work(ctx, gw, runner)
		return gateway.NewResult(), inner
	}, nil)
	if inner != nil {
		return code, inner
	}
	if err != nil && ctx.Err() != nil {
		return code, context.Cause(ctx)
	}
	return code, err
}
