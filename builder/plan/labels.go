package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slipway-oci/slipway/oci/ref"
)

// labels describes the image in its own config. Time and build number are never among them, so that an unchanged plan
// gives an unchanged digest.
func (b *planner) labels() {
	p := b.plan
	labels := map[string]string{
		"org.opencontainers.image.title":       p.Recipe.Name,
		"org.opencontainers.image.version":     p.Recipe.Version,
		"org.opencontainers.image.description": p.Recipe.Description,
		"org.opencontainers.image.base.name":   p.Parent.Name,
		"org.opencontainers.image.base.digest": p.Parent.Digest,
		"io.slipway.recipe":                    p.Recipe.Normal + "/" + p.Recipe.Version,
		"io.slipway.components":                componentsLabel(p.Components),
	}
	switch p.Parent.Reference.Transport {
	case ref.Scratch:
		labels["org.opencontainers.image.base.name"] = ""
	case ref.Daemon: // an engine's id is no digest of a manifest
		labels["org.opencontainers.image.base.digest"] = ""
	}
	maps.DeleteFunc(labels, func(key, value string) bool {
		return value == "" || slices.Contains(p.Template.LabelKeys, key)
	})
	p.Labels = labels
}

func componentsLabel(components []Component) string {
	names := make([]string, len(components))
	for i, c := range components {
		names[i] = c.ID() + "@" + c.Digest
	}
	return strings.Join(names, ",")
}

// ID is name/version/build of a component, without the build for a file, as in the history and labels of images. The
// name is in its normal form, and has no commas.
func (c Component) ID() string {
	id := strings.ReplaceAll(ref.Normal(c.Name), ",", "-") + "/" + c.Version
	if c.Build > 0 {
		id += fmt.Sprintf("/%d", c.Build)
	}
	return id
}

// secrets names the secrets that will be asked for, and warns about those that were not given.
func (b *planner) secrets() {
	all := map[string]bool{}
	if b.plan.Template != nil { // there is none where nothing is built
		for _, id := range b.plan.Template.SecretIDs {
			all[id] = true
		}
	}
	for i := range b.found {
		own := secretsOf(b.found[i].Document, b.running(i))
		b.plan.Components[i].Secrets = slices.Sorted(maps.Keys(own))
		maps.Copy(all, own)
	}
	b.plan.Secrets = append([]string{}, slices.Sorted(maps.Keys(all))...)
	for _, id := range b.plan.Secrets {
		if !slices.Contains(b.opts.SecretIDs, id) {
			b.warn("secret %q is referred to, and not given: pass it with --secret id=%s", id, id)
		}
	}
}
