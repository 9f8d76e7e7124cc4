//go:build !linux

package embedded

import (
	"context"
	"errors"
)

var errPlatform = &Error{
	What: "the embedded builder needs Linux",
	Mend: "use --builder docker, or the address of a BuildKit",
	Err:  errors.ErrUnsupported,
}

// A Lease keeps the builder alive.
type Lease struct{ Address string }

// Close lets go of the builder.
func (l *Lease) Close() error { return nil }

// Start fails: there is no embedded builder on this operating system.
func Start(context.Context, Options) (*Lease, error) { return nil, errPlatform }

// Serve fails as Start does.
func Serve(context.Context, Options) error { return errPlatform }

// AwaitOrders fails as Start does.
func AwaitOrders() (string, error) { return "", errPlatform }

// Status reports that no builder runs.
func Status(_ context.Context, root string) (Info, error) { return Info{Root: root}, nil }

// Stop reports that no builder ran.
func Stop(context.Context, string) (bool, error) { return false, nil }

// AwaitEnd returns at once.
func (l *Lease) AwaitEnd(context.Context) {}

func runtimeFolder(root string) string { return root }

func privateFolder(string) error { return errPlatform }
