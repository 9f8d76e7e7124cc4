package ocitest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/slipway-oci/slipway/oci/ocitest/dockerd"
)

// Engine is a container engine of a test's own, which ends with the test.
type Engine struct {
	Name    string   // docker or podman
	Host    string   // for DOCKER_HOST
	Command []string // the client that speaks to it
	run     []string // a container without network, within what any machine allows
	tb      testing.TB
}

// Docker starts the Docker Engine of Debian (the package docker.io) with a socket and folders of its own. The test is
// skipped where it cannot run.
func Docker(tb testing.TB) *Engine {
	tb.Helper()
	dir := engineFolder(tb, "dockerd", "docker.io")
	args, err := dockerd.Args(dir, filepath.Base(dir))
	if err != nil {
		tb.Fatal(err)
	}
	client, err := exec.LookPath("docker")
	if err != nil {
		tb.Skip("docker is not installed (Debian: apt install docker.io)")
	}
	host := "unix://" + dockerd.Socket(dir)
	serve(tb, dir, dockerd.Socket(dir), args)
	run := []string{"run", "--rm", "--network", "none"}
	return &Engine{Name: "docker", Host: host, Command: []string{client, "--host", host}, run: run, tb: tb}
}

// Podman starts Podman's service of the Docker API with a socket and folders of its own. The test is skipped where it
// cannot run.
func Podman(tb testing.TB) *Engine {
	tb.Helper()
	dir := engineFolder(tb, "podman", "podman")
	command := []string{
		"podman", "--root", filepath.Join(dir, "root"), "--runroot", filepath.Join(dir, "run"), "--storage-driver", "vfs",
		"--cgroup-manager", "cgroupfs", "--tmpdir", filepath.Join(dir, "tmp"),
	}
	socket := filepath.Join(dir, "podman.sock")
	serve(tb, dir, socket, append(command, "system", "service", "--time", "0", "unix://"+socket))
	run := []string{
		"run", "--rm", "--network", "none", "--cgroup-parent", filepath.Base(dir), "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024",
	}
	return &Engine{Name: "podman", Host: "unix://" + socket, Command: command, run: run, tb: tb}
}

// Run runs the engine's client and returns what it wrote, without the newline at the end.
func (e *Engine) Run(args ...string) string {
	e.tb.Helper()
	args = append(append([]string{}, e.Command...), args...)
	cmd := exec.CommandContext(e.tb.Context(), args[0], args[1:]...)
	cmd.Env = os.Environ()
	if e.Name == "docker" { // podman refuses an empty folder
		cmd.Env = append(cmd.Env, "DOCKER_CONFIG="+e.tb.TempDir())
	}
	var errors strings.Builder
	cmd.Stderr = &errors
	out, err := cmd.Output()
	if err != nil {
		e.tb.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, errors.String())
	}
	return strings.TrimSuffix(string(out), "\n")
}

// RunImage runs a program in a container of an image and returns what it wrote.
func (e *Engine) RunImage(image string, command ...string) string {
	e.tb.Helper()
	return e.Run(append(append(append([]string{}, e.run...), image), command...)...)
}

// engineFolder is a folder with a short name, as paths of sockets are limited.
func engineFolder(tb testing.TB, program, debianPackage string) string {
	tb.Helper()
	if os.Getuid() != 0 {
		tb.Skipf("%s of a test's own needs root", program)
	}
	if _, err := exec.LookPath(program); err != nil {
		tb.Skipf("%s is not installed (Debian: apt install %s)", program, debianPackage)
	}
	dir, err := os.MkdirTemp("/tmp", "slipway-engine-") //nolint:usetesting // a short path
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		unmountBelow(dir)
		if err := dockerd.RemoveCgroups(filepath.Base(dir)); err != nil {
			tb.Errorf("control groups of %s: %v", program, err)
		}
		if err := os.RemoveAll(dir); err != nil {
			tb.Errorf("remove the folder of %s: %v", program, err)
		}
	})
	return dir
}

// unmountBelow detaches what an ended engine left mounted.
func unmountBelow(dir string) {
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return
	}
	for line := range strings.Lines(string(mounts)) {
		if fields := strings.Fields(line); len(fields) > 1 && strings.HasPrefix(fields[1], dir+"/") {
			_ = exec.Command("umount", "--lazy", fields[1]).Run() //nolint:noctx // at the end of a test
		}
	}
}

// serve runs a program until the end of the test and waits until its socket answers.
func serve(tb testing.TB, dir, socket string, args []string) {
	tb.Helper()
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		tb.Fatal(err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(tb.Context()), args[0], args[1:]...) // ends in Cleanup
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	tb.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(30 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
			tb.Errorf("%s did not end by itself", args[0])
		}
		_ = log.Close()
	})
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}}
	defer client.CloseIdleConnections()
	for range 3000 {
		resp, err := client.Get("http://engine/version") //nolint:noctx // bounded by the loop
		if err == nil {
			_ = resp.Body.Close()
			return
		}
		select {
		case <-ended:
			tb.Fatal(fmt.Sprintf("%s ended: ", args[0]) + tailOf(log.Name()))
		case <-time.After(10 * time.Millisecond):
		}
	}
	tb.Fatalf("%s does not answer: %s", args[0], tailOf(log.Name()))
}

func tailOf(file string) string {
	text, _ := os.ReadFile(file)
	return string(text[max(0, len(text)-2000):])
}
