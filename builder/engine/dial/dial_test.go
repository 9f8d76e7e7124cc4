package dial

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestCheckTakesTheSchemesOfBuildKit(t *testing.T) {
	for _, address := range []string{"unix:///run/b.sock", "tcp://host:1234", "docker-container://b", "ssh://me@host"} {
		if err := Check(address); err != nil {
			t.Errorf("Check(%q): %v", address, err)
		}
	}
	for _, address := range []string{"", "nonsense", "http://host", "/run/b.sock", "unix"} {
		var wrong *AddressError
		if err := Check(address); !errors.As(err, &wrong) || wrong.Address != address || !strings.Contains(wrong.Hint(), "unix://") {
			t.Errorf("Check(%q): %v, want an *AddressError", address, err)
		}
	}
}

func TestOpenNamesABuilderThatDoesNotAnswer(t *testing.T) {
	address := "unix://" + filepath.Join(t.TempDir(), "none.sock")
	_, err := Open(t.Context(), address)
	var silent *SilentError
	if !errors.As(err, &silent) || silent.Address != address || silent.Hint() == "" {
		t.Errorf("Open(%q): %v, want a *SilentError", address, err)
	}
}

func TestOpenStartingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	socket := filepath.Join(t.TempDir(), "none.sock")
	_, err := OpenStarting(ctx, socket, make(chan struct{}))
	var silent *SilentError
	if !errors.As(err, &silent) || ctx.Err() == nil {
		t.Errorf("OpenStarting(%q): %v, want a *SilentError once the context has ended", socket, err)
	}
}
