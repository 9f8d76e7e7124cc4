package sealed

import (
	"context"
	"errors"
	"os"

	"github.com/hashicorp/vault/api"
	"gocloud.dev/secrets"
	"gocloud.dev/secrets/hashivault"
)

// openVault opens a key of the transit engine of Vault or OpenBao. Where it is and who we are come from the environment
// variables of Vault's own tools: VAULT_ADDR, VAULT_TOKEN, VAULT_NAMESPACE, VAULT_CACERT and the others.
func openVault(ctx context.Context, uri string) (*secrets.Keeper, error) {
	if os.Getenv("VAULT_ADDR") == "" {
		return nil, errors.New("the environment variable VAULT_ADDR is not set")
	}
	config := api.DefaultConfig()
	if config.Error != nil {
		return nil, config.Error
	}
	client, err := api.NewClient(config)
	if err != nil {
		return nil, err
	}
	return byURL(ctx, uri, (&hashivault.URLOpener{Client: client}).OpenKeeperURL)
}
