package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/engine/embedded"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/golden"
)

// world is where the commands of a test run: a home of its own.
type world struct {
	t    *testing.T
	home string
	env  map[string]string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return &world{t: t, home: t.TempDir(), env: map[string]string{}}
}

func (w *world) getenv(key string) string {
	if key == "SLIPWAY_HOME" {
		return w.home
	}
	return w.env[key]
}

// run runs a command line.
func (w *world) run(args ...string) (code int, stdout, stderr string) {
	w.t.Helper()
	var out, story strings.Builder
	code = Run(w.t.Context(), args, System{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &story, Getenv: w.getenv})
	return code, out.String(), story.String()
}

// ok runs a command line that must succeed and returns what it wrote to stdout.
func (w *world) ok(args ...string) string {
	w.t.Helper()
	code, stdout, stderr := w.run(args...)
	if code != Success {
		w.t.Fatalf("slipway %s: exit code %d\n%s", strings.Join(args, " "), code, stderr)
	}
	return stdout
}

// in changes into a folder for the test.
func (w *world) in(dir string) *world {
	w.t.Chdir(dir)
	return w
}

// commands are all commands but those of cobra.
func commands(t *testing.T) []*cobra.Command {
	t.Helper()
	a := &app{System: System{Getenv: func(string) string { return "" }}}
	var list []*cobra.Command
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		list = append(list, c)
		for _, child := range c.Commands() {
			walk(child)
		}
	}
	walk(a.rootCmd())
	return list
}

func TestHelp(t *testing.T) {
	for _, c := range commands(t) {
		if c.Hidden {
			continue
		}
		t.Run(strings.ReplaceAll(c.CommandPath(), " ", "-"), func(t *testing.T) {
			args := append(strings.Fields(c.CommandPath())[1:], "-h")
			golden.Check(t, newWorld(t).ok(args...))
		})
	}
}

// TestExamplesAreUnderstood parses every line of every example, so that no help shows a flag that does not exist.
func TestExamplesAreUnderstood(t *testing.T) {
	for _, c := range commands(t) {
		if c.Hidden {
			continue
		}
		examined := 0
		for line := range strings.Lines(c.Example) {
			command, _, _ := strings.Cut(line, " > ") // where the shell writes the output is not for slipway
			words := strings.Fields(strings.ReplaceAll(command, "'", ""))
			if len(words) == 0 || words[0] != "slipway" {
				continue // another program's part
			}
			examined++
			found, rest, err := c.Root().Find(words[1:])
			if err != nil || found == c.Root() {
				t.Errorf("%s: example %q: no such command (%v)", c.CommandPath(), line, err)
				continue
			}
			if err := found.ParseFlags(rest); err != nil {
				t.Errorf("%s: example %q: %v", c.CommandPath(), line, err)
				continue
			}
			if err := found.Args(found, found.Flags().Args()); err != nil {
				t.Errorf("%s: example %q: %v", c.CommandPath(), line, err)
			}
		}
		if examined == 0 {
			t.Errorf("%s: no example is a command line of slipway", c.CommandPath())
		}
	}
}

func TestEveryCommandSaysWhatItDoes(t *testing.T) {
	for _, c := range commands(t) {
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: short text %q", c.CommandPath(), c.Short)
		}
		if !c.Runnable() {
			t.Errorf("%s does nothing", c.CommandPath())
		}
	}
}

func TestUsageErrors(t *testing.T) {
	tests := []struct {
		name string
		args []string
	}{
		{"unknown command", []string{"biuld"}},
		{"unknown command of a group", []string{"image", "shw"}},
		{"far from every command", []string{"image", "xyzzyx"}},
		{"unknown flag", []string{"build", "--psuh"}},
		{"missing argument", []string{"image", "show"}},
		{"too many arguments", []string{"version", "now"}},
		{"unknown format", []string{"image", "list", "--format", "xml"}},
		{"unknown progress", []string{"build", "--progress", "fancy"}},
		{"push and no push", []string{"build", "--push", "--no-push"}},
		{"missing recipe", []string{"build", "nowhere"}},
		{"missing image", []string{"image", "show", "web:1"}},
		{"missing run", []string{"runs", "show", "2031"}},
		{"no runs", []string{"runs", "logs"}},
		{"bad platform", []string{"plan", "--platform", "amd64"}},
		{"prune without a rule", []string{"runs", "prune"}},
		{"builder that is no address", []string{"builder", "prune", "--builder", "buildkit"}},
		{"bad reference", []string{"image", "pull", "Upper/Case"}},
		{"bad reference of an engine", []string{"image", "pull", "docker-daemon:Web:1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := newWorld(t).in(t.TempDir()).run(tt.args...)
			if code != WrongInput {
				t.Errorf("exit code %d, want %d", code, WrongInput)
			}
			if stdout != "" {
				t.Errorf("stdout has %q", stdout)
			}
			golden.Check(t, stderr)
		})
	}
}

func TestEngineThatDoesNotAnswer(t *testing.T) {
	w := newWorld(t).in(t.TempDir())
	w.env = map[string]string{"DOCKER_HOST": "unix://" + filepath.Join(t.TempDir(), "none.sock")}
	code, _, stderr := w.run("image", "pull", "docker-daemon:web:1")
	if code != MachineFault || !strings.Contains(stderr, "none.sock") || !strings.Contains(stderr, "DOCKER_HOST") {
		t.Errorf("exit code %d, want %d, and which engine and how to name another:\n%s", code, MachineFault, stderr)
	}
}

type codedError int

func (codedError) Error() string   { return "coded" }
func (c codedError) ExitCode() int { return int(c) }

func TestExitCode(t *testing.T) {
	interrupt := Interrupt{syscall.SIGTERM}
	tests := []struct {
		name  string
		cause error // of the end of the context
		err   error
		want  int
	}{
		{"nothing", nil, nil, Success},
		{"knows its code", nil, fmt.Errorf("build: %w", codedError(TestFailed)), TestFailed},
		{"joined", nil, errors.Join(errors.New("a"), codedError(PublishFailed)), PublishFailed},
		{"shown", nil, shown{codedError(ComponentFailed)}, ComponentFailed},
		{"plain", nil, errors.New("wrong"), WrongInput},
		{"missing file", nil, &os.PathError{Op: "open", Path: "x", Err: syscall.ENOENT}, WrongInput},
		{"disk full", nil, &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}, MachineFault},
		{"network", nil, &url.Error{Op: "Get", URL: "x", Err: &net.DNSError{}}, MachineFault},
		{"builder", nil, &embedded.Error{What: "no runc"}, MachineFault},
		{"interrupted", interrupt, codedError(TestFailed), Interrupted},
		{"interrupted too late", interrupt, nil, Success},
		{"cancelled otherwise", errors.New("another reason"), codedError(TestFailed), TestFailed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			if tt.cause != nil {
				cancel(tt.cause)
			}
			if got := exitCode(ctx, tt.err); got != tt.want {
				t.Errorf("exit code of %v = %d, want %d", tt.err, got, tt.want)
			}
		})
	}
}

func TestVersion(t *testing.T) {
	w := newWorld(t)
	if got := w.ok("version"); !strings.HasPrefix(got, "slipway ") {
		t.Errorf("version = %q", got)
	}
	if got := w.ok("version", "--format", "json"); !strings.Contains(got, `"platform": "`) {
		t.Errorf("version as JSON = %q", got)
	}
}

func TestCompletion(t *testing.T) {
	w := newWorld(t)
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if got := w.ok("completion", shell); !strings.Contains(got, "slipway") {
			t.Errorf("completion for %s: %.80q", shell, got)
		}
	}
	tests := []struct {
		args []string
		want string
	}{
		{[]string{"build", "--progress", ""}, "auto\ntty\nplain\njson\nquiet\n"},
		{[]string{"image", "list", "--format", ""}, "text\njson\n"},
		{[]string{"image", "show", ""}, ""},
		{[]string{"runs", "show", ""}, "latest\n"},
	}
	for _, tt := range tests {
		got := w.ok(append([]string{"__complete"}, tt.args...)...)
		got = got[:strings.LastIndexByte(strings.TrimSpace(got), ':')]
		if got != tt.want {
			t.Errorf("completion of %q = %q, want %q", tt.args, got, tt.want)
		}
	}
}

func TestBuilderStatusWhenStopped(t *testing.T) {
	w := newWorld(t)
	if got := w.ok("builder", "status"); !strings.Contains(got, "stopped") {
		t.Errorf("status = %q", got)
	}
	if got := w.ok("builder", "status", "--format", "json"); !strings.Contains(got, `"running": false`) {
		t.Errorf("status as JSON = %q", got)
	}
	if code, _, stderr := w.run("builder", "stop"); code != Success || !strings.Contains(stderr, "not running") {
		t.Errorf("stop = %d, %q", code, stderr)
	}
}
