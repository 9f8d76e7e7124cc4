package process

import (
	"os"
	"syscall"
)

// ownGroup starts a command in a process group of its own.
func ownGroup(c Command) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP, CmdLine: c.CommandLine}
}

// terminate ends the command: Windows has no polite request that every program understands.
func terminate(p *os.Process) { _ = p.Kill() }

// kill ends the command.
func kill(p *os.Process) { _ = p.Kill() }

// groupAlive reports false: the group of an ended command cannot be asked.
func groupAlive(*os.Process) bool { return false }

func exitCode(state *os.ProcessState) int { return state.ExitCode() }
