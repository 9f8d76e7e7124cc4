//go:build linux

package process_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/actiontest"
	"github.com/slipway-oci/slipway/runner/action/process"
)

func shell(script string) process.Command {
	return process.Command{Path: "/bin/sh", Arguments: []string{"-c", script}}
}

func TestOutcome(t *testing.T) {
	tests := []struct {
		name, script string
		code         int
		stdout, last string
	}{
		{"success", `echo out; echo err >&2`, 0, "out", "err"},
		{"failure", `echo one >&2; echo two >&2; echo >&2; exit 3`, 3, "", "two"},
		{"no newline at the end", `printf 'a\nb'; printf 'x\ny' >&2`, 0, "a\nb", "y"},
		{"signal", `kill -TERM $$`, 143, "", ""},
		{"newlines are trimmed", `printf ' x \r\n\n\r\n'`, 0, " x ", ""},
		{"bytes that are not UTF-8", `printf 'a\377b'`, 0, "a\uFFFDb", ""},
		{"no input", `cat; echo done`, 0, "done", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req, _ := actiontest.Request(t)
			got, err := shell(tt.script).Run(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			want := process.Outcome{ExitCode: tt.code, Stdout: tt.stdout, LastError: tt.last}
			if got != want {
				t.Errorf("outcome = %+v, want %+v", got, want)
			}
		})
	}
}

func TestEverythingIsStreamed(t *testing.T) {
	req, recorder := actiontest.Request(t)
	got, err := shell(`head -c 1100000 /dev/zero | tr '\0' a; echo end`).Run(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Repeat("a", action.MaxText) + action.Truncated; got.Stdout != want || !got.Cut {
		t.Errorf("kept %d bytes, cut %v, want %d bytes", len(got.Stdout), got.Cut, len(want))
	}
	if n := recorder.Stdout.Len(); n != 1100004 {
		t.Errorf("streamed %d bytes, want all 1100004", n)
	}
}

func TestNewlinesBeyondTheLimitAreNoCut(t *testing.T) {
	req, _ := actiontest.Request(t)
	got, err := shell(`head -c 1048576 /dev/zero | tr '\0' a; head -c 200000 /dev/zero | tr '\0' '\n'`).Run(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if got.Cut || len(got.Stdout) != action.MaxText {
		t.Errorf("kept %d bytes, cut %v", len(got.Stdout), got.Cut)
	}
}

func TestSecretsAreMaskedBeforeTextIsCut(t *testing.T) {
	const secret = "hunter2hunter2hunter2"
	req, _ := actiontest.Request(t)
	req.Mask = func(text string) string { return strings.ReplaceAll(text, secret, "***") }
	script := `head -c 1048570 /dev/zero | tr '\0' a; echo ` + secret + `; echo more
		{ head -c 190 /dev/zero | tr '\0' b; echo ` + secret + `; } >&2; exit 1`
	got, err := shell(script).Run(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(got.Stdout, "hunter") {
		t.Errorf("stdout ends with %q", got.Stdout[len(got.Stdout)-30:])
	}
	if want := strings.Repeat("b", 190) + "***"; got.LastError != want {
		t.Errorf("last line of stderr = %q", got.LastError)
	}
}

func TestLastErrorIsShort(t *testing.T) {
	req, _ := actiontest.Request(t)
	got, err := shell(`for i in $(seq 300); do printf ä; done >&2; exit 1`).Run(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Repeat("ä", 200); got.LastError != want {
		t.Errorf("last line has %d bytes, want %d", len(got.LastError), len(want))
	}
}

func TestEnvironmentAndDirectory(t *testing.T) {
	req, _ := actiontest.Request(t)
	req.Env = []string{"ONLY=this"}
	got, err := process.Command{Path: "/usr/bin/env"}.Run(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if got.Stdout != "ONLY=this" {
		t.Errorf("environment = %q", got.Stdout)
	}
	got, err = shell("pwd").Run(t.Context(), req)
	if want, _ := filepath.EvalSymlinks(req.Dir); err != nil || got.Stdout != want {
		t.Errorf("working directory = %q, %v; want %q", got.Stdout, err, want)
	}
}

// cancelled runs a script and cancels it as soon as it has created the file "started".
func cancelled(t *testing.T, cause error, c process.Command) (process.Outcome, time.Duration, error) {
	t.Helper()
	req, _ := actiontest.Request(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(filepath.Join(req.Dir, "started")); err == nil {
				cancel(cause)
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	begin := time.Now()
	outcome, err := c.Run(ctx, req)
	return outcome, time.Since(begin), err
}

func TestCancelIsPoliteFirst(t *testing.T) {
	cause := errors.New("timed out")
	outcome, _, err := cancelled(t, cause, shell(`trap 'echo bye; exit 7' TERM; touch started; while :; do sleep 0.05; done`))
	if !errors.Is(err, cause) {
		t.Errorf("error = %v, want the cause", err)
	}
	if outcome.ExitCode != 7 || outcome.Stdout != "bye" {
		t.Errorf("outcome = %+v", outcome)
	}
}

func TestCancelKillsWhatStays(t *testing.T) {
	c := shell(`trap '' TERM; touch started; while :; do sleep 0.05; done`)
	c.Grace = 100 * time.Millisecond
	outcome, took, err := cancelled(t, context.DeadlineExceeded, c)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error = %v", err)
	}
	if outcome.ExitCode != 128+int(syscall.SIGKILL) {
		t.Errorf("exit code = %d", outcome.ExitCode)
	}
	if took > 4*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestCancelReachesTheWholeGroup(t *testing.T) {
	c := shell(`(trap '' TERM; touch trapped; while :; do sleep 0.05; done) & echo $!
		while ! test -e trapped; do sleep 0.01; done; touch started; wait`)
	c.Grace = 200 * time.Millisecond
	outcome, _, err := cancelled(t, context.DeadlineExceeded, c)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error = %v", err)
	}
	pid, err := strconv.Atoi(outcome.Stdout)
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the child to be killed", func() bool { return !running(pid) })
}

// running reports whether a process is there and not a zombie.
func running(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(rest, "Z") && !strings.HasPrefix(rest, "X")
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for limit := time.Now().Add(5 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("waited too long for %s", what)
		}
	}
}

func TestBackgroundProcessIsNotWaitedFor(t *testing.T) {
	req, _ := actiontest.Request(t)
	c := shell(`sleep 30 & echo $!`)
	c.PipeWait = 50 * time.Millisecond
	begin := time.Now()
	outcome, err := c.Run(t.Context(), req)
	if err != nil || outcome.ExitCode != 0 {
		t.Fatalf("outcome = %+v, %v", outcome, err)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
	pid, err := strconv.Atoi(outcome.Stdout)
	if err != nil {
		t.Fatal(err)
	}
	if !running(pid) {
		t.Error("the background process was ended")
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
}

func TestCancelledBeforeTheStart(t *testing.T) {
	req, _ := actiontest.Request(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := shell("touch started").Run(ctx, req); !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v", err)
	}
	if _, err := os.Stat(filepath.Join(req.Dir, "started")); err == nil {
		t.Error("the command ran")
	}
}

// keeper is a host that looks after processes.
type keeper struct {
	actiontest.Host
	mu     sync.Mutex
	events []string
}

func (k *keeper) StartProcess(start func() (int, error)) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	pid, err := start()
	if err == nil {
		k.events = append(k.events, "start "+strconv.Itoa(pid))
	}
	return err
}

func (k *keeper) EndProcess(pid int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.events = append(k.events, "end "+strconv.Itoa(pid))
}

func TestHostKnowsTheProcess(t *testing.T) {
	req, _ := actiontest.Request(t)
	host := &keeper{}
	req.Host = host
	outcome, err := shell("echo $$").Run(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	want := "start " + outcome.Stdout + " end " + outcome.Stdout
	if got := strings.Join(host.events, " "); got != want {
		t.Errorf("events = %q, want %q", got, want)
	}
}

func TestFind(t *testing.T) {
	req, _ := actiontest.Request(t)
	folder := filepath.Join(req.Dir, "bin")
	for name, mode := range map[string]os.FileMode{"tool": 0o755, "text": 0o644} {
		if err := os.MkdirAll(filepath.Join(folder, "folder"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	req.Env = []string{"PATH=/nonexistent:bin"}
	tests := []struct{ name, want, wantErr string }{
		{"tool", folder + "/tool", ""},
		{"bin/tool", folder + "/tool", ""},
		{folder + "/tool", folder + "/tool", ""},
		{"text", "", `"text": not found in PATH`},
		{"bin/text", "", `"` + folder + `/text": is not executable`},
		{"bin/folder", "", `"` + folder + `/folder": is a folder`},
		{"./none", "", `"` + req.Dir + `/./none": no such file or directory`},
	}
	for _, tt := range tests {
		got, err := process.Find(req, tt.name)
		if got != tt.want || errorText(err) != tt.wantErr {
			t.Errorf("Find(%q) = %q, %q; want %q, %q", tt.name, got, errorText(err), tt.want, tt.wantErr)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestWhatCannotStart(t *testing.T) {
	req, _ := actiontest.Request(t)
	write := func(name, content string) string {
		path := filepath.Join(req.Dir, name)
		if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tests := []struct{ name, path, want string }{
		{"no interpreter line", write("plain", "echo hi\n"), "exec format error"},
		{"missing interpreter", write("lost", "#!/nonexistent/sh\n"), "no such file or directory"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := process.Command{Path: tt.path}.Run(t.Context(), req)
			if want := strconv.Quote(tt.path) + ": " + tt.want; errorText(err) != want {
				t.Errorf("error = %q, want %q", errorText(err), want)
			}
			var hinted interface{ Hint() string }
			if !errors.As(err, &hinted) {
				t.Error("the error has no hint")
			}
		})
	}
	req.Dir = filepath.Join(req.Dir, "gone")
	if _, err := shell("true").Run(t.Context(), req); !strings.Contains(errorText(err), "working directory") {
		t.Errorf("error without a working directory = %q", errorText(err))
	}
}
