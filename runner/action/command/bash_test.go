//go:build linux

package command_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/actiontest"
	"github.com/slipway-oci/slipway/runner/action/command"
)

func bash(tb testing.TB, commands ...string) (action.Request, *actiontest.Recorder) {
	tb.Helper()
	return actiontest.Request(tb, action.Entry{"commands": commands})
}

func testOneScript(t *testing.T) {
	req, _ := bash(t, "x=5", "mkdir sub\ncd sub\n", "f() { echo \"$x $(basename \"$PWD\")\"; }", "f")
	result, err := (command.Bash{}).Run(t.Context(), req)
	wantOutput(t, result, err, "5 sub")
}

func testFailingLine(t *testing.T) {
	req, _ := bash(t, "echo a", "false", "echo b")
	result, err := (command.Bash{}).Run(t.Context(), req)
	wantOutput(t, result, err, "a\nb")
	if result.ExitCode == nil || *result.ExitCode != 0 {
		t.Errorf("exit code = %v", result.ExitCode)
	}
}

func testStdout(t *testing.T) {
	req, recorder := bash(t, `printf 'x\n\n'`, "echo problem >&2")
	result, err := (command.Bash{}).Run(t.Context(), req)
	wantOutput(t, result, err, "x")
	if got := recorder.Stdout.String(); got != "x\n\n" {
		t.Errorf("streamed %q", got)
	}
	if got := recorder.Stderr.String(); got != "problem\n" {
		t.Errorf("streamed %q as stderr", got)
	}
}

func testNoBash(t *testing.T) {
	// A folder with sh alone; bash is also looked for where it usually is, so only an image without it shows the rest.
	req, recorder := bash(t, "echo hi")
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("sh is needed")
	}
	if err := os.Symlink(shell, filepath.Join(req.Dir, "sh")); err != nil {
		t.Fatal(err)
	}
	req.Env = []string{"PATH=" + req.Dir}
	m := command.Bash{Folders: []string{"/nonexistent"}}
	_, err = m.Run(t.Context(), req)
	if want := "ExecuteBash: bash not found in the image"; text(err) != want {
		t.Errorf("error = %q, want %q", text(err), want)
	}
	var hinted interface{ Hint() string }
	if !errors.As(err, &hinted) || !strings.Contains(hinted.Hint(), "--shell-fallback=sh") {
		t.Error("the error has no hint")
	}
	req.Host = actiontest.Host{Shell: "sh"}
	result, err := m.Run(t.Context(), req)
	wantOutput(t, result, err, "hi")
	if !strings.Contains(recorder.Log(), "Warn bash not found in the image") {
		t.Errorf("log = %q", recorder.Log())
	}
	req.Host = actiontest.Host{Shell: "dash-or-so"}
	if _, err = m.Run(t.Context(), req); !strings.Contains(text(err), `the fallback "dash-or-so": not found in PATH`) {
		t.Errorf("error = %q", text(err))
	}
}

func TestBashFailure(t *testing.T) {
	tests := []struct {
		name, script, want string
		code               int
		reboot             action.Reboot
	}{
		{"with a message", "echo gone >&2; exit 4", "ExecuteBash: exit code 4: gone", 4, action.NoReboot},
		{"without a message", "exit 1", "ExecuteBash: exit code 1", 1, action.NoReboot},
		{"by a signal", "kill -KILL $$", "ExecuteBash: exit code 137", 137, action.NoReboot},
		{"request to resume", "exit 194", "", 194, action.RebootSameStep},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req, _ := bash(t, tt.script)
			result, err := (command.Bash{}).Run(t.Context(), req)
			if text(err) != tt.want {
				t.Errorf("error = %q, want %q", text(err), tt.want)
			}
			if result.ExitCode == nil || *result.ExitCode != tt.code || result.Reboot != tt.reboot {
				t.Errorf("result = %+v", result)
			}
		})
	}
}

func TestBashNeedsCommands(t *testing.T) {
	req, _ := bash(t)
	if _, err := (command.Bash{}).Run(t.Context(), req); text(err) != "ExecuteBash: commands: at least one command is needed" {
		t.Errorf("error = %q", text(err))
	}
}

func TestScriptsArePrivate(t *testing.T) {
	req, _ := bash(t, `stat -c %a "$0"`, `echo "${0%/*}"`)
	result, err := (command.Bash{}).Run(t.Context(), req)
	wantOutput(t, result, err, "600\n"+req.WorkDir)
}

func TestBashEndsWithItsContext(t *testing.T) {
	req, _ := bash(t, "trap '' TERM", "while :; do sleep 0.02; done")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 100*time.Millisecond, errors.New("timed out after 1 seconds"))
	defer cancel()
	_, err := (command.Bash{Limits: command.Limits{Grace: 50 * time.Millisecond}}).Run(ctx, req)
	if want := "ExecuteBash: timed out after 1 seconds"; text(err) != want {
		t.Errorf("error = %q, want %q", text(err), want)
	}
}

// BenchmarkExecuteBash has its private folder in memory, as in a build: on a disk its file system is most of the time.
func BenchmarkExecuteBash(b *testing.B) {
	req, _ := bash(b, "true")
	if folder, err := os.MkdirTemp("/dev/shm", "slipway-bench-"); err == nil { //nolint:usetesting // in memory
		defer os.RemoveAll(folder)
		req.WorkDir = folder
	}
	for b.Loop() {
		if _, err := (command.Bash{}).Run(b.Context(), req); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPlainBash starts the same script without a module, to compare with BenchmarkExecuteBash.
func BenchmarkPlainBash(b *testing.B) {
	script := filepath.Join(b.TempDir(), "script.sh")
	if err := os.WriteFile(script, []byte("true\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := exec.Command("/bin/bash", script).Run(); err != nil {
			b.Fatal(err)
		}
	}
}
