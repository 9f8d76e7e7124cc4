//go:build linux

package main

import (
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPeakOfStatus(t *testing.T) {
	const status = "Name:\tdockerd\nVmPeak:\t 1000 kB\nVmHWM:\t   70432 kB\nVmRSS:\t   60000 kB\n"
	if got, want := parsePeak(status), int64(70432<<10); got != want {
		t.Errorf("parsePeak() = %d, want %d", got, want)
	}
	if got := parsePeak("Name:\tkthreadd\n"); got != 0 {
		t.Errorf("parsePeak() of a kernel thread = %d, want 0", got)
	}
}

func TestPeakOfThisProcess(t *testing.T) {
	if got := peakOf(os.Getpid()); got < 1<<20 {
		t.Errorf("peakOf(this process) = %d bytes", got)
	}
}

func TestMountsBelow(t *testing.T) {
	const mounts = `/dev/vda / ext4 rw 0 0
overlay /tmp/lab/docker/overlay2/1/merged overlay rw 0 0
nsfs /tmp/lab/docker-exec/netns/2 nsfs rw 0 0
tmpfs /tmp/lab-of-another tmpfs rw 0 0
`
	want := []string{"/tmp/lab/docker-exec/netns/2", "/tmp/lab/docker/overlay2/1/merged"}
	if diff := cmp.Diff(want, mountsBelow(mounts, "/tmp/lab")); diff != "" {
		t.Errorf("mountsBelow (-want +got):\n%s", diff)
	}
}

func TestChildIsFoundAndReaped(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "cat")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid := cmd.Process.Pid
	if children := liveChildren(os.Getpid()); !slices.Contains(children, pid) {
		t.Errorf("liveChildren() = %v, want %d among them", children, pid)
	}
	if children := childrenOf(os.Getpid()); !slices.Contains(children, pid) {
		t.Errorf("childrenOf() = %v, want %d among them", children, pid)
	}
	if reap(pid, 5*time.Millisecond) {
		t.Error("a child that goes on is reaped")
	}
	if err := stdin.Close(); err != nil {
		t.Fatal(err)
	}
	if !reap(pid, 10*time.Second) {
		t.Error("a child that ends is not reaped")
	}
}
