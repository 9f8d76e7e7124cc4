// Package counter gives builds of a recipe version their numbers: 1, 2, 3, and none twice, whatever becomes of the
// build. Its entry point is Next.
package counter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

const lockPoll = 2 * time.Millisecond

// File is the name of the counters in the data folder.
const File = "builds.json"

// Next takes the next build number of a recipe version, name in normal form. The counters are in folder, which is
// made when it is missing; any number of processes may ask at the same time. A number is taken even when the caller
// never uses it.
func Next(ctx context.Context, folder, name, version string) (int, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return 0, fmt.Errorf("build numbers: %w", err)
	}
	path := filepath.Join(folder, File)
	lock := flock.New(path + ".lock")
	if _, err := lock.TryLockContext(ctx, lockPoll); err != nil {
		return 0, fmt.Errorf("build numbers: wait for another process: %w", err)
	}
	defer func() { _ = lock.Close() }()

	counters, err := read(path)
	if err != nil {
		return 0, err
	}
	key := name + "/" + version
	counters[key]++
	return counters[key], write(path, counters)
}

func read(path string) (map[string]int, error) {
	counters := map[string]int{}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return counters, nil
	}
	if err != nil {
		return nil, fmt.Errorf("build numbers: %w", err)
	}
	if err := json.Unmarshal(data, &counters); err != nil {
		return nil, &CorruptError{Path: path, Err: err}
	}
	return counters, nil
}

// write replaces the file in one step. It is not synced: after a power cut an older count may come back, which makes
// a number that no surviving image has.
func write(path string, counters map[string]int) error {
	data, err := json.MarshalIndent(counters, "", "  ")
	if err != nil {
		return err
	}
	fresh := path + ".new"
	if err := os.WriteFile(fresh, data, 0o644); err != nil {
		return fmt.Errorf("build numbers: %w", err)
	}
	if err := os.Rename(fresh, path); err != nil {
		return fmt.Errorf("build numbers: %w", err)
	}
	return nil
}

// CorruptError says that the counters cannot be read. They are left as they are.
type CorruptError struct {
	Path string
	Err  error
}

// Error names the file.
func (e *CorruptError) Error() string { return fmt.Sprintf("build numbers: %s: %v", e.Path, e.Err) }

// Unwrap returns the cause.
func (e *CorruptError) Unwrap() error { return e.Err }

// Hint says how to mend it.
func (e *CorruptError) Hint() string {
	return "restore the file, or remove it to start from 1 again: " + e.Path
}
