//go:build unix

package command

import (
	"io"
	"os"
	"strconv"
	"syscall"
)

// descriptor returns an open descriptor as a writer and keeps it from being inherited.
func (p Process) descriptor(fd int) (io.Writer, error) {
	switch fd {
	case 1:
		return p.Stdout, nil
	case 2:
		return p.Stderr, nil
	}
	var stat syscall.Stat_t
	if err := syscall.Fstat(fd, &stat); err != nil {
		return nil, err
	}
	syscall.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), "fd"+strconv.Itoa(fd)), nil
}
