package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/slipway-oci/slipway/builder/component/library"
	"github.com/slipway-oci/slipway/builder/recipe"
)

// componentColumns are those of library.Component, in the order of scanComponent.
const componentColumns = `c.id, c.namespace, c.name, c.major, c.minor, c.patch, c.version, c.build, c.platform, c.type,
	c.description, c.change_description, c.os_versions, c.parameters, c.digest, c.size,
	c.origin_format, c.origin_uri, c.origin_digest, c.created, c.kms_key, c.encrypted,
	c.tags, c.policy, c.state, c.reason, c.support_end, c.replaced_by, c.noticed`

func scanComponent(rows *sql.Rows) (library.Component, error) {
	var c library.Component
	var osVersions, parameters, tags []byte
	var created int64
	v := &c.Version.Version
	err := rows.Scan(&c.ID, &c.Namespace, &c.Name, &v[0], &v[1], &v[2], &c.Version.Text, &c.Build, &c.Platform, &c.Type,
		&c.Description, &c.ChangeDescription, &osVersions, &parameters, &c.Digest, &c.Size,
		&c.Origin.Format, &c.Origin.URI, &c.Origin.Digest, &created, &c.KMSKey, &c.Encrypted,
		&tags, &c.Policy, &c.State, &c.Reason, &c.SupportEnd, &c.ReplacedBy, &c.Noticed)
	if err != nil {
		return c, err
	}
	c.Created = time.UnixMilli(created).UTC()
	return c, errors.Join(decode(osVersions, &c.SupportedOSVersions), decode(parameters, &c.Parameters), decode(tags, &c.Tags))
}

// decode reads JSON. The word null is left out for speed: it is the usual one.
func decode(text []byte, to any) error {
	if string(text) == "null" {
		return nil
	}
	return json.Unmarshal(text, to)
}

// encode writes a value that can always be written as JSON.
func encode(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // a list or map of texts
	}
	return string(text)
}

// components reads the rows of a query.
func (v view) components(ctx context.Context, query string, args ...any) ([]library.Component, error) {
	var list []library.Component
	err := v.each(ctx, func(c library.Component) bool { list = append(list, c); return true }, query, args...)
	return list, err
}

func (v view) each(ctx context.Context, f func(library.Component) bool, query string, args ...any) error {
	rows, err := v.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		c, err := scanComponent(rows)
		if err != nil {
			return err
		}
		if !f(c) {
			return nil
		}
	}
	return rows.Err()
}

// Builds implements library.Reader.
func (v view) Builds(ctx context.Context, namespace, normal string) ([]library.Component, error) {
	return v.components(ctx, `SELECT `+componentColumns+` FROM components c WHERE c.normal = ? AND c.namespace = ?
		ORDER BY c.major, c.minor, c.patch, c.build`, normal, namespace)
}

// Names implements library.Reader.
func (v view) Names(ctx context.Context, namespace string) ([]string, error) {
	return query(ctx, v.tx, func(rows *sql.Rows, name *string) error { return rows.Scan(name) },
		`SELECT name FROM names WHERE namespace = ? ORDER BY normal`, namespace)
}

// Components implements library.Reader.
func (v view) Components(ctx context.Context, q library.Query, each func(library.Component) bool) error {
	var w where
	w.in("c.namespace", q.Namespaces)
	w.in("c.normal", q.Normals)
	w.in("c.type", q.Types)
	w.in("c.platform", q.Platforms)
	w.any(len(q.Descriptions), "instr(c.folded, ?)", func(i int) []any { return []any{q.Descriptions[i]} })
	w.any(len(q.OSVersions), "EXISTS (SELECT 1 FROM json_each(c.os_versions) WHERE substr(value, 1, length(?)) = ?)",
		func(i int) []any { return []any{q.OSVersions[i], q.OSVersions[i]} })
	w.any(len(q.Versions), "(? IN (-1, c.major) AND ? IN (-1, c.minor) AND ? IN (-1, c.patch))",
		func(i int) []any { return numbers(q.Versions[i]) })
	w.in("c.state", q.States)
	for _, tags := range q.Tags {
		w.any(len(tags), "EXISTS (SELECT 1 FROM json_each(c.tags) WHERE key = ? AND (? IS NULL OR value = ?))",
			func(i int) []any { return []any{tags[i].Key, tags[i].Value, tags[i].Value} })
	}
	if a := q.After; a != nil {
		w.add("(c.normal, c.major, c.minor, c.patch, c.namespace) > (?, ?, ?, ?, ?)",
			append(append([]any{a.Normal}, numbers(a.Version)...), a.Namespace)...)
	}
	w.add(`NOT EXISTS (SELECT 1 FROM components d WHERE d.normal = c.normal AND d.major = c.major AND d.minor = c.minor
		AND d.patch = c.patch AND d.namespace = c.namespace AND d.build > c.build)`)
	return v.each(ctx, each, `SELECT `+componentColumns+` FROM components c WHERE `+w.String()+`
		ORDER BY c.normal, c.major, c.minor, c.patch, c.namespace`, w.args...)
}

// where collects conditions that must all hold.
type where struct {
	terms []string
	args  []any
}

func (w *where) add(term string, args ...any) {
	w.terms = append(w.terms, term)
	w.args = append(w.args, args...)
}

// in asks for one of some values, which may be none for any.
func (w *where) in(column string, values []string) {
	w.any(len(values), column+" = ?", func(i int) []any { return []any{values[i]} })
}

// any asks that a term holds with the arguments of one of n values.
func (w *where) any(n int, term string, args func(int) []any) {
	if n == 0 {
		return
	}
	var all []any
	for i := range n {
		all = append(all, args(i)...)
	}
	w.add("("+strings.Repeat(term+" OR ", n-1)+term+")", all...)
}

func (w *where) String() string { return strings.Join(w.terms, " AND ") }

func numbers(v recipe.Version) []any { return []any{v[0], v[1], v[2]} }

// query reads every row of a query with scan.
func query[T any](ctx context.Context, tx *sql.Tx, scan func(*sql.Rows, *T) error, text string, args ...any) ([]T, error) {
	rows, err := tx.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []T
	for rows.Next() {
		var item T
		if err := scan(rows, &item); err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	return list, rows.Err()
}

// Document implements library.Reader.
func (v view) Document(ctx context.Context, id int64) ([]byte, error) {
	var content []byte
	err := v.tx.QueryRowContext(ctx, `SELECT content FROM documents WHERE component = ?`, id).Scan(&content)
	return content, err
}

// SupportEnding implements library.Reader.
func (v view) SupportEnding(ctx context.Context, day string, after library.Notice) ([]library.Component, error) {
	text := `SELECT ` + componentColumns + ` FROM components c WHERE c.support_end <> '' AND c.support_end <= ?`
	args := []any{day}
	if after != library.NoNotice {
		text += ` AND c.noticed < ?`
		args = append(args, after)
	}
	return v.components(ctx, text+` ORDER BY c.support_end, c.normal, c.major, c.minor, c.patch, c.build`, args...)
}

// PagingKey implements library.Reader.
func (v view) PagingKey(ctx context.Context) ([]byte, error) {
	var key []byte
	err := v.tx.QueryRowContext(ctx, `SELECT value FROM settings WHERE name = 'paging key'`).Scan(&key)
	return key, err
}

// NextBuild implements library.Writer.
func (v view) NextBuild(ctx context.Context, namespace, normal string, version library.Version) (build int, text string, err error) {
	err = v.tx.QueryRowContext(ctx, `INSERT INTO versions (namespace, normal, major, minor, patch, text, builds)
		VALUES (?, ?, ?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET builds = builds + 1 RETURNING builds, text`,
		append(append([]any{namespace, normal}, numbers(version.Version)...), version.Text)...).Scan(&build, &text)
	return build, text, err
}

// AddComponent implements library.Writer.
func (v view) AddComponent(ctx context.Context, c *library.Component, document []byte) error {
	version := c.Version.Version
	result, err := v.tx.ExecContext(ctx, `INSERT INTO components (namespace, normal, name, major, minor, patch, build, version,
		platform, type, description, folded, change_description, os_versions, parameters, digest, size,
		origin_format, origin_uri, origin_digest, created, kms_key, encrypted,
		tags, policy, state, reason, support_end, replaced_by, noticed)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?,  ?, ?, ?, ?, ?, ?, ?, ?, ?,  ?, ?, ?, ?, ?, ?,  ?, ?, ?, ?, ?, ?, ?)`,
		c.Namespace, c.Normal(), c.Name, version[0], version[1], version[2], c.Build, c.Version.Text,
		c.Platform, c.Type, c.Description, strings.ToLower(c.Description), c.ChangeDescription,
		encode(c.SupportedOSVersions), encode(c.Parameters), c.Digest, c.Size,
		c.Origin.Format, c.Origin.URI, c.Origin.Digest, c.Created.UnixMilli(), c.KMSKey, c.Encrypted,
		encode(c.Tags), c.Policy, c.State, c.Reason, c.SupportEnd, c.ReplacedBy, c.Noticed)
	if err != nil {
		return err
	}
	if c.ID, err = result.LastInsertId(); err != nil {
		return err
	}
	if _, err := v.tx.ExecContext(ctx, `INSERT INTO documents (component, content) VALUES (?, ?)`, c.ID, document); err != nil {
		return err
	}
	_, err = v.tx.ExecContext(ctx, `INSERT INTO names (namespace, normal, name) VALUES (?, ?, ?)
		ON CONFLICT DO UPDATE SET name = excluded.name`, c.Namespace, c.Normal(), c.Name)
	return err
}

// SetComponent implements library.Writer.
func (v view) SetComponent(ctx context.Context, c library.Component) error {
	_, err := v.tx.ExecContext(ctx, `UPDATE components SET tags = ?, policy = ?, state = ?, reason = ?, support_end = ?,
		replaced_by = ?, noticed = ? WHERE id = ?`,
		encode(c.Tags), c.Policy, c.State, c.Reason, c.SupportEnd, c.ReplacedBy, c.Noticed, c.ID)
	return err
}

// SetDocument implements library.Writer.
func (v view) SetDocument(ctx context.Context, c library.Component, document []byte) error {
	v.forgets()
	if _, err := v.tx.ExecContext(ctx, `UPDATE components SET kms_key = ?, encrypted = ? WHERE id = ?`, c.KMSKey, c.Encrypted, c.ID); err != nil {
		return err
	}
	_, err := v.tx.ExecContext(ctx, `UPDATE documents SET content = ? WHERE component = ?`, document, c.ID)
	return err
}

// DeleteComponent implements library.Writer.
func (v view) DeleteComponent(ctx context.Context, id int64) error {
	var namespace, normal string
	err := v.tx.QueryRowContext(ctx, `DELETE FROM components WHERE id = ? RETURNING namespace, normal`, id).Scan(&namespace, &normal)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = v.tx.ExecContext(ctx, `DELETE FROM names WHERE namespace = ? AND normal = ?
		AND NOT EXISTS (SELECT 1 FROM components c WHERE c.namespace = names.namespace AND c.normal = names.normal)`, namespace, normal)
	return err
}
