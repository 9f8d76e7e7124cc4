package distribute

import (
	"context"

	"github.com/slipway-oci/slipway/oci/registry"
	"github.com/slipway-oci/slipway/oci/store"
)

// WithRetry wraps a target so that all of its Send is tried again by a policy. A repeated Send transfers what is
// missing. Registry targets repeat single requests by themselves; this is for an outage that lasts longer than that.
func WithRetry(t Target, policy registry.Retry) Target {
	return &retryTarget{Target: t, policy: policy}
}

type retryTarget struct {
	Target
	policy registry.Retry
}

func (t *retryTarget) Send(ctx context.Context, img store.Image, progress func(registry.Progress)) (Delivery, error) {
	var d Delivery
	err := t.policy.Do(ctx, func() error {
		var err error
		d, err = t.Target.Send(ctx, img, progress)
		return err
	})
	return d, err
}

// Upload passes on to the target, once: what it misses, Send transfers.
func (t *retryTarget) Upload(ctx context.Context, img store.Image, progress func(registry.Progress)) (Delivery, error) {
	u, ok := t.Target.(Uploader)
	if !ok {
		return Delivery{}, errNoUpload
	}
	return u.Upload(ctx, img, progress)
}
