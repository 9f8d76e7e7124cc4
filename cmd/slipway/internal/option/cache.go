package option

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/slipway-oci/slipway/builder/engine"
)

// Cache is --cache-from and --cache-to, in BuildKit's words.
type Cache struct{ from, to []string }

// AddFlags adds --cache-from and --cache-to.
func (c *Cache) AddFlags(fs *pflag.FlagSet) {
	fs.StringArrayVar(&c.from, "cache-from", nil, "also take results from this cache: a registry `REFERENCE`, or type=local,src=DIR; repeatable")
	fs.StringArrayVar(&c.to, "cache-to", nil, "also keep results in this cache: a registry `REFERENCE`, or type=local,dest=DIR; repeatable")
}

// Caches gives the caches to read from and those to write to.
func (c *Cache) Caches() (from, to []engine.Cache, err error) {
	if from, err = caches("--cache-from", c.from); err != nil {
		return nil, nil, err
	}
	to, err = caches("--cache-to", c.to)
	for _, cache := range to {
		// Every component's result is wanted, not only that of the last.
		if _, ok := cache.Attrs["mode"]; !ok {
			cache.Attrs["mode"] = "max"
		}
	}
	return from, to, err
}

func caches(flag string, texts []string) ([]engine.Cache, error) {
	var list []engine.Cache
	for _, text := range texts {
		cache := engine.Cache{Type: "registry", Attrs: map[string]string{}}
		if !strings.Contains(text, "=") {
			cache.Attrs["ref"] = text
			list = append(list, cache)
			continue
		}
		for part := range strings.SplitSeq(text, ",") {
			key, value, ok := strings.Cut(part, "=")
			switch {
			case !ok || value == "":
				return nil, fmt.Errorf("%s %q: %q is not KEY=VALUE", flag, text, part)
			case key == "type":
				cache.Type = value
			default:
				cache.Attrs[key] = value
			}
		}
		list = append(list, cache)
	}
	return list, nil
}
