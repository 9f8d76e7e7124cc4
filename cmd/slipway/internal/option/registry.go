package option

import (
	"github.com/spf13/pflag"

	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/registry"
)

// Registry is how registries are reached.
type Registry struct{ insecure []string }

// AddFlags adds --insecure-registry.
func (r *Registry) AddFlags(fs *pflag.FlagSet) {
	fs.StringSliceVar(&r.insecure, "insecure-registry", nil, "allow plain http or unverified TLS for this `HOST`; repeatable; loopback hosts need no flag")
}

// Client makes a client for registries. Its credentials are those that Docker keeps.
func (r *Registry) Client(retry func(registry.RetryEvent)) *registry.Client {
	return registry.New(registry.Options{Insecure: ref.Hosts(r.insecure), Retry: registry.Retry{Notify: retry}})
}
