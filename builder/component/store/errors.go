package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// machineFault is the exit code of errors of this machine.
const machineFault = 5

// Error is a fault of the file or of what it lies on.
type Error struct {
	Path string
	Op   string // "opening", "reading" or "writing"
	// Backup is the copy that was kept of a damaged file, "" when there is none.
	Backup string
	Err    error
}

func (e *Error) Error() string {
	return fmt.Sprintf("component store %q: %s", e.Path, e.reason())
}

func (e *Error) reason() string {
	switch code := primary(e.Err); {
	case errors.As(e.Err, new(*newerError)):
		return e.Err.Error()
	case code == sqlite3.SQLITE_CORRUPT, code == sqlite3.SQLITE_NOTADB, errors.Is(e.Err, errForeign):
		return "the file is damaged or no component store: " + e.Err.Error()
	case code == sqlite3.SQLITE_BUSY, code == sqlite3.SQLITE_LOCKED:
		return e.Op + ": another process is writing to it and did not end in time"
	case e.isFolder():
		return e.Op + ": it is a folder, not a file"
	case code == sqlite3.SQLITE_CANTOPEN:
		return e.Op + ": the file cannot be opened or made: " + e.Err.Error()
	case e.readOnly():
		return e.Op + ": the file or its folder cannot be written: " + e.Err.Error()
	}
	return e.Op + ": " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// ExitCode is that of a fault of this machine.
func (e *Error) ExitCode() int { return machineFault }

// Hint says how to mend it.
func (e *Error) Hint() string {
	switch code := primary(e.Err); {
	case errors.As(e.Err, new(*olderError)):
		return "run slipway component list once where the file can be written"
	case errors.As(e.Err, new(*newerError)):
		return "update slipway, or set SLIPWAY_HOME to a folder of its own for this version"
	case e.Backup != "":
		return fmt.Sprintf("a copy was kept as %s, and `sqlite3 %s .recover` may save what is left; move the file away to begin with an empty store", e.Backup, e.Backup)
	case e.isFolder():
		return "move the folder away, or set SLIPWAY_HOME to another one"
	case damaged(e.Err):
		return "move the file away to begin with an empty store"
	case code == sqlite3.SQLITE_BUSY, code == sqlite3.SQLITE_LOCKED:
		return "try again when the other slipway has ended"
	case e.readOnly():
		return "give the user of this process the right to write there, or set SLIPWAY_HOME to another folder"
	case code == sqlite3.SQLITE_FULL:
		return "make room on the disk"
	case code == sqlite3.SQLITE_IOERR:
		return "see whether the disk is full or faulty"
	}
	return ""
}

func (e *Error) isFolder() bool {
	info, err := os.Stat(e.Path)
	return err == nil && info.IsDir()
}

func (e *Error) readOnly() bool {
	switch primary(e.Err) {
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return true
	}
	return errors.Is(e.Err, fs.ErrPermission)
}

// newerError says that a newer slipway has written the file.
type newerError struct{ version, known int }

func (e *newerError) Error() string {
	return fmt.Sprintf("a newer slipway has written the file: it has format %d, and this one knows %d", e.version, e.known)
}

// olderError says that a file cannot be brought to the present format, since it cannot be written.
type olderError struct{ version, known int }

func (e *olderError) Error() string {
	return fmt.Sprintf("it has the older format %d, this slipway works with %d, and the file or its folder cannot be written", e.version, e.known)
}

var errForeign = errors.New("another program has written it")

// primary gives the result code of SQLite, 0 for other errors.
func primary(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}

func busy(err error) bool {
	code := primary(err)
	return code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_LOCKED
}

func damaged(err error) bool {
	code := primary(err)
	return code == sqlite3.SQLITE_CORRUPT || code == sqlite3.SQLITE_NOTADB || errors.Is(err, errForeign)
}

// failed makes an Error of a fault of SQLite; refusals of the library and the end of the context pass as they are. Of a
// damaged file a copy is kept, before anything else can change it.
func (s *Store) failed(ctx context.Context, op string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	known := errors.Is(err, errForeign) || errors.As(err, new(*newerError)) || primary(err) != 0
	if !known || errors.As(err, new(*Error)) {
		return err
	}
	e := &Error{Path: s.path, Op: op, Err: err}
	if damaged(err) && !errors.Is(err, errForeign) {
		e.Backup, _ = backup(s.path) // without one the hint does not speak of it
	}
	return e
}

// backup copies a file beside itself, once for each content.
func backup(path string) (string, error) {
	in, err := os.Open(path) //nolint:gosec // the user chooses the file
	if err != nil {
		return "", err
	}
	defer in.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, in); err != nil {
		return "", err
	}
	name := path + ".damaged-" + hex.EncodeToString(sum.Sum(nil))[:12]
	if _, err := os.Stat(name); err == nil { //nolint:gosec // the user chooses the file
		return name, nil
	}
	for _, suffix := range []string{"", "-wal"} {
		if err := copyFile(path+suffix, name+suffix); err != nil && (suffix == "" || !errors.Is(err, fs.ErrNotExist)) {
			return "", err
		}
	}
	return name, nil
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from) //nolint:gosec // the user chooses the file
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // the user chooses the file
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	_, err = io.Copy(out, in)
	return err
}
