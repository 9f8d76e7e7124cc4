package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
)

// applicationID marks the files of this package: "slip" in ASCII.
const applicationID = 0x736c6970

// migrations bring a file from each format to the next; the number of those that were done is its user_version. One
// that was released is never changed.
var migrations = []string{`
CREATE TABLE settings (
	name  TEXT PRIMARY KEY,
	value BLOB NOT NULL
) WITHOUT ROWID;

-- One row for each version that there ever was: its text as first written, and the last build number that was given.
CREATE TABLE versions (
	namespace TEXT NOT NULL,
	normal    TEXT NOT NULL,
	major INTEGER NOT NULL, minor INTEGER NOT NULL, patch INTEGER NOT NULL,
	text      TEXT NOT NULL,
	builds    INTEGER NOT NULL,
	PRIMARY KEY (namespace, normal, major, minor, patch)
) WITHOUT ROWID;

-- One row for each name that has a component, as it was written last.
CREATE TABLE names (
	namespace TEXT NOT NULL,
	normal    TEXT NOT NULL,
	name      TEXT NOT NULL,
	PRIMARY KEY (namespace, normal)
) WITHOUT ROWID;

CREATE TABLE components (
	id        INTEGER PRIMARY KEY,
	namespace TEXT NOT NULL,
	normal    TEXT NOT NULL,
	name      TEXT NOT NULL,
	major INTEGER NOT NULL, minor INTEGER NOT NULL, patch INTEGER NOT NULL, build INTEGER NOT NULL,
	version   TEXT NOT NULL,
	platform  TEXT NOT NULL,
	type      TEXT NOT NULL,
	description TEXT NOT NULL,
	folded      TEXT NOT NULL, -- the description in lower case
	change_description TEXT NOT NULL,
	os_versions TEXT NOT NULL, -- JSON
	parameters  TEXT NOT NULL, -- JSON
	digest      TEXT NOT NULL,
	size        INTEGER NOT NULL,
	origin_format TEXT NOT NULL, origin_uri TEXT NOT NULL, origin_digest TEXT NOT NULL,
	created     INTEGER NOT NULL, -- milliseconds since 1970
	kms_key     TEXT NOT NULL,
	encrypted   INTEGER NOT NULL,
	tags        TEXT NOT NULL, -- JSON
	policy      TEXT NOT NULL,
	state       TEXT NOT NULL,
	reason      TEXT NOT NULL,
	support_end TEXT NOT NULL, -- a date
	replaced_by TEXT NOT NULL,
	noticed     INTEGER NOT NULL
);
CREATE UNIQUE INDEX components_by_name ON components (normal, major, minor, patch, namespace, build);
CREATE INDEX components_by_support_end ON components (support_end) WHERE support_end <> '';

-- Documents are apart, so that lists do not read them.
CREATE TABLE documents (
	component INTEGER PRIMARY KEY REFERENCES components (id) ON DELETE CASCADE,
	content   BLOB NOT NULL
);

CREATE TABLE recipes (
	id      INTEGER PRIMARY KEY,
	normal  TEXT NOT NULL,
	name    TEXT NOT NULL,
	major INTEGER NOT NULL, minor INTEGER NOT NULL, patch INTEGER NOT NULL,
	version TEXT NOT NULL,
	description  TEXT NOT NULL,
	parent_image TEXT NOT NULL,
	platform TEXT NOT NULL,
	tags     TEXT NOT NULL, -- JSON
	digest   TEXT NOT NULL,
	size     INTEGER NOT NULL,
	created  INTEGER NOT NULL,
	UNIQUE (normal, major, minor, patch)
);
CREATE TABLE recipe_files (
	recipe   INTEGER PRIMARY KEY REFERENCES recipes (id) ON DELETE CASCADE,
	file     BLOB NOT NULL,
	template BLOB
);
CREATE TABLE recipe_components (
	recipe    INTEGER NOT NULL REFERENCES recipes (id) ON DELETE CASCADE,
	position  INTEGER NOT NULL,
	written   TEXT NOT NULL,
	namespace TEXT NOT NULL,
	normal    TEXT NOT NULL,
	major INTEGER NOT NULL, minor INTEGER NOT NULL, patch INTEGER NOT NULL, -- -1 for an open node
	build     INTEGER NOT NULL, -- 0 when open
	PRIMARY KEY (recipe, position)
) WITHOUT ROWID;
CREATE INDEX recipe_components_by_name ON recipe_components (namespace, normal);

CREATE TABLE notices (
	id    INTEGER PRIMARY KEY AUTOINCREMENT,
	kind  INTEGER NOT NULL,
	event TEXT NOT NULL -- JSON
);
`, `
ALTER TABLE recipes ADD COLUMN kms_key TEXT NOT NULL DEFAULT '';
ALTER TABLE recipes ADD COLUMN encrypted INTEGER NOT NULL DEFAULT 0; -- both blobs of recipe_files
`}

// version reads the format of the file.
func (s *Store) version(ctx context.Context) (int, error) {
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return 0, err
	}
	defer tx.Rollback() //nolint:errcheck // nothing was changed
	return formatOf(ctx, tx)
}

func formatOf(ctx context.Context, tx *sql.Tx) (int, error) {
	var version, application, tables int
	err := tx.QueryRowContext(ctx, `SELECT user_version, application_id, (SELECT count(*) FROM sqlite_schema)
		FROM pragma_user_version, pragma_application_id`).Scan(&version, &application, &tables)
	if err == nil && application != applicationID && tables > 0 {
		err = errForeign
	}
	return version, err
}

// migrate brings the file to the newest format. It costs one read when there is nothing to do.
func (s *Store) migrate(ctx context.Context, steps []string) error {
	version, err := s.version(ctx)
	switch {
	case err != nil:
		return err
	case version > len(steps):
		return &newerError{version, len(steps)}
	case version == len(steps):
		return nil
	case version > 0:
		if err := s.keep(ctx, version); err != nil {
			return fmt.Errorf("keeping a copy before the change of the format: %w", err)
		}
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()                               //nolint:errcheck // it is committed, or the first error counts
	if version, err = formatOf(ctx, tx); err != nil { // another process may have been faster
		return err
	}
	for _, step := range steps[min(version, len(steps)):] {
		if _, err := tx.ExecContext(ctx, step); err != nil {
			return err
		}
	}
	if version == 0 {
		if _, err := tx.ExecContext(ctx, `INSERT INTO settings (name, value) VALUES ('paging key', ?)`, rand.Text()); err != nil {
			return err
		}
	}
	// Pragmas take no parameters; both numbers are ours.
	pragmas := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, max(version, len(steps)))
	if _, err := tx.ExecContext(ctx, pragmas); err != nil { //nolint:gosec // no text of others is in it
		return err
	}
	return tx.Commit()
}

// keep writes a copy of the file beside it, once for each format.
func (s *Store) keep(ctx context.Context, version int) error {
	name := fmt.Sprintf("%s.format-%d", s.path, version)
	_, err := s.db.ExecContext(ctx, `VACUUM INTO ?`, name)
	if err != nil && exists(name) {
		return nil
	}
	return err
}
