package sealed

import (
	"context"

	"gocloud.dev/secrets"
	"gocloud.dev/secrets/azurekeyvault"
)

// openAzure opens a key of Azure Key Vault with the credentials that Azure's tools use.
func openAzure(ctx context.Context, uri string) (*secrets.Keeper, error) {
	opener := &azurekeyvault.URLOpener{ClientMaker: azurekeyvault.DefaultClientMaker}
	return byURL(context.WithoutCancel(ctx), uri, opener.OpenKeeperURL)
}
