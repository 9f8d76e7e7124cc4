// Package store keeps the records of the component library in one SQLite file. Open is the entry point; a Store is a
// library.Storage. Several processes may use one file at the same time, and what Update has acknowledged survives the
// end of the process and of the machine. The rules are those of package library; this one knows none.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/slipway-oci/slipway/builder/component/library"
)

// Options say how a file is opened.
type Options struct {
	// Wait is how long to wait for other processes that write; 0 means ten seconds.
	Wait time.Duration
}

const defaultWait = 10 * time.Second

// Store is an open file. It is safe for concurrent use.
type Store struct {
	path string
	db   *sql.DB
}

var _ library.Storage = (*Store)(nil)

// Open opens the file at path and makes it, with its folder, when it does not exist. A file of an older version is
// brought up to date, a copy of it being kept; one of a newer version is refused.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	if o.Wait == 0 {
		o.Wait = defaultWait
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // the user chooses the file
		return nil, &Error{Path: path, Op: "opening", Err: err}
	}
	s, err := open(ctx, path, o)
	if err == nil {
		return s, nil
	}
	var failed *Error
	if errors.As(err, &failed) && failed.readOnly() && settled(path) {
		if s, err := openReadOnly(ctx, path); err == nil {
			return s, nil
		}
	}
	return nil, err
}

func open(ctx context.Context, path string, o Options) (*Store, error) {
	// Pragmas are set on every connection. The first one makes the others wait for their turn.
	source := location(path, url.Values{
		"_pragma": {
			fmt.Sprintf("busy_timeout(%d)", o.Wait.Milliseconds()), "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)",
			"secure_delete(ON)", // a document that was encrypted or deleted does not stay in free pages
		},
		"_txlock": {"immediate"},
	})
	s, err := connect(path, source)
	if err != nil {
		return nil, err
	}
	if err := s.retried(ctx, o.Wait, func() error { return s.migrate(ctx, migrations) }); err != nil {
		_ = s.Close()
		return nil, s.failed(ctx, "opening", err)
	}
	return s, nil
}

// openReadOnly opens a file that cannot be written, as in a read-only mount. SQLite then needs no files beside it.
func openReadOnly(ctx context.Context, path string) (*Store, error) {
	s, err := connect(path, location(path, url.Values{"mode": {"ro"}, "immutable": {"1"}}))
	if err != nil {
		return nil, err
	}
	version, err := s.version(ctx)
	switch {
	case err != nil:
	case version > len(migrations):
		err = &newerError{version, len(migrations)}
	case version < len(migrations):
		err = &Error{Path: path, Op: "opening", Err: &olderError{version, len(migrations)}}
	}
	if err != nil {
		_ = s.Close()
		return nil, s.failed(ctx, "opening", err)
	}
	return s, nil
}

// settled reports whether a file is complete without what SQLite keeps beside it.
func settled(path string) bool {
	if _, err := os.Stat(path); err != nil { //nolint:gosec // the user chooses the file
		return false
	}
	info, err := os.Stat(path + "-wal") //nolint:gosec // the user chooses the file
	return errors.Is(err, os.ErrNotExist) || err == nil && info.Size() == 0
}

const maxConnections = 4

func connect(path, source string) (*Store, error) {
	db, err := sql.Open("sqlite", source)
	if err != nil {
		return nil, &Error{Path: path, Op: "opening", Err: err}
	}
	db.SetMaxOpenConns(maxConnections)
	db.SetMaxIdleConns(maxConnections)
	return &Store{path: path, db: db}, nil
}

// location writes a path as the URI that SQLite takes, so that no character of it has a meaning.
func location(path string, query url.Values) string {
	slashed := filepath.ToSlash(path)
	if abs, err := filepath.Abs(path); err == nil {
		slashed = filepath.ToSlash(abs)
	}
	if slashed[0] != '/' {
		slashed = "/" + slashed // C:/folder
	}
	u := url.URL{Scheme: "file", Path: slashed, RawQuery: query.Encode()}
	return u.String()
}

// retried repeats what failed because another process was writing, where SQLite does not wait by itself: when many
// processes make the same new file.
func (s *Store) retried(ctx context.Context, wait time.Duration, f func() error) error {
	for end := time.Now().Add(wait); ; {
		err := f()
		if err == nil || !busy(err) || time.Now().After(end) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Path is the path of the file.
func (s *Store) Path() string { return s.path }

// Close lets go of the file.
func (s *Store) Close() error { return s.db.Close() }

// View implements library.Storage.
func (s *Store) View(ctx context.Context, f func(library.Reader) error) error {
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return s.failed(ctx, "reading", err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing was changed
	if err := f(view{tx: tx}); err != nil {
		return s.failed(ctx, "reading", err)
	}
	return nil
}

// Update implements library.Storage. It waits for other writers.
func (s *Store) Update(ctx context.Context, f func(library.Writer) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return s.failed(ctx, "writing", err)
	}
	forget := false
	if err := f(view{tx, &forget}); err != nil {
		_ = tx.Rollback()
		return s.failed(ctx, "writing", err)
	}
	if err := tx.Commit(); err != nil {
		return s.failed(ctx, "writing", err)
	}
	if forget {
		s.settle(ctx)
	}
	return nil
}

// settle brings every change into the file and empties the log of changes, so that neither holds what was replaced, even
// when other processes keep the file open. The change itself is durable before; a reader that still needs the old state
// only puts this off, until the last one closes the file.
func (s *Store) settle(ctx context.Context) {
	_, _ = s.db.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
}

// view is one transaction.
type view struct {
	tx     *sql.Tx
	forget *bool // whether something was replaced of which nothing may be left; nil when nothing can be changed
}

func (v view) forgets() { *v.forget = true }

var _ library.Writer = view{}
