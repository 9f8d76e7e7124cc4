package distribute_test

import (
	"context"
	"fmt"

	"github.com/slipway-oci/slipway/oci/distribute"
	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/registry"
	"github.com/slipway-oci/slipway/oci/store"
)

// Publishing the tested image to two registries. It is compiled and not run, since it needs both.
func ExampleSend() {
	publish := func(ctx context.Context, img store.Image) error {
		client := registry.New(registry.Options{Insecure: ref.Hosts{"registry.lan:5000"}})
		defer client.Close()
		var targets []distribute.Target
		for _, text := range []string{"quay.io/team/web:1.4.0-2", "registry.lan:5000/web:1.4.0-2"} {
			to, err := ref.ParseRegistry(text)
			if err != nil {
				return err
			}
			targets = append(targets, distribute.Registry(client, to, registry.PushOptions{Tags: []string{"latest"}}))
		}
		outcomes := distribute.Send(ctx, img, targets, distribute.Options{
			Done: func(o distribute.Outcome) { fmt.Println(o.References[0], o.Status) },
		})
		return distribute.Errors(outcomes)
	}
	_ = publish
}
