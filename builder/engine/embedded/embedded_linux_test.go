package embedded

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

func listenLeases(t *testing.T, idle time.Duration) (*leases, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "lease.sock")
	socket, err := listen(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	return newLeases(socket, idle), path
}

func dialLease(t *testing.T, path string) net.Conn {
	t.Helper()
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestLeasesAreIdleAfterTheLast(t *testing.T) {
	l, path := listenLeases(t, 0)
	first, second := dialLease(t, path), dialLease(t, path)
	_ = first.Close()
	select {
	case <-l.idle:
		if l.close() {
			t.Fatal("closed while a lease is held")
		}
	case <-time.After(50 * time.Millisecond):
	}
	_ = second.Close()
	select {
	case <-l.idle:
	case <-time.After(5 * time.Second):
		t.Fatal("not idle after the last lease was let go")
	}
	for !l.close() { // a lease counts until its connection is seen to have ended
		time.Sleep(time.Millisecond)
	}
	if _, err := net.Dial("unix", path); err == nil {
		t.Error("the socket still answers")
	}
}

func TestLeaseInTheQueueIsNotLost(t *testing.T) {
	l, path := listenLeases(t, 0)
	conn := dialLease(t, path)
	defer func() { _ = conn.Close() }()
	for range 50 {
		if l.close() {
			t.Fatal("closed although a lease is held or waits")
		}
	}
}

func TestStartIsNotCutOffByTheEnd(t *testing.T) {
	p, err := newPaths(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	l, _ := listenLeases(t, time.Hour)
	starting := flock.New(p.startLock())
	if err := starting.Lock(); err != nil {
		t.Fatal(err)
	}
	if lock := lockWhenUnused(p, l); lock != nil {
		t.Fatal("the builder ends while a client starts")
	}
	_ = starting.Close()
	lock := lockWhenUnused(p, l)
	if lock == nil {
		t.Fatal("the builder does not end when nobody needs it")
	}
	_ = lock.Close()
}

func TestLongRootsHaveShortSockets(t *testing.T) {
	root := filepath.Join(t.TempDir(), strings.Repeat("deep/", 20))
	p, err := newPaths(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.control()) > 107 || len(p.lease()) > 107 {
		t.Errorf("socket paths are too long: %q", p.control())
	}
	other, err := newPaths(root + "x")
	if err != nil {
		t.Fatal(err)
	}
	if other.sockets == p.sockets {
		t.Error("two roots share their sockets")
	}
}

func TestPrivateFolderRefusesOpenOnes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "s")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := privateFolder(dir); err == nil {
		t.Error("a folder that everybody can write is accepted")
	}
}

func TestMissingRuntimeNamesThePackage(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Start(t.Context(), Options{Root: t.TempDir()})
	var fault *Error
	if !errors.As(err, &fault) {
		t.Fatalf("Start without runc: %v", err)
	}
	if !strings.Contains(fault.Error(), `"runc" is not in PATH`) || !strings.Contains(fault.Hint(), "runc") {
		t.Errorf("message %q, hint %q", fault.Error(), fault.Hint())
	}
}

func TestInstallHint(t *testing.T) {
	for _, row := range []struct{ pkg, ids, want string }{
		{"runc", "debian", "apt-get install runc"},
		{"uidmap", "ubuntu debian", "apt-get install uidmap"},
		{"uidmap", "fedora", "dnf install shadow-utils"},
		{"runc", "rocky rhel centos fedora", "dnf install runc"},
		{"runc", "alpine", "apk add runc"},
		{"runc", "", "the package runc of your distribution"},
	} {
		if got := installHint(row.pkg, row.ids); got != row.want {
			t.Errorf("installHint(%q, %q) = %q, want %q", row.pkg, row.ids, got, row.want)
		}
	}
}
