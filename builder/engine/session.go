package engine

import (
	"io"
	"os"

	"github.com/docker/cli/cli/config"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/auth/authprovider"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
)

// maxSecret is BuildKit's limit of a secret's size.
const maxSecret = 500 << 10

// attachables are what the builder may ask of this side: registry credentials and the CA bundle.
func (e *Engine) attachables() []session.Attachable {
	secrets := map[string][]byte{}
	if e.options.CABundle != "" {
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
