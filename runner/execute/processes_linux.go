package execute

import (
	"context"
	"fmt"
	"math"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// BecomeSubreaper makes orphans below this process its children, as they are of process 1 anyway.
func BecomeSubreaper() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("child subreaper: %w", err)
	}
	return nil
}

// HideDescriptors keeps commands from inheriting any descriptor but 0, 1 and 2.
func HideDescriptors() error {
	if unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC) == nil {
		return nil
	}
	open, err := os.ReadDir("/proc/self/fd") // a kernel before 5.11
	if err != nil {
		return err
	}
	for _, f := range open {
		if fd, err := strconv.Atoi(f.Name()); err == nil && fd > 2 {
			syscall.CloseOnExec(fd)
		}
	}
	return nil
}

// Reap waits for orphans until ctx ends. Commands that modules wait for are left to them.
func (p *Processes) Reap(ctx context.Context) {
	changed := make(chan os.Signal, 1)
	signal.Notify(changed, syscall.SIGCHLD)
	defer signal.Stop(changed)
	for {
		wait := 10 * time.Second // should a signal get lost
		if p.reapAll() {
			wait = 5 * time.Millisecond // the first dead child is a command; orphans may stand behind it
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// reapAll reaps the orphans that have ended and reports whether a command of a module is in the way.
func (p *Processes) reapAll() (blocked bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		pid, err := deadChild()
		if err != nil || pid == 0 {
			return false
		}
		if p.pids[pid] {
			return true
		}
		if _, err := syscall.Wait4(pid, nil, syscall.WNOHANG, nil); err != nil && err != syscall.EINTR {
			return false
		}
	}
}

// deadChild returns the id of a child that has ended and leaves it as it is; 0 when there is none.
func deadChild() (int, error) {
	// siginfo_t, of which package unix does not show the pid: signo, errno, code, and, aligned to 8 bytes, pid.
	var info struct {
		signo, errno, code, _ int32
		pid                   int32
		_                     [108]byte
	}
	for {
		_, _, errno := syscall.Syscall6(syscall.SYS_WAITID, unix.P_ALL, 0,
			uintptr(unsafe.Pointer(&info)), unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, 0, 0) //nolint:gosec // the call needs the address
		switch errno {
		case 0:
			return int(info.pid), nil
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}

// Forward sends a signal to the groups of all running commands.
func (p *Processes) Forward(sig syscall.Signal) {
	for _, pid := range p.Running() {
		_ = syscall.Kill(-pid, sig) // it may have ended meanwhile
	}
}

// The patience of EndOthers.
const (
	endGrace  = 10 * time.Second
	endRounds = 3
)

// EndOthers ends every process that this one can see except itself and process 1: SIGTERM, up to ten
// seconds, SIGKILL, at most three times. It returns how many processes it ended. Only inside a container of its own
// may a runner call it.
func EndOthers(ctx context.Context) (ended int, err error) {
	seen := map[int]bool{}
	for range endRounds {
		pids, err := others()
		if err != nil {
			return len(seen), err
		}
		if len(pids) == 0 {
			return len(seen), nil
		}
		for _, pid := range pids {
			seen[pid] = true
			_ = syscall.Kill(pid, syscall.SIGTERM)
		}
		if err := waitForOthers(ctx, endGrace); err != nil {
			return len(seen), err
		}
		pids, err = others()
		if err != nil {
			return len(seen), err
		}
		for _, pid := range pids {
			seen[pid] = true
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		if err := waitForOthers(ctx, time.Second); err != nil {
			return len(seen), err
		}
	}
	pids, err := others()
	if err == nil && len(pids) > 0 {
		err = fmt.Errorf("%d processes cannot be ended", len(pids))
	}
	return len(seen), err
}

// waitForOthers returns when no other process is left, or the limit is over.
func waitForOthers(ctx context.Context, limit time.Duration) error {
	deadline := time.Now().Add(limit)
	pause := time.Millisecond
	for time.Now().Before(deadline) {
		pids, err := others()
		if err != nil || len(pids) == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
		pause = min(2*pause, 50*time.Millisecond)
	}
	return nil
}

// others lists the living processes that a soft restart ends.
func others() ([]int, error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil || pid == 1 || pid == os.Getpid() {
			continue
		}
		if alive(pid) {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

// alive reports whether a process is more than an entry that waits to be reaped.
func alive(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	for i, t := range slices.Backward(text) {
		if t == ')' { // the name in parentheses may hold anything
			return i+2 < len(text) && text[i+2] != 'Z' && text[i+2] != 'X'
		}
	}
	return false
}

// OwnsContainer reports whether process 1 is this program: the runner itself, or one that idles. Only then may a soft
// restart end all other processes.
func OwnsContainer() bool {
	if os.Getpid() == 1 {
		return true
	}
	own, err := os.Stat("/proc/self/exe")
	if err != nil {
		return false
	}
	first, err := os.Stat("/proc/1/exe")
	return err == nil && os.SameFile(own, first)
}
