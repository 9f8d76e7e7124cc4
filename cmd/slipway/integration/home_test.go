//go:build linux

package integration

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/slipway-oci/slipway/builder/engine/embedded"
	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/result"
)

// commandTimeout is the longest that any one command of these tests may take.
const commandTimeout = 5 * time.Minute

// home is a SLIPWAY_HOME and how slipway is run with it.
type home struct {
	t    *testing.T
	dir  string
	env  []string // beyond that of the test
	user []string // a command before slipway, to run it as somebody else
	bin  string   // the program; empty means the one under test
	attr *syscall.SysProcAttr
}

// newHome is an empty home of the test's own.
func newHome(t *testing.T) *home {
	t.Helper()
	needsRoot(t)
	return &home{t: t, dir: t.TempDir()}
}

// with returns a home in the same folder with more environment.
func (h *home) with(env ...string) *home {
	c := *h
	c.env = append(append([]string(nil), h.env...), env...)
	return &c
}

// of returns the same home for another test or subtest.
func (h *home) of(t *testing.T) *home {
	t.Helper()
	c := *h
	c.t = t
	return &c
}

func (h *home) command(args ...string) *exec.Cmd {
	bin := h.bin
	if bin == "" {
		bin = program
	}
	line := append(append(append([]string(nil), h.user...), bin), args...)
	cmd := exec.CommandContext(h.t.Context(), line[0], line[1:]...)
	cmd.Env = []string{"SLIPWAY_HOME=" + h.dir, "DOCKER_CONFIG=" + h.t.TempDir()}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "SLIPWAY_") && !strings.HasPrefix(v, "DOCKER_CONFIG=") && !strings.HasPrefix(v, "SOURCE_DATE_EPOCH=") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, h.env...)
	cmd.SysProcAttr = h.attr
	return cmd
}

// run runs slipway to its end.
func (h *home) run(args ...string) *outcome {
	h.t.Helper()
	return h.start(args...).wait()
}

// build runs slipway build on a project and reports its events.
func (h *home) build(p *project, args ...string) *outcome {
	h.t.Helper()
	return h.startBuild(p, args...).wait()
}

// startBuild starts a build whose events can be waited for.
func (h *home) startBuild(p *project, args ...string) *process {
	h.t.Helper()
	return h.start(append([]string{"build", p.dir, "--progress", "json", "--format", "json"}, args...)...)
}

// builder is the embedded builder that runs.
func (h *home) builder() embedded.Info {
	h.t.Helper()
	info, err := embedded.Status(h.t.Context(), filepath.Join(h.dir, "buildkit"))
	if err != nil || !info.Running {
		h.t.Fatalf("no builder runs: %+v, %v", info, err)
	}
	return info
}

// runFolder is the folder of the newest run.
func (h *home) runFolder() string {
	h.t.Helper()
	runs, err := filepath.Glob(filepath.Join(h.dir, "runs", "2*"))
	if err != nil || len(runs) == 0 {
		h.t.Fatalf("no run in %s (%v)", h.dir, err)
	}
	newest := runs[0]
	for _, r := range runs {
		if modified(h.t, r).After(modified(h.t, newest)) {
			newest = r
		}
	}
	return newest
}

func modified(t *testing.T, path string) time.Time {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.ModTime()
}

// process is a slipway that runs.
type process struct {
	t      *testing.T
	h      *home
	cmd    *exec.Cmd
	stdout watched
	stderr watched
	ended  chan struct{}
	err    error
}

func (h *home) start(args ...string) *process {
	h.t.Helper()
	return h.startWith(nil, args...)
}

// startWith starts slipway with something on its standard input.
func (h *home) startWith(stdin io.Reader, args ...string) *process {
	h.t.Helper()
	p := &process{t: h.t, h: h, cmd: h.command(args...), ended: make(chan struct{})}
	p.stderr.changed, p.stdout.changed = make(chan struct{}, 1), make(chan struct{}, 1)
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = stdin, &p.stdout, &p.stderr
	p.cmd.WaitDelay = 5 * time.Second
	if err := p.cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	return p
}

// await returns when the build reported an event that is wanted.
func (p *process) await(what string, wanted func(event.Event) bool) {
	p.t.Helper()
	timeout := time.After(commandTimeout)
	for {
		if slices.ContainsFunc(p.stderr.events(), wanted) {
			return
		}
		select {
		case <-p.stderr.changed:
		case <-p.ended:
			p.t.Fatalf("slipway ended before %s\n%s", what, p.stderr.String())
		case <-timeout:
			p.t.Fatalf("no %s within %v\n%s", what, commandTimeout, p.stderr.String())
		}
	}
}

// awaitStdout returns when slipway has written a text.
func (p *process) awaitStdout(text string) {
	p.t.Helper()
	p.awaitOutput(strconv.Quote(text), func(stdout string) bool { return strings.Contains(stdout, text) })
}

// awaitOutput waits until what the process has written is as it should be.
func (p *process) awaitOutput(what string, is func(stdout string) bool) {
	p.t.Helper()
	timeout := time.After(commandTimeout)
	for !is(p.stdout.String()) {
		select {
		case <-p.stdout.changed:
		case <-p.ended:
			p.t.Fatalf("slipway ended without %s:\n%s%s", what, p.stdout.String(), p.stderr.String())
		case <-timeout:
			p.t.Fatalf("no %s within %v:\n%s%s", what, commandTimeout, p.stdout.String(), p.stderr.String())
		}
	}
}

// memory watches the process until it ends and returns the largest resident size in bytes that it saw, in steps of
// milliseconds. What the system tells of an ended process includes the memory of the one that started it, which is us.
func (p *process) memory() int64 {
	p.t.Helper()
	status := fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid)
	var largest int64
	for tick := time.NewTicker(2 * time.Millisecond); ; {
		select {
		case <-p.ended:
			return largest
		case <-tick.C:
		}
		text, err := os.ReadFile(status)
		if err != nil {
			continue
		}
		if m := highWater.FindSubmatch(text); m != nil {
			if size, err := strconv.ParseInt(string(m[1]), 10, 64); err == nil {
				largest = max(largest, size<<10)
			}
		}
	}
}

var highWater = regexp.MustCompile(`VmHWM:\s*([0-9]+) kB`)

// signal sends a signal to slipway alone, as Ctrl-C and kill do.
func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatalf("signal %v: %v", s, err)
	}
}

func (p *process) wait() *outcome {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(commandTimeout):
		_ = p.cmd.Process.Signal(syscall.SIGQUIT) // tells where it hangs
		<-p.ended
		p.t.Fatalf("slipway %q did not end within %v\n%s", p.cmd.Args[1:], commandTimeout, p.stderr.String())
	}
	var exit *exec.ExitError
	if p.err != nil && !errors.As(p.err, &exit) && !errors.Is(p.err, exec.ErrWaitDelay) {
		p.t.Fatal(p.err)
	}
	return &outcome{
		t: p.t, args: p.cmd.Args, code: p.cmd.ProcessState.ExitCode(), stdout: p.stdout.String(), stderr: p.stderr.String(),
		events: p.stderr.events(),
	}
}

// watched is what a process writes, read while it is written.
type watched struct {
	mu      sync.Mutex
	b       bytes.Buffer
	changed chan struct{}
}

func (w *watched) Write(data []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case w.changed <- struct{}{}:
	default:
	}
	return w.b.Write(data)
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

// events are the whole lines that are events.
func (w *watched) events() []event.Event {
	text := w.String()
	var list []event.Event
	for line := range strings.Lines(text) {
		var e event.Event
		if strings.HasSuffix(line, "\n") && json.Unmarshal([]byte(line), &e) == nil && e.Type != "" {
			list = append(list, e)
		}
	}
	return list
}

// outcome is how a command ended.
type outcome struct {
	t              *testing.T
	args           []string
	code           int
	stdout, stderr string
	events         []event.Event
}

// wantCode fails the test unless the command ended with the exit code, and with all of the texts on stderr.
func (o *outcome) wantCode(code int, texts ...string) *outcome {
	o.t.Helper()
	if o.code != code {
		o.t.Fatalf("slipway %q: exit code %d, want %d\n%s", o.args[1:], o.code, code, o.story())
	}
	for _, text := range texts {
		if !strings.Contains(o.stderr, text) {
			o.t.Errorf("slipway %q: stderr does not contain %q:\n%s", o.args[1:], text, o.story())
		}
	}
	return o
}

// story is what happened, for a person who looks into a failed test.
func (o *outcome) story() string {
	if len(o.events) == 0 {
		return tail(o.stdout + o.stderr)
	}
	var b strings.Builder
	for _, e := range o.events {
		if e.Type == event.StageEnd || e.Type == event.StepEnd || e.Type == event.StepOutput || e.Type == event.Log {
			fmt.Fprintln(&b, e.Type, e.Stage, e.Component, e.Phase, e.Step, e.Status, e.Text, e.Message)
		}
	}
	return tail(b.String())
}

func tail(text string) string {
	const most = 8000
	if len(text) > most {
		return "... " + text[len(text)-most:]
	}
	return text
}

// result is the record on stdout.
func (o *outcome) result() *result.Result {
	o.t.Helper()
	r := &result.Result{}
	if err := json.Unmarshal([]byte(o.stdout), r); err != nil {
		o.t.Fatalf("stdout is no result: %v\n%s", err, o.stdout)
	}
	return r
}

// digest is the digest of the image of a successful build.
func (o *outcome) digest() string {
	o.t.Helper()
	r := o.wantCode(0).result()
	if r.Image == nil {
		o.t.Fatalf("the result has no image: %s", o.stdout)
	}
	return r.Image.Digest
}

// trail names the events of the wanted types in order, such as "build one build/Run step.end".
func (o *outcome) trail(types ...event.Type) []string {
	var list []string
	for _, e := range o.events {
		for _, wanted := range types {
			if e.Type == wanted {
				list = append(list, strings.Join(strings.Fields(strings.Join([]string{string(e.Stage), e.Component, e.Phase, e.Step}, " ")), " "))
			}
		}
	}
	return list
}
