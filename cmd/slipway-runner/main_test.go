//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// build builds the runner as it is released, once for all tests.
var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "slipway-runner-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "slipway-runner")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w -X main.version=1.2.3", "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := build(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

func binary(t *testing.T) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// maxBinary is the size limit of the runner.
const maxBinary = 16 << 20

func TestBinaryIsSmall(t *testing.T) {
	info, err := os.Stat(binary(t))
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > maxBinary {
		t.Errorf("the runner has %d bytes, more than %d", info.Size(), maxBinary)
	}
}

// call is one start of the runner.
type call struct {
	t      *testing.T
	dir    string   // working directory, with the documents in it
	env    []string // nil for the test's own
	prefix []string // a program that starts the runner
	program,
	stdout, stderr string
	code int
}

func newCall(t *testing.T) *call {
	t.Helper()
	return &call{t: t, dir: t.TempDir(), program: binary(t)}
}

func (c *call) write(name, text string) string {
	c.t.Helper()
	path := filepath.Join(c.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		c.t.Fatal(err)
	}
	return path
}

func (c *call) command(args ...string) (*exec.Cmd, *bytes.Buffer, *bytes.Buffer) {
	words := append(append(append([]string{}, c.prefix...), c.program), args...)
	cmd := exec.CommandContext(c.t.Context(), words[0], words[1:]...)
	cmd.Dir, cmd.Env = c.dir, c.env
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	return cmd, &out, &errOut
}

// run starts the runner and checks its exit code.
func (c *call) run(code int, args ...string) {
	c.t.Helper()
	cmd, out, errOut := c.command(args...)
	err := cmd.Run()
	c.finish(code, err, out, errOut, args)
}

func (c *call) finish(code int, err error, out, errOut *bytes.Buffer, args []string) {
	c.t.Helper()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		c.t.Fatal(err)
	}
	c.stdout, c.stderr, c.code = out.String(), errOut.String(), 0
	if exit != nil {
		c.code = exit.ExitCode()
	}
	if c.code != code {
		c.t.Errorf("%v: exit code %d, want %d\n%s%s", args, c.code, code, c.stdout, c.stderr)
	}
}

// summary is what the runner printed.
func (c *call) summary() map[string]any {
	c.t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(c.stdout), &m); err != nil {
		c.t.Fatalf("stdout %q: %v", c.stdout, err)
	}
	return m
}

// folder is the log folder of the one run in DIR/logs.
func (c *call) folder() string {
	c.t.Helper()
	folders, err := filepath.Glob(filepath.Join(c.dir, "logs", "TOE_*"))
	if err != nil || len(folders) != 1 {
		c.t.Fatalf("log folders %v, %v", folders, err)
	}
	return folders[0]
}

// log reads a file of that folder.
func (c *call) log(name string) string {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(c.folder(), name))
	if err != nil {
		c.t.Fatal(err)
	}
	return string(text)
}

// steps wraps steps, one YAML flow map each, into a document.
func steps(list ...string) string {
	return "schemaVersion: 1.0\nphases:\n- name: build\n  steps:\n  - " + strings.Join(list, "\n  - ") + "\n"
}

// sh is a step that runs one line of bash.
func sh(name, line string, more ...string) string {
	return fmt.Sprintf("{name: %s, action: ExecuteBash, %s inputs: {commands: [%q]}}", name, strings.Join(more, " "), line)
}
