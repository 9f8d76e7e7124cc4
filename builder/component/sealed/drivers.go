package sealed

import (
	"context"
	"net/url"

	"gocloud.dev/secrets"
	"gocloud.dev/secrets/localsecrets"
)

// Driver opens the key of a URI. Its errors must not hold the URI if that is a secret.
type Driver func(ctx context.Context, uri string) (*secrets.Keeper, error)

// Drivers are those that are compiled in, by scheme. Each has a file of its own, so that one can be left out by taking
// away its file and its line here.
func Drivers() map[string]Driver {
	return map[string]Driver{
		"base64key":     openLocal,
		"awskms":        openAWS,
		"azurekeyvault": openAzure,
		"gcpkms":        openGoogle,
		"hashivault":    openVault,
	}
}

// openLocal opens a key that is in the settings itself.
func openLocal(_ context.Context, uri string) (*secrets.Keeper, error) {
	raw, err := localKey(uri)
	if err != nil {
		return nil, err
	}
	return localsecrets.NewKeeper(raw), nil
}

// byURL makes a Driver of what opens a parsed URL.
func byURL(ctx context.Context, uri string, open func(context.Context, *url.URL) (*secrets.Keeper, error)) (*secrets.Keeper, error) {
	u, err := url.Parse(uri)
	if err != nil {
		return nil, err
	}
	return open(ctx, u)
}
