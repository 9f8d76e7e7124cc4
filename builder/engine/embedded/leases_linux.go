package embedded

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// firstLease is how long a fresh builder waits for the client that started it.
const firstLease = 10 * time.Second

// leases counts the open connections of the lease socket. A client that dies lets go without a word, since the
// kernel closes its connection.
type leases struct {
	socket  *net.UnixListener
	idle    chan struct{} // receives when no lease has been held for the idle time
	stopped chan struct{} // closed when the accepting goroutine has ended

	mu      sync.Mutex
	count   int
	wait    time.Duration
	timer   *time.Timer
	leaving net.Conn // of the last client, which may wait for the end of the builder
}

func newLeases(socket *net.UnixListener, idle time.Duration) *leases {
	l := &leases{socket: socket, idle: make(chan struct{}, 1), stopped: make(chan struct{}), wait: idle}
	l.timer = time.AfterFunc(firstLease, l.fire)
	go l.accept(l.stopped)
	return l
}

func (l *leases) accept(stopped chan<- struct{}) {
	defer close(stopped)
	for {
		conn, err := l.socket.Accept()
		if err != nil {
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				l.fire()
			}
			return
		}
		l.mu.Lock()
		l.count++
		l.timer.Stop()
		if l.leaving != nil { // the builder stays
			_ = l.leaving.Close()
			l.leaving = nil
		}
		l.mu.Unlock()
		go l.hold(conn)
	}
}

// hold counts a lease until its client lets go. The connection of the last one stays open when the builder is about to
// end, so that its client can wait for that.
func (l *leases) hold(conn net.Conn) {
	_, _ = io.Copy(io.Discard, conn)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count--
	if l.count == 0 {
		l.timer = time.AfterFunc(l.wait, l.fire)
	}
	if l.count == 0 && l.wait == 0 {
		l.leaving = conn
		return
	}
	_ = conn.Close()
}

func (l *leases) fire() {
	select {
	case l.idle <- struct{}{}:
	default:
	}
}

// rearm asks again soon: somebody was starting.
func (l *leases) rearm() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.count == 0 {
		l.timer = time.AfterFunc(50*time.Millisecond, l.fire)
	}
}

// close closes the socket and reports true, unless a lease is held or waits in the socket's queue. Accepting is
// stopped for the decision, so that no connection is between the queue and the count. The caller holds the start
// lock, so no new connection of a start arrives meanwhile.
func (l *leases) close() bool {
	_ = l.socket.SetDeadline(time.Unix(1, 0))
	<-l.stopped
	l.mu.Lock()
	held := l.count > 0
	l.mu.Unlock()
	if !held && !l.pending() {
		_ = l.socket.Close()
		return true
	}
	_ = l.socket.SetDeadline(time.Time{})
	l.stopped = make(chan struct{})
	go l.accept(l.stopped)
	return false
}

// pending reports whether a connection waits in the accept queue.
func (l *leases) pending() bool {
	raw, err := l.socket.SyscallConn()
	if err != nil {
		return false
	}
	ready := false
	_ = raw.Control(func(fd uintptr) {
		set := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}} //nolint:gosec // a file descriptor is an int32 to the kernel
		n, err := unix.Poll(set, 0)
		ready = err == nil && n > 0
	})
	return ready
}
