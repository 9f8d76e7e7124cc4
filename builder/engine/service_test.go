package engine

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gatewayapi "github.com/moby/buildkit/frontend/gateway/pb"
)

// endsAfter is a service that ends with an exit code some time from now; a negative time is never.
func endsAfter(wait time.Duration, code uint32) *running {
	r := &running{service: &Service{Args: []string{"serve"}}, tail: &tail{}, ended: make(chan struct{})}
	if wait < 0 {
		return r
	}
	go func() {
		time.Sleep(wait)
		if code != 0 {
			r.err = &gatewayapi.ExitError{ExitCode: code}
		}
		close(r.ended)
	}()
	return r
}

// The end of a service and that of the tests, which it causes, reach us in any order.
func TestVerdictOfTestsWhoseServiceEnded(t *testing.T) {
	gone := errors.New("container has stopped")
	for _, tt := range []struct {
		name    string
		service time.Duration
		code    int
		heard   bool
		err     error
		want    string // in the error, empty for none
	}{
		{"the tests passed and it runs", -1, 0, true, nil, ""},
		{"a test failed and the container ends with it", time.Millisecond, 1, true, nil, ""},
		{"the tests were killed with it", 0, killed, true, nil, "ended with exit code 7"},
		{"the tests were killed before the news of it", time.Second, killed, true, nil, "ended with exit code 7"},
		{"it ended while the tests were about to start", time.Second, notJoined, true, nil, "ended with exit code 7"},
		{"it ended before the tests started", time.Second, -1, false, gone, "ended with exit code 7"},
		{"it ended before the tests started, which have its exit code", time.Second, 7, false, nil, "ended with exit code 7"},
		{"the tests were killed by somebody else", -1, killed, true, nil, ""},
		{"the tests could not start and it runs", -1, -1, false, gone, "container has stopped"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				err := endsAfter(tt.service, 7).verdict(tt.code, tt.heard, tt.err)
				time.Sleep(time.Minute) // of the bubble: the service ends too
				if tt.want == "" {
					if err != nil {
						t.Errorf("verdict %v, want none", err)
					}
					return
				}
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("verdict %v, want %q", err, tt.want)
				}
			})
		})
	}
}
