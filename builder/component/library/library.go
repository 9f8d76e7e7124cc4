// Package library holds the rules of the component store: names, versions and which one a reference means, build
// numbers, states and the end of support, tags, what may be deleted. A Library is the entry point; Source makes it a
// place where recipes find components. Records are kept by a Storage, of which package store has the one for SQLite;
// this package does no I/O of its own.
package library

import (
	"context"
	"time"

	"github.com/slipway-oci/slipway/builder/component"
	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/runner/action"
)

// Library answers for the components and recipes of one Storage. It is safe for concurrent use, and several processes
// may share a Storage.
type Library struct {
	storage  Storage
	settings Settings
	actions  *action.Set
	sealer   Sealer
	fetch    recipe.Fetch
	now      func() time.Time
}

// Options are what a Library works with.
type Options struct {
	Settings Settings
	// Actions are those that a document may use.
	Actions *action.Set
	// Sealer encrypts documents at rest; nil refuses components and recipes that are to be encrypted.
	Sealer Sealer
	// Fetch reads the content behind the uri of a request, and heeds the digest at its end; nil refuses such requests.
	Fetch recipe.Fetch
	// Now is the clock; nil is that of the machine.
	Now func() time.Time
}

// Settings are the parts of Slipway's configuration that the library depends on. The zero value holds the defaults.
type Settings struct {
	Partition string // of ARNs; "" means "aws"
	Region    string // "" means "us-east-1"
	Account   string // "" means "000000000000"
	// RequireUniqueVersions refuses other content under a version that exists, instead of making a further build.
	RequireUniqueVersions bool
	// NoticeDays is how long before the end of its support a component becomes deprecated; 0 means 28.
	NoticeDays int
	// DisableAtSupportEnd makes components unusable at the end of their support.
	DisableAtSupportEnd bool
	// DefaultKey encrypts the components and recipes that name no key; "" keeps them in clear text.
	DefaultKey string
	// StrictLimits applies the limits of the upstream model to documents inside requests.
	StrictLimits bool
}

// Sealer encrypts documents at rest.
type Sealer interface {
	// Seal encrypts a document with the key that is named, and gives what to store and the name to store, which is
	// enough for Open and holds no secret. The label belongs to the component alone and is bound to the result. A nil
	// result means that the document is to be stored in clear text, and warning then says why.
	Seal(ctx context.Context, key string, document, label []byte) (sealed []byte, name, warning string, err error)
	// Open gives the document back.
	Open(ctx context.Context, name string, sealed, label []byte) ([]byte, error)
}

// New makes a library of what a storage holds.
func New(storage Storage, o Options) *Library {
	l := &Library{
		storage: storage, settings: o.Settings, actions: o.Actions, sealer: o.Sealer, fetch: o.Fetch,
		now: o.Now,
	}
	if l.now == nil {
		l.now = time.Now
	}
	return l
}

// Source gives the library as a place where recipes find components.
func (l *Library) Source() component.Source { return source{l} }
