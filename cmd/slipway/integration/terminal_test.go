//go:build linux

package integration

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is slipway with a terminal of its own, and a person's hands on the other side.
type terminal struct {
	*process
	hands *os.File
	asked int // commands of ask
}

// startTerminal starts slipway on a new pseudo-terminal of the given size.
func (h *home) startTerminal(size unix.Winsize, args ...string) *terminal {
	h.t.Helper()
	hands, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = hands.Close() })
	number, err := unix.IoctlGetInt(int(hands.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(hands.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	screen, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		h.t.Fatal(err)
	}
	t := &terminal{&process{t: h.t, h: h, cmd: h.command(args...), ended: make(chan struct{})}, hands, 0}
	t.resize(size)
	t.stdout.changed, t.stderr.changed = make(chan struct{}, 1), make(chan struct{}, 1)
	t.cmd.Stdin, t.cmd.Stdout, t.cmd.Stderr = screen, screen, screen
	t.cmd.Env = append(t.cmd.Env, "TERM=xterm")
	t.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := t.cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	_ = screen.Close()
	go func() {
		data := make([]byte, 4096)
		for {
			n, err := hands.Read(data)
			_, _ = t.stdout.Write(data[:n])
			if err != nil {
				return
			}
		}
	}()
	go func() {
		t.err = t.cmd.Wait()
		close(t.ended)
	}()
	return t
}

func (t *terminal) resize(size unix.Winsize) {
	t.t.Helper()
	if err := unix.IoctlSetWinsize(int(t.hands.Fd()), unix.TIOCSWINSZ, &size); err != nil {
		t.t.Fatal(err)
	}
}

func (t *terminal) key(text string) {
	t.t.Helper()
	if _, err := t.hands.WriteString(text); err != nil {
		t.t.Fatal(err)
	}
}

// ask types a command until its answer is on the screen: the shell learns of a new size a little later.
func (t *terminal) ask(command, answer string) {
	t.t.Helper()
	deadline := time.Now().Add(commandTimeout)
	for {
		t.asked++
		mark := fmt.Sprintf("end-%d.", t.asked)
		t.key(command + "; echo " + mark[:4] + "''" + mark[4:] + "\r") // the echo of what is typed is not the answer
		t.awaitStdout(mark)
		if strings.Contains(t.stdout.String(), answer) {
			return
		}
		if time.Now().After(deadline) {
			t.t.Fatalf("no %q on the screen:\n%s", answer, t.stdout.String())
		}
	}
}

// awaitLast waits until a text is the last on the screen.
func (t *terminal) awaitLast(text string) {
	t.t.Helper()
	t.awaitOutput(fmt.Sprintf("%q at the end", text), func(screen string) bool { return strings.HasSuffix(screen, text) })
}

// interrupt presses Ctrl-C when a text is the last on the screen, and waits for the prompt behind it.
func (t *terminal) interrupt(last, prompt string) {
	t.t.Helper()
	t.awaitLast(last)
	seen := len(t.stdout.String())
	t.key("\x03")
	t.awaitOutput("new prompt", func(screen string) bool { return strings.Contains(screen[seen:], prompt) })
}

func TestShellOnATerminal(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("c", build(bash("echo here > /here", "exit 3"))))
	h.build(p, "--keep-failed").wantCode(1)
	run := filepath.Base(h.runFolder())
	term := h.startTerminal(unix.Winsize{Row: 33, Col: 101}, "shell", run)
	term.ask("stty size", "33 101")
	term.ask("cat /here", "here\r\n")
	term.resize(unix.Winsize{Row: 44, Col: 111})
	term.ask("stty size", "44 111")
	term.key("(echo sle''eping; exec sleep 600)\r") // who prints has the terminal
	term.awaitStdout("sleeping")
	term.ask("\x03echo in''terrupted", "interrupted") // Ctrl-C ends the command and not the shell
	term.key("slipway-runner step | grep -c exit\rexit 5\r")
	if o := term.wait(); o.code != 5 {
		t.Errorf("exit code %d:\n%s", o.code, o.stdout)
	}
	h.wantNothingLeft()
}

func TestBuiltInShellOnATerminal(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.build(newProject(t, "scratch", chained("c", build)), "--keep-failed").wantCode(1)
	term := h.startTerminal(unix.Winsize{Row: 24, Col: 80}, "shell", "latest")
	term.awaitStdout("# ")
	term.ask("cat /name", "wanted")
	const prompt = "/run/slipway # "
	term.ask("cd /run/slipway", prompt)
	term.ask("nothing-there", "not found")
	term.awaitLast(prompt)
	term.key("slipway-ru")
	term.interrupt("slipway-ru", prompt) // at the prompt it gives another one
	term.key("echo id''ling; slipway-runner idle\r")
	term.interrupt("idling\r\n", prompt) // it ends a command and not the shell
	term.ask("echo on''ward", "onward")
	term.key("\x04") // Ctrl-D
	if o := term.wait(); o.code != 0 {
		t.Errorf("exit code %d:\n%s", o.code, o.stdout)
	}
}

func TestVersionIsTheSameLineByLineAndAsJSON(t *testing.T) {
	t.Parallel()
	h := &home{t: t, dir: t.TempDir()}
	var v struct{ Version, Commit, Go, Platform string }
	if err := json.Unmarshal([]byte(h.run("version", "--format", "json").wantCode(0).stdout), &v); err != nil {
		t.Fatal(err)
	}
	want := "slipway " + v.Version
	if v.Commit != "" {
		want += " commit " + v.Commit[:min(len(v.Commit), 12)]
	}
	want += " " + v.Go + " " + v.Platform + "\n"
	if got := h.run("version").wantCode(0).stdout; got != want {
		t.Errorf("slipway version: %q, want %q", got, want)
	}
	if _, err := os.ReadDir(filepath.Join(h.dir, "runs")); err == nil {
		t.Error("asking for the version made a folder")
	}
}
