package embedded

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/containerd/containerd/v2/defaults"
	"github.com/gofrs/flock"
	"github.com/moby/buildkit/util/grpcerrors"
	"github.com/moby/sys/userns"
	"google.golang.org/grpc"
)

// Serve is the builder: it serves the BuildKit API on the sockets of o.Root until ctx ends or until nobody has held
// a lease for o.Idle. A plain user's process moves into a user namespace first.
func Serve(ctx context.Context, o Options) error {
	if os.Geteuid() != 0 {
		return enterUserNamespace(o)
	}
	if inUserNamespaceSetup() {
		return userNamespaceChild(o)
	}
	p, err := newPaths(o.Root)
	if err != nil {
		return err
	}
	if err := p.create(); err != nil {
		return err
	}
	lock := flock.New(p.serveLock())
	locked, err := lock.TryLock()
	if err != nil {
		return fmt.Errorf("lock %q for a builder: %w", p.root, err)
	}
	if !locked {
		return fmt.Errorf("another builder uses %q", p.root)
	}
	defer func() { _ = lock.Close() }()

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	limitMemory(ctx)
	if err := sweep(ctx, p, o.Runtime); err != nil {
		return err
	}
	synced, err := guard(p.root)
	if err != nil {
		return err
	}
	o.Root = p.root
	w, err := newService(ctx, o)
	if err != nil {
		return err
	}
	server := grpc.NewServer(
		grpc.UnaryInterceptor(grpcerrors.UnaryServerInterceptor),
		grpc.StreamInterceptor(grpcerrors.StreamServerInterceptor),
		grpc.MaxRecvMsgSize(defaults.DefaultMaxRecvMsgSize),
		grpc.MaxSendMsgSize(defaults.DefaultMaxSendMsgSize),
	)
	w.controller.Register(server)
	last, err := serveUntilIdle(ctx, p, o, server, w.snapshotter)
	// The start lock, if taken, is held until the process ends: the next start finds the databases closed.
	defer runtime.KeepAlive(last)
	server.Stop()
	w.workers.running.stop()
	releaseMounts(p.root)
	if cerr := errors.Join(w.controller.Close(), w.workers.layers.Wait()); cerr != nil {
		return errors.Join(err, cerr)
	}
	return errors.Join(err, synced())
}

// serveUntilIdle returns when the builder is to end. The lock is the start lock when the end came by itself.
func serveUntilIdle(ctx context.Context, p paths, o Options, server *grpc.Server, snapshotter string) (*flock.Flock, error) {
	control, err := listen(p.control())
	if err != nil {
		return nil, err
	}
	if err := writeInfo(p, snapshotter); err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(p.info()) }()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(control) }()

	// The lease socket comes last: who reaches it finds the API ready.
	socket, err := listen(p.lease())
	if err != nil {
		return nil, err
	}
	defer func() { _ = socket.Close() }()
	leases := newLeases(socket, o.Idle)
	for {
		select {
		case <-ctx.Done():
			return nil, nil
		case err := <-failed:
			return nil, err
		case <-leases.idle:
			if lock := lockWhenUnused(p, leases); lock != nil {
				return lock, nil
			}
		}
	}
}

// lockWhenUnused returns the start lock when nobody holds a lease and nobody is about to take one.
func lockWhenUnused(p paths, l *leases) *flock.Flock {
	lock := flock.New(p.startLock())
	if ok, err := lock.TryLock(); err != nil || !ok {
		l.rearm()
		return nil
	}
	if l.close() {
		return lock
	}
	_ = lock.Close()
	return nil
}

func listen(path string) (*net.UnixListener, error) {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	old := syscall.Umask(0o177)
	defer syscall.Umask(old)
	return net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
}

func writeInfo(p paths, snapshotter string) error {
	data, err := json.Marshal(Info{
		PID: os.Getpid(), Address: "unix://" + p.control(), Root: p.root, Rootless: userns.RunningInUserNS(),
		Started: time.Now().UTC(), Version: buildkitVersion(), Snapshots: snapshotter,
	})
	if err != nil {
		return err
	}
	return os.WriteFile(p.info(), data, 0o600)
}
