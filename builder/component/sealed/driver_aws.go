package sealed

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"gocloud.dev/secrets"
	"gocloud.dev/secrets/awskms"
)

// openAWS opens a key of AWS KMS with the credentials that AWS tools use.
func openAWS(ctx context.Context, uri string) (*secrets.Keeper, error) {
	return byURL(context.WithoutCancel(ctx), uri, new(awskms.URLOpener).OpenKeeperURL)
}

// hasAWSCredentials reports whether there are credentials for AWS. Outside of AWS nobody answers for those of the
// machine, so it does not wait long for them.
func hasAWSCredentials(ctx context.Context) bool {
	const patience = 2 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return false
	}
	_, err = settings.Credentials.Retrieve(ctx)
	return err == nil
}
