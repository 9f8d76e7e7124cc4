package store

import (
	"context"
	"fmt"
	"os"
	"time"
)

// lockSuffix marks the lock of a file that is being written.
const lockSuffix = ".lock"

// lock takes the exclusive lock on a file, made if missing, and waits for it as long as ctx allows. The lock is the
// operating system's: it ends with the process, so a crash leaves no stale lock.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	const longest = 20 * time.Millisecond
	for wait := time.Millisecond; ; wait = min(2*wait, longest) {
		unlock, err := tryLock(path)
		if err != nil {
			return nil, fmt.Errorf("lock %q: %w", path, err)
		}
		if unlock != nil {
			return unlock, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("lock %q: %w", path, context.Cause(ctx))
		case <-time.After(wait):
		}
	}
}

// tryLock returns a nil function when someone else holds the lock.
func tryLock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644) //nolint:gosec // users who share a store share its locks
	if err != nil {
		return nil, err
	}
	held, err := lockFileNow(f)
	if err != nil || !held {
		_ = f.Close()
		return nil, err
	}
	// The holder before us may have removed the file: then our lock is on a file that nobody else can see.
	if !isAt(f, path) {
		return nil, f.Close()
	}
	return func() { _ = f.Close() }, nil
}

// isAt reports whether path still names the open file.
func isAt(f *os.File, path string) bool {
	ours, err := f.Stat()
	if err != nil {
		return false
	}
	now, err := os.Stat(path)
	return err == nil && os.SameFile(ours, now)
}
