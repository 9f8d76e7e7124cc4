package registry

import (
	"slices"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// knowledge is which repositories of which registry are known to have a blob: it saves asking again, and tells from
// where a blob can be mounted. It may be outdated, since registries collect garbage too; so a manifest that is
// refused for a missing blob makes it forget.
type knowledge struct {
	mu    sync.Mutex
	blobs map[knownBlob][]string // repositories, in the order in which they were learned
}

type knownBlob struct {
	host   string
	digest v1.Hash
}

const maxKnownRepositories = 8

func (k *knowledge) add(host, repository string, digest v1.Hash) {
	k.mu.Lock()
	defer k.mu.Unlock()
	key := knownBlob{host: host, digest: digest}
	if slices.Contains(k.blobs[key], repository) {
		return
	}
	if k.blobs == nil {
		k.blobs = map[knownBlob][]string{}
	}
	if len(k.blobs[key]) < maxKnownRepositories {
		k.blobs[key] = append(k.blobs[key], repository)
	}
}

func (k *knowledge) has(host, repository string, digest v1.Hash) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Contains(k.blobs[knownBlob{host: host, digest: digest}], repository)
}

// elsewhere returns a repository of the registry, other than the given one, that has the blob.
func (k *knowledge) elsewhere(host, repository string, digest v1.Hash) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, have := range k.blobs[knownBlob{host: host, digest: digest}] {
		if have != repository {
			return have
		}
	}
	return ""
}

func (k *knowledge) forget(host, repository string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for key, repositories := range k.blobs {
		if key.host != host {
			continue
		}
		var kept []string
		for _, have := range repositories {
			if have != repository {
				kept = append(kept, have)
			}
		}
		k.blobs[key] = kept
	}
}
