//go:build linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// newContainer returns a call whose runner is process 1 of a PID namespace. more are further flags of unshare.
func newContainer(t *testing.T, more ...string) *call {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("a PID namespace of its own needs root")
	}
	if _, err := exec.LookPath("unshare"); err != nil {
		t.Skip("the program unshare (util-linux) is missing")
	}
	c := newCall(t)
	c.prefix = append([]string{"unshare", "--pid", "--fork", "--mount-proc", "--kill-child"}, more...)
	if out, err := exec.CommandContext(t.Context(), c.prefix[0], append(c.prefix[1:], "true")...).CombinedOutput(); err != nil {
		t.Skipf("no PID namespaces here: %v: %s", err, out)
	}
	return c
}

var containers = conformance{
	"EXEC-15": func(t *testing.T) {
		c := newContainer(t)
		c.write("d.yaml", steps(
			sh("a", "for i in 1 2 3 4 5 6 7 8; do (setsid sleep 0.0$i &) ; done; echo $PPID"),
			sh("b", "sleep 0.3; grep -l '^State:.Z' /proc/[0-9]*/status; echo end"),
		))
		c.run(0, "run", "-d", "d.yaml", "-l", "logs", "--reboot-mode", "container")
		console := c.log("console.log")
		if !strings.Contains(console, "Stdout: 1\n") {
			t.Errorf("the runner is not process 1:\n%s", console)
		}
		if strings.Contains(console, "Stdout: /proc/") {
			t.Errorf("zombies:\n%s", console)
		}
	},
	"EXEC-16": func(t *testing.T) {
		c := newContainer(t)
		bin, err := os.MkdirTemp("", "slipway-path-") //nolint:usetesting // a PATH without sudo that everybody can read
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(bin) })
		if err := os.Chmod(bin, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"bash", "id", "env", "grep"} {
			path, err := exec.LookPath(name)
			if err != nil {
				t.Skipf("the program %s is missing", name)
			}
			if err := os.Symlink(path, filepath.Join(bin, name)); err != nil {
				t.Fatal(err)
			}
		}
		path := os.Getenv("PATH")
		c.prefix = append(c.prefix, "env", "PATH="+bin)
		c.write("d.yaml", steps(
			sh("a", "sudo -E FOO=1 bash -c 'echo foo $FOO'"), sh("b", "sudo -u nobody -- id -un"), sh("c", "sudo -H -n id -u"),
		))
		c.env = append(os.Environ(), "PATH="+path)
		c.run(0, "run", "-d", "d.yaml", "-l", "logs", "--reboot-mode", "container")
		console := c.log("console.log")
		for _, want := range []string{"Stdout: foo 1\n", "Stdout: nobody\n", "Stdout: 0\n"} {
			if !strings.Contains(console, want) {
				t.Errorf("%q is not in:\n%s", want, console)
			}
		}
		c.run(1, "run", "-d", "d.yaml", "-l", "logs2", "--reboot-mode", "container", "--sudo-shim=off")
	},
	"EXEC-17": func(t *testing.T) {
		root := t.TempDir()
		for _, dir := range []string{"proc", "dev"} {
			if err := os.Mkdir(filepath.Join(root, dir), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(root, "dev", "null"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		c := newContainer(t, "--mount")
		text, err := os.ReadFile(c.program)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, "runner"), text, 0o755); err != nil {
			t.Fatal(err)
		}
		doc := steps(
			"{name: a, action: CreateFile, inputs: [{path: /made/f, content: x}]}",
			"{name: b, action: Assert, inputs: {and: [{fileExists: /made/f}, {not: {binaryExists: sh}}]}}",
			"{name: c, action: ExecuteBinary, inputs: {path: /runner, arguments: [--version]}}",
			sh("d", "true", "onFailure: Ignore,"),
		)
		if err := os.WriteFile(filepath.Join(root, "d.yaml"), []byte(doc), 0o644); err != nil {
			t.Fatal(err)
		}
		// What a container engine mounts even into an empty image.
		c.prefix = append(c.prefix, "sh", "-c", `mount -t proc proc "$1/proc" && mount --bind /dev/null "$1/dev/null" && exec chroot "$@"`, "sh", root)
		c.program = "/runner"
		c.run(0, "run", "-d", "/d.yaml", "-l", "/logs", "--reboot-mode", "container", "--working-directory", "/tmp", "--trace")
		if got := c.summary(); got["executedStepCount"] != 4.0 || got["ignoredFailedStepCount"] != 1.0 {
			t.Errorf("%v", got)
		}
		if _, err := os.Stat(filepath.Join(root, "tmp")); err == nil {
			t.Error("/tmp is left behind")
		}
	},
	"BOOT-02": func(t *testing.T) {
		c := newContainer(t)
		c.write("d.yaml", steps(
			sh("a", "(trap 'echo term > term; exit' TERM; touch up; while true; do sleep 0.05; done) >/dev/null 2>&1 & while ! test -e up; do sleep 0.01; done"),
			sh("r", "test -e again || { touch again; exit 194; }"),
			sh("b", "cat term; for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline; echo; done"),
		))
		begin := time.Now()
		c.run(0, "run", "-d", "d.yaml", "-l", "logs", "--reboot-mode", "container", "--events-fd", "2")
		if took := time.Since(begin); took > 8*time.Second {
			t.Errorf("the reboot took %s", took)
		}
		console := c.log("console.log")
		if !strings.Contains(console, "Stdout: term\n") || strings.Contains(console, "Stdout: sleep") {
			t.Errorf("console:\n%s", console)
		}
		if !strings.Contains(c.stderr, `"type":"reboot"`) || strings.Contains(c.stderr, `"ended":0`) {
			t.Errorf("events:\n%s", c.stderr)
		}
		if left, err := filepath.Glob(filepath.Join(c.folder(), "executionstate*")); err != nil || len(left) > 0 {
			t.Errorf("a state file is left: %v, %v", left, err)
		}
		stubborn := newContainer(t)
		stubborn.write("d.yaml", steps(
			sh("a", "(trap '' TERM; touch up; while true; do sleep 0.05; done) >/dev/null 2>&1 & echo $! > pid; while ! test -e up; do sleep 0.01; done"),
			sh("r", "test -e again || { touch again; exit 194; }"),
			sh("b", "if test -d /proc/$(cat pid); then echo still there; else echo gone; fi"),
		))
		begin = time.Now()
		stubborn.run(0, "run", "-d", "d.yaml", "-l", "logs", "--reboot-mode", "container")
		if took := time.Since(begin); took < 10*time.Second {
			t.Errorf("SIGKILL came after %s, not 10 seconds", took)
		}
		if console := stubborn.log("console.log"); !strings.Contains(console, "Stdout: gone\n") {
			t.Errorf("a process that ignores SIGTERM outlives the reboot:\n%s", console)
		}
	},
	"BOOT-13": func(t *testing.T) {
		c := newCall(t)
		c.write("d.yaml", steps(sh("a", "touch ran")))
		c.run(2, "run", "-d", "d.yaml", "-l", "logs", "--reboot-mode", "container")
		if _, err := os.Stat(filepath.Join(c.dir, "logs")); err == nil {
			t.Error("a log folder was made")
		}
	},
}

func TestIdle(t *testing.T) {
	c := newContainer(t)
	c.prefix = append(c.prefix, "sh", "-c", `sleep 1 & exec "$0" "$@"`)
	cmd, out, errOut := c.command("idle")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	child := ""
	idle := func() bool {
		if child = children(cmd.Process.Pid); child == "" {
			return false
		}
		exe, _ := os.Readlink("/proc/" + child + "/exe")
		pid, err := strconv.Atoi(child)
		return err == nil && exe == c.program && children(pid) == "" // it has reaped the process that it found
	}
	for tries := 0; !idle(); tries++ {
		if tries == 4000 {
			t.Fatal("the process that ended was not reaped")
		}
		time.Sleep(5 * time.Millisecond)
	}
	if out, err := exec.CommandContext(t.Context(), "kill", "-TERM", child).CombinedOutput(); err != nil {
		t.Fatalf("kill %q: %v: %s", child, err, out)
	}
	c.finish(0, cmd.Wait(), out, errOut, []string{"idle"})
}

// children are the ids of the processes that process pid has begun, dead ones too.
func children(pid int) string {
	id := strconv.Itoa(pid)
	text, _ := os.ReadFile("/proc/" + id + "/task/" + id + "/children")
	return strings.TrimSpace(string(text))
}
