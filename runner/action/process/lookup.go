package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/slipway-oci/slipway/runner/action"
)

// Find returns the absolute path of the program that name means: with a separator that file, without one the first
// executable file in the folders of the request's PATH and then in more. The error says what is wrong with the file.
func Find(req action.Request, name string, more ...string) (string, error) {
	if strings.ContainsRune(name, '/') || strings.ContainsRune(name, filepath.Separator) {
		path := req.Path(name)
		if err := executable(path); err != nil {
			return "", fmt.Errorf("%q: %w", path, err)
		}
		return path, nil
	}
	for _, folder := range append(filepath.SplitList(req.Getenv("PATH")), more...) {
		if folder == "" {
			folder = "."
		}
		for _, suffix := range suffixes(req) {
			path := filepath.Join(req.Path(folder), name+suffix)
			if executable(path) == nil {
				return path, nil
			}
		}
	}
	return "", fmt.Errorf("%q: %w", name, ErrNotFound)
}

// ErrNotFound says that no folder of PATH holds a program.
var ErrNotFound = errors.New("not found in PATH")

func executable(path string) error {
	info, err := os.Stat(path)
	var pathErr *fs.PathError
	switch {
	case errors.As(err, &pathErr):
		return pathErr.Err
	case info.IsDir():
		return errors.New("is a folder")
	case runtime.GOOS != "windows" && info.Mode()&0o111 == 0:
		return errors.New("is not executable")
	}
	return nil
}

// suffixes are what may be left out of a program's name.
func suffixes(req action.Request) []string {
	if runtime.GOOS != "windows" {
		return []string{""}
	}
	return append([]string{""}, filepath.SplitList(req.Getenv("PATHEXT"))...)
}

// startReason explains why the system did not start a program that Find had found.
func startReason(req action.Request, err error) error {
	if _, dirErr := os.Stat(req.Dir); req.Dir != "" && dirErr != nil {
		return fmt.Errorf("working directory: %w", dirErr)
	}
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		err = fmt.Errorf("%q: %w", pathErr.Path, pathErr.Err)
	}
	switch {
	case errors.Is(err, syscall.ENOEXEC):
		return action.WithHint(err, `a script needs a first line such as "#!/bin/sh", a program must be built for this platform`)
	case errors.Is(err, fs.ErrNotExist):
		return action.WithHint(err, "the interpreter named in its #! line, or the loader of the program, is missing in the image")
	}
	return err
}
