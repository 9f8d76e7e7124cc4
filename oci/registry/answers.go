package registry

import (
	"sync"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/oci/ref"
)

// answerLife is how long the answer of a registry whether a reference points at a digest is as good as another one. Others
// may move it meanwhile, as they may right after any answer.
const answerLife = 2 * time.Second

// answers are which references an Upload found to point at the digest already, and which not. The Push that follows a
// short test need not ask again, which is a journey to the registry; after a long test it asks.
type answers struct {
	mu    sync.Mutex
	given map[question]answer
}

type question struct {
	reference ref.Ref
	digest    v1.Hash
}

type answer struct {
	yes bool
	at  time.Time
}

func (a *answers) keep(reference ref.Ref, digest v1.Hash, yes bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.given == nil {
		a.given = map[question]answer{}
	}
	a.given[question{reference, digest}] = answer{yes, time.Now()}
}

// take gives the answer, if there is one that still counts. It counts once.
func (a *answers) take(reference ref.Ref, digest v1.Hash) (yes, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	asked := question{reference, digest}
	given, ok := a.given[asked]
	delete(a.given, asked)
	ok = ok && time.Since(given.at) < answerLife
	return ok && given.yes, ok
}
