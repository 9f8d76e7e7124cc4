package main

import (
	"io"
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/cmd/slipway/internal/cli"
)

func system(t *testing.T, stderr io.Writer) cli.System {
	t.Helper()
	home := t.TempDir()
	return cli.System{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: stderr, Getenv: func(key string) string {
		if key == "SLIPWAY_HOME" {
			return home
		}
		return ""
	}}
}

func TestRunReturnsTheExitCode(t *testing.T) {
	tests := []struct {
		args []string
		want int
	}{
		{[]string{"version"}, cli.Success},
		{nil, cli.Success},
		{[]string{"no-such-command"}, cli.WrongInput},
		{[]string{"image", "show", "none"}, cli.WrongInput},
	}
	for _, tt := range tests {
		sys := system(t, &strings.Builder{})
		if got := run(tt.args, sys, func(code int) { t.Errorf("exit(%d) was called", code) }); got != tt.want {
			t.Errorf("slipway %q: exit code %d, want %d", tt.args, got, tt.want)
		}
	}
}
