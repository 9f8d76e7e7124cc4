package standby

import (
	"sync"
	"syscall"

	"github.com/slipway-oci/slipway/builder/early"
)

// OrdersFD is the file descriptor from which the process reads its orders.
const OrdersFD = 3

// Args are the arguments of a process that waits for orders.
var Args = []string{"builder", "serve", "--standby"}

// process is the one that waits; the pid is 0 if there is none.
var process struct {
	sync.Mutex

	pid, orders int
}

func init() {
	if expected(early.Args(), syscall.Getenv) {
		start()
	}
}

// expected reports whether a command line will need an embedded builder that does not run yet, as far as can be told at
// a glance. A wrong answer costs time and nothing else.
func expected(args []string, getenv func(string) (string, bool)) bool {
	if len(args) < 2 || args[1] != "build" && args[1] != "test" {
		return false
	}
	for _, arg := range args[2:] {
		if arg == "-h" || arg == "--help" || hasPrefix(arg, "--builder") {
			return false
		}
	}
	for _, name := range []string{"SLIPWAY_BUILDER", "SLIPWAY_BUILDER_IDLE"} {
		if value, _ := getenv(name); value != "" {
			return false
		}
	}
	return true
}

func hasPrefix(text, prefix string) bool {
	return len(text) >= len(prefix) && text[:len(prefix)] == prefix
}

// start starts the process. Where that fails there is none, and whoever needs a builder finds out why.
func start() {
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer func() { _ = syscall.Close(pair[1]) }()
	null, err := syscall.Open("/dev/null", syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		_ = syscall.Close(pair[0])
		return
	}
	defer func() { _ = syscall.Close(null) }()
	stdio := uintptr(null)
	pid, err := syscall.ForkExec("/proc/self/exe", append([]string{"slipway"}, Args...), &syscall.ProcAttr{
		Dir: "/", Env: Environment(syscall.Environ()), Files: []uintptr{stdio, stdio, stdio, uintptr(pair[1])}, Sys: Attributes(),
	})
	if err != nil {
		_ = syscall.Close(pair[0])
		return
	}
	process.Lock()
	defer process.Unlock()
	process.pid, process.orders = pid, pair[0]
}

// Environment adds to an environment what a builder's process has to have from its start.
func Environment(environ []string) []string {
	environ = append(environ,
		// BuildKit clips what an execution prints, to 2 MiB and 200 KiB/s; here that is ours to lift. It keeps in memory
		// what it passes on, so there has to be a limit: the runner sends less than this of what steps print.
		"BUILDKIT_STEP_LOG_MAX_SIZE=33554432", "BUILDKIT_STEP_LOG_MAX_SPEED=-1",
		// It would ask its own overlay differ before the worker's.
		"BUILDKIT_DEBUG_FORCE_OVERLAY_DIFF=false")
	if value, _ := syscall.Getenv("GOGC"); value == "" {
		// Most builders live for less than a second, with little to collect; a long one has a limit.
		environ = append(environ, "GOGC=400")
	}
	return environ
}

// Attributes are those of a builder's process. It is in a session of its own, so that Ctrl-C in a terminal reaches only
// the client, which then cancels its work in an orderly way. Its mounts are its own: none outlives it, however it ends;
// a plain user's builder has that anyway.
func Attributes() *syscall.SysProcAttr {
	attributes := &syscall.SysProcAttr{Setsid: true}
	if syscall.Geteuid() == 0 {
		attributes.Unshareflags = syscall.CLONE_NEWNS
	}
	return attributes
}

// Take gives the process that waits, with the file descriptor that takes its orders, to a caller who sees to both from
// now on. There may be none.
func Take() (pid, orders int, ok bool) {
	process.Lock()
	defer process.Unlock()
	pid, orders = process.pid, process.orders
	process.pid = 0
	return pid, orders, pid != 0
}

// Discard ends the process that waits, if there is one.
func Discard() {
	pid, orders, ok := Take()
	if !ok {
		return
	}
	_ = syscall.Close(orders)
	_ = syscall.Kill(pid, syscall.SIGKILL)
	_, _ = syscall.Wait4(pid, nil, 0, nil)
}
