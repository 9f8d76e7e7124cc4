package action

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// PathError names the path an operation failed on, quoted. Of the errors of package os only the reason is kept, because
// they carry a path and a system call of their own.
func PathError(doing, path string, err error) error {
	return fmt.Errorf("%s %q: %w", doing, path, reason(err))
}

func reason(err error) error {
	var pathErr *fs.PathError
	var linkErr *os.LinkError
	var callErr *os.SyscallError
	switch {
	case errors.As(err, &pathErr):
		return pathErr.Err
	case errors.As(err, &linkErr):
		return linkErr.Err
	case errors.As(err, &callErr):
		return callErr.Err
	}
	return err
}
