package registry_test

import (
	"testing"

	"github.com/slipway-oci/slipway/oci/ocitest"
	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/registry"
)

// BenchmarkPushPresent pushes what the registry has already: the check that ends most cycles.
func BenchmarkPushPresent(b *testing.B) {
	s := ocitest.Store(b)
	img := ocitest.Put(b, s, ocitest.Image(b, ocitest.Files{"a": "1"}), "app:1")
	to, err := ref.ParseRegistry(ocitest.Registry(b).Host + "/app:1")
	if err != nil {
		b.Fatal(err)
	}
	c := registry.New(registry.Options{Keychain: anonymous{}})
	b.Cleanup(c.Close)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Push(b.Context(), img, to, registry.PushOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
