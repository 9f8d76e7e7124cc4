// Package dial opens a client of a BuildKit by its address. It knows the schemes of BuildKit's own clients.
package dial

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/moby/buildkit/client"
	// The connection helpers register their schemes with BuildKit's client.
	_ "github.com/moby/buildkit/client/connhelper/dockercontainer"
	_ "github.com/moby/buildkit/client/connhelper/kubepod"
	_ "github.com/moby/buildkit/client/connhelper/podmancontainer"
	_ "github.com/moby/buildkit/client/connhelper/ssh"
)

// Schemes are the accepted schemes of an address.
var Schemes = []string{"docker-container", "kube-pod", "podman-container", "ssh", "tcp", "unix"}

// answerTimeout is how long a builder may take for its first answer.
const answerTimeout = 30 * time.Second

// AddressError is an address that names no builder.
type AddressError struct{ Address string }

// Error names the address.
func (e *AddressError) Error() string {
	return fmt.Sprintf("builder %q: not an address of a BuildKit", e.Address)
}

// Hint lists what is accepted.
func (e *AddressError) Hint() string {
	return "use embedded or docker, or an address that begins with one of " + strings.Join(Schemes, "://, ") + "://"
}

// Check returns an *AddressError unless address has a known scheme.
func Check(address string) error {
	u, err := url.Parse(address)
	if err != nil || !slices.Contains(Schemes, u.Scheme) {
		return &AddressError{Address: address}
	}
	return nil
}

// SilentError is a builder that does not answer.
type SilentError struct {
	Address string
	Err     error
}

// Error says which builder does not answer and why.
func (e *SilentError) Error() string {
	return fmt.Sprintf("builder %q does not answer: %v", e.Address, e.Err)
}

// Unwrap returns the cause.
func (e *SilentError) Unwrap() error { return e.Err }

// Hint says what to look at.
func (e *SilentError) Hint() string {
	return "is a BuildKit running there, and may this user reach it? Without --builder and SLIPWAY_BUILDER, slipway brings its own"
}

// Open connects to the BuildKit at address and makes sure that it answers.
func Open(ctx context.Context, address string) (*client.Client, error) {
	if err := Check(address); err != nil {
		return nil, err
	}
	return open(ctx, address)
}

// OpenStarting is Open for a BuildKit on a unix socket that is being started: the connection is made when started is
// closed. What a client has to do before that is done while it waits.
func OpenStarting(ctx context.Context, socket string, started <-chan struct{}) (*client.Client, error) {
	return open(ctx, "unix://"+socket, client.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
		select {
		case <-started:
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}))
}

func open(ctx context.Context, address string, options ...client.ClientOpt) (*client.Client, error) {
	c, err := client.New(ctx, address, options...)
	if err != nil {
		return nil, &SilentError{Address: address, Err: err}
	}
	asking, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	if _, err := c.Info(asking); err != nil {
		_ = c.Close()
		return nil, &SilentError{Address: address, Err: err}
	}
	return c, nil
}
