package transfer

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"

	"github.com/slipway-oci/slipway/runner/action"
)

// beside is a file that is written under a temporary name in the folder of its target.
type beside struct {
	file   *os.File
	target string
	err    error // of the last write
	done   bool
}

// createBeside creates the missing folders above target and a temporary file beside it. The file has the mode of an
// existing target, else 0666 minus umask.
func createBeside(target string) (*beside, error) {
	folder := filepath.Dir(target)
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, action.PathError("creating folder", folder, err)
	}
	if info, err := os.Stat(target); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%q is a folder", target)
	}
	for range 100 {
		name := filepath.Join(folder, ".slipway-"+strconv.FormatUint(rand.Uint64(), 36)) //nolint:gosec // O_EXCL guards it
		file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)         //nolint:gosec // minus umask, as every new file
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, action.PathError("writing in", folder, err)
		}
		return &beside{file: file, target: target}, nil
	}
	return nil, fmt.Errorf("no free temporary name in %q", folder)
}

// Write implements io.Writer and remembers an error, to tell it from one of the source.
func (b *beside) Write(p []byte) (int, error) {
	n, err := b.file.Write(p)
	b.err = err
	return n, err
}

// commit gives the file its final name.
func (b *beside) commit() error {
	if info, err := os.Stat(b.target); err == nil {
		if err := b.file.Chmod(info.Mode()); err != nil {
			return err
		}
	}
	if err := b.file.Close(); err != nil {
		return err
	}
	if err := os.Rename(b.file.Name(), b.target); err != nil {
		return action.PathError("writing", b.target, err)
	}
	b.done = true
	return nil
}

// discard removes the file unless it was committed.
func (b *beside) discard() {
	if b.done {
		return
	}
	_ = b.file.Close()
	_ = os.Remove(b.file.Name())
}
