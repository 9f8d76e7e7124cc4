package sealed

import (
	"context"

	"gocloud.dev/gcp"
	"gocloud.dev/secrets"
	"gocloud.dev/secrets/gcpkms"
)

// openGoogle opens a key of Google Cloud KMS with the application default credentials.
func openGoogle(ctx context.Context, uri string) (*secrets.Keeper, error) {
	ctx = context.WithoutCancel(ctx) // the credentials are renewed later
	credentials, err := gcp.DefaultCredentials(ctx)
	if err != nil {
		return nil, err
	}
	client, _, err := gcpkms.Dial(ctx, credentials.TokenSource)
	if err != nil {
		return nil, err
	}
	return byURL(ctx, uri, (&gcpkms.URLOpener{Client: client}).OpenKeeperURL)
}
