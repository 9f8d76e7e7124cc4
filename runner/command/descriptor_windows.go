package command

import (
	"errors"
	"io"
)

// descriptor returns stdout or stderr: Windows hands no other descriptors to a program.
func (p Process) descriptor(fd int) (io.Writer, error) {
	switch fd {
	case 1:
		return p.Stdout, nil
	case 2:
		return p.Stderr, nil
	}
	return nil, errors.New("only 1 and 2 are possible on Windows")
}
