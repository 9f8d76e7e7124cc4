// Package engine is Slipway's side of BuildKit: it runs components, exports images, runs tests in fresh containers,
// and reads logs out of all of them. It speaks only BuildKit's client API, so the embedded builder, one in a
// container and one far away behave alike.
//
// Entry points are Open, Engine.Build and Engine.Test. The package knows nothing of recipes or plans, stores nothing
// and prints nothing.
package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client"

	"github.com/slipway-oci/slipway/builder/engine/dial"
	"github.com/slipway-oci/slipway/builder/engine/docker"
	"github.com/slipway-oci/slipway/builder/engine/embedded"
	"github.com/slipway-oci/slipway/builder/engine/embedded/standby"
	"github.com/slipway-oci/slipway/builder/engine/runnerbin"
)

// The builders that have a name.
const (
	Embedded = "embedded" // runs inside Slipway
	Docker   = "docker"   // a container of the local Docker Engine
)

// Default is the builder for those who name none: the embedded one where there is one.
func Default() string {
	if runtime.GOOS == "linux" {
		return Embedded
	}
	return Docker
}

// Options say which builder is used.
type Options struct {
	// Builder is Embedded (also when empty), Docker, or the address of a BuildKit, such as "unix:///run/buildkit.sock".
	Builder string
	// Image is what the builder Docker runs; empty means the BuildKit of the embedded one's version.
	Image string
	// Root is the state folder of the embedded builder.
	Root string
	// Runtime is the embedded builder's OCI runtime; empty means runc.
	Runtime string
	// Idle is how long the embedded builder stays after the last build; 0 ends it at once.
	Idle time.Duration
	// Proxy are the proxy settings that containers get. They are in no cache key and in no image.
	Proxy Proxy
	// CABundle is a file of trusted CA certificates (PEM) for the runner's own downloads; empty for none.
	CABundle string
}

// Proxy are the usual proxy variables.
type Proxy struct{ HTTP, HTTPS, FTP, No, All string }

// Engine is a connection to one builder. It is safe for concurrent use.
type Engine struct {
	client  *client.Client
	lease   *embedded.Lease // nil for a builder that is not ours
	options Options
}

// UnavailableError says that the builder cannot be used; it is a fault of the machine or the builder, not of what is
// to be built.
type UnavailableError struct {
	Builder string
	Err     error
}

// Error names the builder and the cause.
func (e *UnavailableError) Error() string {
	var silent *dial.SilentError
	if errors.As(e.Err, &silent) && silent.Address == e.Builder {
		return silent.Error()
	}
	return fmt.Sprintf("builder %s: %v", e.Builder, e.Err)
}

// Unwrap returns the cause.
func (e *UnavailableError) Unwrap() error { return e.Err }

// Open reaches the builder; the embedded one is started if it does not run. Close the engine when done: it keeps the
// builder alive.
func Open(ctx context.Context, o Options) (*Engine, error) {
	if o.Builder == "" {
		o.Builder = Embedded
	}
	if o.Builder != Embedded {
		standby.Discard()
	}
	if o.Builder == Embedded {
		return openEmbedded(ctx, o)
	}
	address := o.Builder
	if o.Builder == Docker {
		var err error
		if address, err = docker.Start(ctx, o.Image); err != nil {
			return nil, unavailable(ctx, o.Builder, err)
		}
	}
	c, err := dial.Open(ctx, address)
	if _, wrong := errors.AsType[*dial.AddressError](err); wrong {
		return nil, err
	}
	if err != nil {
		return nil, unavailable(ctx, o.Builder, err)
	}
	return &Engine{client: c, options: o}, nil
}

// openEmbedded starts the builder and makes a client of it at the same time.
func openEmbedded(ctx context.Context, o Options) (*Engine, error) {
	socket, err := embedded.Socket(o.Root)
	if err != nil {
		return nil, unavailable(ctx, o.Builder, err)
	}
	e := &Engine{options: o}
	starting, giveUp := context.WithCancel(ctx)
	defer giveUp()
	started, failed := make(chan struct{}), error(nil)
	go func() {
		defer close(started)
		e.lease, failed = embedded.Start(ctx, embedded.Options{Root: o.Root, Runtime: o.Runtime, Idle: o.Idle})
		if failed != nil {
			giveUp()
		}
	}()
	e.client, err = dial.OpenStarting(starting, socket, started)
	<-started
	if failed != nil {
		if err == nil { // somebody else started one
			_ = e.client.Close()
		}
		return nil, unavailable(ctx, o.Builder, failed)
	}
	if err != nil { // it took longer than a client waits for a connection
		e.client, err = dial.Open(ctx, e.lease.Address)
	}
	if err != nil {
		_ = e.closeLease() // what went wrong first is told
		return nil, unavailable(ctx, o.Builder, err)
	}
	return e, nil
}

func unavailable(ctx context.Context, builder string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &UnavailableError{Builder: builder, Err: err}
}

// Close lets go of the builder.
func (e *Engine) Close() error {
	err := e.client.Close()
	return errors.Join(err, e.closeLease())
}

func (e *Engine) closeLease() error {
	if e.lease == nil {
		return nil
	}
	return e.lease.Close()
}

// RunnerDigest is the digest of the runner for a platform such as "linux/amd64", empty when there is none.
func RunnerDigest(platform string) string {
	p, err := platforms.Parse(platform)
	if err != nil {
		return ""
	}
	image, err := runnerbin.For(p.Architecture)
	if err != nil {
		return ""
	}
	return image.Digest.String()
}

// AwaitEnd waits, after Close, until the embedded builder has ended, for callers that promise to leave no process
// behind. It returns at once when somebody else still uses it or it is meant to stay.
func (e *Engine) AwaitEnd(ctx context.Context) {
	if e.lease != nil {
		e.lease.AwaitEnd(ctx)
	}
}
