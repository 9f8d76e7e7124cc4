//go:build !windows

package process

import (
	"os"
	"syscall"
)

// ownGroup puts a command into a process group of its own.
func ownGroup(Command) *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// terminate asks the command's group to end.
func terminate(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGTERM) }

// kill ends the command's group.
func kill(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }

// groupAlive reports whether a process of the command's group is left.
func groupAlive(p *os.Process) bool { return syscall.Kill(-p.Pid, 0) == nil }

func exitCode(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}
