package library_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/builder/component/library"
	"github.com/slipway-oci/slipway/builder/component/store"
)

// firstFormat makes a store of the first format from the dump of one that slipway wrote then.
func firstFormat(t *testing.T) string {
	t.Helper()
	dump, err := os.ReadFile(filepath.Join("testdata", "format-1.sql"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "store.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(string(dump)); err != nil {
		t.Fatal(err)
	}
	return path
}

// upgraded opens a store with the present code.
func upgraded(t *testing.T, path string) *shelf {
	t.Helper()
	s := newShelf(t)
	storage, err := store.Open(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { storage.Close() })
	s.storage, s.Library = storage, library.New(storage, s.options)
	return s
}

func TestUpgradeOfAStoreOfTheFirstFormat(t *testing.T) {
	path := firstFormat(t)
	for range 2 { // the second time there is nothing to do
		s, _ := twoKeys(t, upgraded(t, path))
		want := []string{"gone-one/1.0.0/1", "locked/1.0.0/1", "my-script/1.2.3/2", "nginx/2031.04.09/1", "nginx/1.0.0/2", "nginx/1.0.0/1"}
		if diff := cmp.Diff(want, s.builds("")); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		for _, reference := range want {
			c, err := s.Get(s.ctx(), reference)
			if err != nil {
				t.Fatal(err)
			}
			if text, err := s.Document(s.ctx(), c); err != nil || len(text) != c.Size { // it is compared with its digest
				t.Errorf("document of %s: %d bytes, want %d, %v", reference, len(text), c.Size, err)
			}
		}
	}
	s, _ := twoKeys(t, upgraded(t, path))
	c, err := s.Get(s.ctx(), "nginx/1.0.0/1")
	if err != nil {
		t.Fatal(err)
	}
	if c.Description != `Web "server"` || c.State != library.Deprecated || c.Reason != "CVE" || c.Tags["team"] != "web" || c.SupportedOSVersions[0] != "Debian 12" || *c.Parameters[0].Default != "80" {
		t.Errorf("nginx/1.0.0/1 is now %+v", c)
	}
	if locked, err := s.Get(s.ctx(), "locked"); err != nil || !locked.Encrypted {
		t.Errorf("%+v, %v", locked, err)
	}
	if next := s.create(request("my script", "1.2.3", "next")); next.Build != 3 {
		t.Errorf("the next build is %d: deleted numbers are given again", next.Build)
	}
	r := mustRecipe(t, s, "web")
	if r.Version.Text != "1.0.0" || r.Encrypted || r.Tags["a"] != "b" || len(r.References) != 2 || r.References[0].Written != "nginx/1.x.x" {
		t.Errorf("the recipe is now %+v", r)
	}
	opened, err := s.OpenRecipe(s.ctx(), "web")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := opened.ReadTemplate(s.ctx(), nil); err != nil || !strings.Contains(got.Text, "ENV KEPT=yes") {
		t.Errorf("template %+v, %v", got, err)
	}
	notices, err := s.Notices(s.ctx())
	if err != nil || len(notices) != 1 || notices[0].Name != "gone-one" {
		t.Errorf("notices %+v, %v", notices, err)
	}
	wantFirstFormat(t, path+".format-1")
	if copies, err := filepath.Glob(path + ".*"); err != nil || len(copies) != 1 {
		t.Errorf("copies %q, %v", copies, err)
	}
}

// wantFirstFormat checks that the copy is what there was.
func wantFirstFormat(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var version, components, documents, recipes int
	err = db.QueryRow(`SELECT user_version, (SELECT count(*) FROM components), (SELECT count(*) FROM documents),
		(SELECT count(*) FROM recipes) FROM pragma_user_version`).Scan(&version, &components, &documents, &recipes)
	if err != nil || version != 1 || components != 6 || documents != 6 || recipes != 1 {
		t.Errorf("the copy has format %d, %d components, %d documents and %d recipes, %v", version, components, documents, recipes, err)
	}
	if _, err := db.Exec(`SELECT kms_key FROM recipes`); err == nil {
		t.Error("the copy has the columns of the next format")
	}
}

// TestDamagedTexts: a text that was changed behind the library's back is refused, and all else goes on.
func TestDamagedTexts(t *testing.T) {
	s := newShelf(t)
	c := s.add("abc/1.0.0")
	r := s.keep("web", "1.0.0", "abc")
	if err := s.storage.Update(s.ctx(), func(w library.Writer) error {
		if err := w.SetDocument(s.ctx(), c, []byte("other")); err != nil {
			return err
		}
		return w.SetRecipeFile(s.ctx(), r, []byte("other"), nil)
	}); err != nil {
		t.Fatal(err)
	}
	check := func(what string, err error) {
		t.Helper()
		damaged, ok := errors.AsType[*library.DamagedError](err)
		if !ok || !strings.Contains(err.Error(), what) || damaged.ExitCode() != 5 || !strings.Contains(damaged.Hint(), "create it again") {
			t.Errorf("%s: got %v", what, err)
		}
	}
	_, err := s.Document(s.ctx(), c)
	check(`component "abc/1.0.0/1"`, err)
	_, err = s.Source().Find(s.ctx(), "abc/1.x.x")
	check(`component "abc/1.0.0/1"`, err)
	_, _, err = s.RecipeFile(s.ctx(), r)
	check(`recipe "web/1.0.0"`, err)
	_, err = s.OpenRecipe(s.ctx(), "web")
	check(`recipe "web/1.0.0"`, err)
	if got := s.builds("abc"); len(got) != 1 {
		t.Errorf("builds %v", got)
	}
}
