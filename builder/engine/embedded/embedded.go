// Package embedded runs BuildKit as a child process of the first build that needs it: nothing to install as a
// service, and nothing that stays behind. Builds that run at the same time share the child; it ends when the last of
// them lets go.
//
// Entry points: Start reaches or starts the child, Serve is the child, Info and Stop look after it.
package embedded

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/slipway-oci/slipway/builder/engine/embedded/layer"
)

// Options say which builder is meant and how to start it.
type Options struct {
	// Root is the folder of the builder's whole state; one builder at a time uses it.
	Root string
	// Runtime is the OCI runtime to look up in PATH; empty means runc.
	Runtime string
	// Idle is how long the builder stays after the last build let go.
	Idle time.Duration
	// Command is the program and arguments that run Serve for Root; empty means this program with ServeArgs.
	Command []string
	// Observe makes an observer for each layer that Serve makes; its reports go to the client. It may be nil.
	Observe func() layer.Observer
}

// ServeArgs are the arguments with which the slipway program becomes a builder.
func ServeArgs(root string) []string { return []string{"builder", "serve", "--root", root} }

// Socket is where the builder of root serves the BuildKit API.
func Socket(root string) (string, error) {
	p, err := newPaths(root)
	return p.control(), err
}

// Info describes a builder.
type Info struct {
	Running   bool      `json:"running"`
	PID       int       `json:"pid,omitempty"`
	Address   string    `json:"address,omitempty"`
	Root      string    `json:"root"`
	Rootless  bool      `json:"rootless"`
	Started   time.Time `json:"started,omitzero"`
	Version   string    `json:"buildkitVersion,omitempty"`
	Snapshots string    `json:"snapshotter,omitempty"`
}

// Error is a fault of this machine that keeps the builder from working.
type Error struct {
	What string // what failed
	Mend string // how to mend it, may be empty
	Err  error  // the cause, may be nil
}

// Error says what failed and why.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.What
	}
	return fmt.Sprintf("%s: %v", e.What, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint says how to mend it.
func (e *Error) Hint() string { return e.Mend }

// paths of a builder. Sockets have a length limit of 108 bytes, so for a long root they lie in the runtime folder.
type paths struct {
	root, sockets string
}

const maxSocketFolder = 80

func newPaths(root string) (paths, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return paths{}, err
	}
	p := paths{root: root, sockets: root}
	if len(root) > maxSocketFolder {
		p.sockets = runtimeFolder(root)
	}
	return p, nil
}

func (p paths) control() string   { return filepath.Join(p.sockets, "buildkit.sock") }
func (p paths) lease() string     { return filepath.Join(p.sockets, "lease.sock") }
func (p paths) startLock() string { return filepath.Join(p.root, "start.lock") }
func (p paths) serveLock() string { return filepath.Join(p.root, "serve.lock") }
func (p paths) info() string      { return filepath.Join(p.root, "builder.json") }
func (p paths) temporary() string { return filepath.Join(p.root, "tmp") }
func (p paths) log() string       { return filepath.Join(p.root, "builder.log") }

func (p paths) create() error {
	if err := os.MkdirAll(p.temporary(), 0o700); err != nil {
		return err
	}
	if p.sockets == p.root {
		return nil
	}
	return privateFolder(p.sockets)
}
