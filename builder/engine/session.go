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

// secretPrefix keeps the names of secrets apart from the ids that are used here.
const secretPrefix = "secret:"

// secretsFolder is where containers find secrets.
const secretsFolder = "/run/secrets"

// attachables are what the builder may ask of this side: registry credentials, the CA bundle and secrets.
func (e *Engine) attachables(values map[string][]byte) []session.Attachable {
	secrets := map[string][]byte{}
	for name, value := range values {
		secrets[secretPrefix+name] = value
	}
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
