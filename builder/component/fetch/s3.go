package fetch

import (
	"context"

	"github.com/slipway-oci/slipway/runner/action/transfer"
)

// defaultS3 reads as the S3 modules of the runner do.
type defaultS3 struct{}

func (defaultS3) Read(ctx context.Context, uri string, limit int64) ([]byte, error) {
	return transfer.S3Access{}.Read(ctx, uri, limit)
}
