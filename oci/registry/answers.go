package registry

import (
	"sync"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/oci/ref"
)

// answerLife is how long the answer of a registry that a tag points at a digest is as good as another one. Others may
// move the tag meanwhile, as they may right after any answer.
const answerLife = 2 * time.Second

// answers are which tags an Upload found to point at the digest already. The Push that follows a short test need not
// ask again, which is a journey to the registry; after a long test it asks.
type answers struct {
	mu    sync.Mutex
	given map[answer]time.Time
}

type answer struct {
	tag    ref.Ref
	digest v1.Hash
}

func (a *answers) keep(tag ref.Ref, digest v1.Hash) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.given == nil {
		a.given = map[answer]time.Time{}
	}
	a.given[answer{tag, digest}] = time.Now()
}

// take reports whether there is an answer that still counts. It counts once.
func (a *answers) take(tag ref.Ref, digest v1.Hash) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := answer{tag, digest}
	at, ok := a.given[key]
	delete(a.given, key)
	return ok && time.Since(at) < answerLife
}
