package runner

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// EnterDirectory makes dir the current directory of the process. A missing dir is made, with its parents, and leave
// removes what was made with everything in it; the folder in which that happened keeps its time, so that nothing
// tells of it. Without anything made, leave does nothing.
func EnterDirectory(dir string) (leave func() error, err error) {
	path, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("working directory %q: %w", dir, err)
	}
	parent, first := path, ""
	for {
		if _, err = os.Stat(parent); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		parent, first = filepath.Dir(parent), parent
	}
	if err != nil {
		return nil, fmt.Errorf("working directory %q: %w", dir, err)
	}
	leave = func() error { return nil }
	if first != "" {
		if err := keepingTime(parent, func() error { return os.MkdirAll(path, 0o755) }); err != nil {
			return nil, fmt.Errorf("working directory %q: %w", dir, err)
		}
		leave = func() error {
			err := os.Chdir("/")
			if err == nil {
				err = keepingTime(parent, func() error { return os.RemoveAll(first) })
			}
			if err != nil {
				return fmt.Errorf("working directory %q: %w", dir, err)
			}
			return nil
		}
	}
	if err := os.Chdir(path); err != nil {
		return nil, errors.Join(fmt.Errorf("working directory %q: %w", dir, err), leave())
	}
	return leave, nil
}

// keepingTime calls change and gives dir the modification time back that it had before.
func keepingTime(dir string, change func() error) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	return errors.Join(change(), os.Chtimes(dir, info.ModTime(), info.ModTime()))
}
