//go:build unix

package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/slipway-oci/slipway/cmd/slipway/internal/cli"
)

// waitingRegistry answers no request until its client gives up, and tells of the first.
func waitingRegistry(t *testing.T) (host string, asked <-chan struct{}) {
	t.Helper()
	first := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case first <- struct{}{}:
		default:
		}
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://"), first
}

func interrupt(t *testing.T) {
	t.Helper()
	if err := syscall.Kill(syscall.Getpid(), syscall.SIGINT); err != nil {
		t.Error(err)
	}
}

func TestFirstSignalCancels(t *testing.T) {
	host, asked := waitingRegistry(t)
	go func() {
		<-asked
		interrupt(t)
	}()
	sys := system(t, &strings.Builder{})
	if got := run([]string{"image", "pull", host + "/web:1"}, sys, func(code int) { t.Errorf("exit(%d) was called", code) }); got != cli.Interrupted {
		t.Errorf("exit code %d, want %d", got, cli.Interrupted)
	}
}

// stuck is a terminal that takes nothing until it is released.
type stuck struct {
	reached chan struct{}
	release chan struct{}
}

func (s *stuck) Write(p []byte) (int, error) {
	select {
	case s.reached <- struct{}{}:
	default:
	}
	<-s.release
	return len(p), nil
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	host, asked := waitingRegistry(t)
	screen := &stuck{reached: make(chan struct{}, 1), release: make(chan struct{})}
	giveUp := time.AfterFunc(10*time.Second, func() {
		t.Error("the second signal did not end the process")
		close(screen.release)
	})
	go func() {
		<-asked
		interrupt(t)
		<-screen.reached // the command has been cancelled and cannot end
		interrupt(t)
	}()
	sys := system(t, screen)
	run([]string{"image", "pull", host + "/web:1"}, sys, func(code int) {
		if code != cli.Interrupted {
			t.Errorf("exit(%d), want %d", code, cli.Interrupted)
		}
		if giveUp.Stop() {
			close(screen.release) // a real exit does not come back
		}
	})
}
