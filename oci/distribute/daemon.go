package distribute

import (
	"context"

	"github.com/slipway-oci/slipway/oci/daemon"
	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/registry"
	"github.com/slipway-oci/slipway/oci/store"
)

// daemonTarget is a local engine.
type daemonTarget struct {
	client *daemon.Client
	names  []ref.Ref
}

// Daemon makes a target of a Docker Engine or Podman; the image gets names there, at least one.
func Daemon(client *daemon.Client, names []ref.Ref) Target {
	return &daemonTarget{client: client, names: names}
}

func (t *daemonTarget) References() []string {
	var references []string
	for _, name := range t.names {
		references = append(references, string(ref.Daemon)+":"+daemon.Name(name))
	}
	return references
}

func (t *daemonTarget) Group() string { return string(ref.Daemon) + ":" + t.client.Host() }

func (*daemonTarget) done() Status { return Loaded }

func (t *daemonTarget) Send(ctx context.Context, img store.Image, _ func(registry.Progress)) (Delivery, error) {
	loaded, err := t.client.Load(ctx, img, t.names)
	return Delivery{Present: loaded.Present, Transferred: loaded.Sent, Skipped: loaded.Skipped, Bytes: loaded.Bytes}, err
}
