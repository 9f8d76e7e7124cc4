package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"time"

	"github.com/slipway-oci/slipway/builder/component/library"
)

func exists(path string) bool {
	_, err := os.Stat(path) //nolint:gosec // the user chooses the file
	return !errors.Is(err, os.ErrNotExist)
}

const recipeColumns = `SELECT r.id, r.name, r.major, r.minor, r.patch, r.version, r.description, r.parent_image, r.platform,
	r.tags, r.digest, r.size, r.created, r.kms_key, r.encrypted FROM recipes r `

// Recipes implements library.Reader.
func (v view) Recipes(ctx context.Context, normal string) ([]library.Recipe, error) {
	return v.recipes(ctx, `WHERE ? IN ('', r.normal)`, normal)
}

// RecipesNaming implements library.Reader.
func (v view) RecipesNaming(ctx context.Context, namespace, normal string) ([]library.Recipe, error) {
	return v.recipes(ctx, `WHERE r.id IN (SELECT recipe FROM recipe_components WHERE namespace = ? AND normal = ?)`, namespace, normal)
}

func (v view) recipes(ctx context.Context, condition string, args ...any) ([]library.Recipe, error) {
	list, err := query(ctx, v.tx, scanRecipe, recipeColumns+condition+` ORDER BY r.normal, r.major, r.minor, r.patch`, args...)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].References, err = v.references(ctx, list[i].ID); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func scanRecipe(rows *sql.Rows, r *library.Recipe) error {
	var tags []byte
	var created int64
	v := &r.Version.Version
	err := rows.Scan(&r.ID, &r.Name, &v[0], &v[1], &v[2], &r.Version.Text, &r.Description, &r.ParentImage, &r.Platform,
		&tags, &r.Digest, &r.Size, &created, &r.KMSKey, &r.Encrypted)
	if err != nil {
		return err
	}
	r.Created = time.UnixMilli(created).UTC()
	return decode(tags, &r.Tags)
}

func (v view) references(ctx context.Context, recipe int64) ([]library.Reference, error) {
	return query(ctx, v.tx, func(rows *sql.Rows, r *library.Reference) error {
		w := &r.Want.Version
		return rows.Scan(&r.Written, &r.Namespace, &r.Normal, &w[0], &w[1], &w[2], &r.Want.Build)
	}, `SELECT written, namespace, normal, major, minor, patch, build FROM recipe_components WHERE recipe = ? ORDER BY position`, recipe)
}

// RecipeFile implements library.Reader.
func (v view) RecipeFile(ctx context.Context, id int64) (file, template []byte, err error) {
	err = v.tx.QueryRowContext(ctx, `SELECT file, template FROM recipe_files WHERE recipe = ?`, id).Scan(&file, &template)
	return file, template, err
}

// AddRecipe implements library.Writer.
func (v view) AddRecipe(ctx context.Context, r *library.Recipe, file, template []byte) error {
	version := r.Version.Version
	result, err := v.tx.ExecContext(ctx, `INSERT INTO recipes (normal, name, major, minor, patch, version, description, parent_image,
		platform, tags, digest, size, created, kms_key, encrypted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.Normal(), r.Name, version[0], version[1], version[2], r.Version.Text, r.Description, r.ParentImage,
		r.Platform, encode(r.Tags), r.Digest, r.Size, r.Created.UnixMilli(), r.KMSKey, r.Encrypted)
	if err != nil {
		return err
	}
	if r.ID, err = result.LastInsertId(); err != nil {
		return err
	}
	if _, err := v.tx.ExecContext(ctx, `INSERT INTO recipe_files (recipe, file, template) VALUES (?, ?, ?)`, r.ID, file, template); err != nil {
		return err
	}
	for i, reference := range r.References {
		w := reference.Want
		if _, err := v.tx.ExecContext(ctx, `INSERT INTO recipe_components
			(recipe, position, written, namespace, normal, major, minor, patch, build) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			r.ID, i, reference.Written, reference.Namespace, reference.Normal,
			w.Version[0], w.Version[1], w.Version[2], w.Build); err != nil {
			return err
		}
	}
	return nil
}

// SetRecipeFile implements library.Writer.
func (v view) SetRecipeFile(ctx context.Context, r library.Recipe, file, template []byte) error {
	v.forgets()
	if _, err := v.tx.ExecContext(ctx, `UPDATE recipes SET kms_key = ?, encrypted = ? WHERE id = ?`, r.KMSKey, r.Encrypted, r.ID); err != nil {
		return err
	}
	_, err := v.tx.ExecContext(ctx, `UPDATE recipe_files SET file = ?, template = ? WHERE recipe = ?`, file, template, r.ID)
	return err
}

// DeleteRecipe implements library.Writer.
func (v view) DeleteRecipe(ctx context.Context, id int64) error {
	_, err := v.tx.ExecContext(ctx, `DELETE FROM recipes WHERE id = ?`, id)
	return err
}

// Notices implements library.Reader.
func (v view) Notices(ctx context.Context) ([]library.NoticeEvent, error) {
	return query(ctx, v.tx, func(rows *sql.Rows, n *library.NoticeEvent) error {
		var text []byte
		var id int64
		var kind library.Notice
		if err := rows.Scan(&id, &kind, &text); err != nil {
			return err
		}
		err := json.Unmarshal(text, n)
		n.ID, n.Kind = id, kind
		return err
	}, `SELECT id, kind, event FROM notices ORDER BY id`)
}

// AddNotice implements library.Writer.
func (v view) AddNotice(ctx context.Context, n library.NoticeEvent) error {
	_, err := v.tx.ExecContext(ctx, `INSERT INTO notices (kind, event) VALUES (?, ?)`, n.Kind, encode(n))
	return err
}

// TakeNotice implements library.Writer.
func (v view) TakeNotice(ctx context.Context, id int64) error {
	_, err := v.tx.ExecContext(ctx, `DELETE FROM notices WHERE id = ?`, id)
	return err
}
