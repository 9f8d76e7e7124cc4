package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/builder/component/library"
	"github.com/slipway-oci/slipway/builder/recipe"
)

func openStore(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// sample is a component with a value in every field.
func sample(name string, version recipe.Version, build int) library.Component {
	value := "80"
	return library.Component{
		Namespace: library.Own, Name: name, Version: library.Version{Version: version, Text: version.String()}, Build: build,
		Platform: "Linux", Type: "BUILD", Description: "Ünit", ChangeDescription: "new", SupportedOSVersions: []string{"Ubuntu 24"},
		Parameters: []library.Parameter{{Name: "Port", Type: "string", Default: &value}, {Name: "Host", Type: "string"}},
		Digest:     "sha256:00", Size: 3, Origin: library.Origin{Format: "SHELL", URI: "file:///x.sh", Digest: "sha256:11"},
		Created: time.Date(2031, 4, 9, 7, 15, 2, 113e6, time.UTC), KMSKey: "key", Encrypted: true,
		Tags: map[string]string{"team": "web"}, Policy: "{}", State: library.Deprecated, Reason: "old", SupportEnd: "2031-05-01",
		ReplacedBy: "other/1.x.x", Noticed: library.SupportEnds,
	}
}

func (s *Store) put(t *testing.T, c library.Component, document string) library.Component {
	t.Helper()
	err := s.Update(t.Context(), func(w library.Writer) error { return w.AddComponent(t.Context(), &c, []byte(document)) })
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func nginxBuilds(t *testing.T, s *Store) (list []library.Component) {
	t.Helper()
	err := s.View(t.Context(), func(r library.Reader) (err error) {
		list, err = r.Builds(t.Context(), library.Own, "nginx")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestComponentsComeBackAsStored(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := openStore(t, path)
	want := s.put(t, sample("nginx", recipe.Version{1, 2, 3}, 4), "doc")
	_ = s.Close()
	s = openStore(t, path)
	if diff := cmp.Diff([]library.Component{want}, nginxBuilds(t, s)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	err := s.View(t.Context(), func(r library.Reader) error {
		text, err := r.Document(t.Context(), want.ID)
		if string(text) != "doc" {
			t.Errorf("document %q", text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPathsWithSpecialCharacters(t *testing.T) {
	for _, name := range []string{"a b", "a?b=c&mode=memory", "a#b", "a%20b", "ünit", "a'b\"c"} {
		path := filepath.Join(t.TempDir(), name, "store.db")
		openStore(t, path).put(t, sample("nginx", recipe.Version{1, 0, 0}, 1), "doc")
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		if got := nginxBuilds(t, openStore(t, path)); len(got) != 1 {
			t.Errorf("%q: %d builds", name, len(got))
		}
	}
}

func TestUpdateIsUndoneWhenItFails(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "store.db"))
	broken := errors.New("broken")
	err := s.Update(t.Context(), func(w library.Writer) error {
		c := sample("nginx", recipe.Version{1, 0, 0}, 1)
		if err := w.AddComponent(t.Context(), &c, []byte("doc")); err != nil {
			return err
		}
		return broken
	})
	if !errors.Is(err, broken) || len(nginxBuilds(t, s)) != 0 {
		t.Errorf("after %v there are %d builds", err, len(nginxBuilds(t, s)))
	}
}

func TestUpdateEndsWithItsContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	holder, waiter := openStore(t, path), openStore(t, path)
	err := holder.Update(t.Context(), func(library.Writer) error {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		err := waiter.Update(ctx, func(library.Writer) error { return nil })
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the end of the context", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestLockedStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	holder := openStore(t, path)
	waiter, err := Open(t.Context(), path, Options{Wait: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer waiter.Close()
	err = holder.Update(t.Context(), func(library.Writer) error {
		wantError(t, waiter.Update(t.Context(), func(library.Writer) error { return nil }), "another process is writing", "try again")
		return waiter.View(t.Context(), func(library.Reader) error { return nil }) // readers do not wait
	})
	if err != nil {
		t.Fatal(err)
	}
}

// wantError checks an Error by its message and hint, and gives the copy that it kept.
func wantError(t *testing.T, err error, message, hint string) (backup string) {
	t.Helper()
	failed, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("got %v, want an Error", err)
	}
	if !strings.Contains(err.Error(), message) || !strings.Contains(failed.Hint(), hint) || failed.ExitCode() != 5 {
		t.Errorf("got %v, hint %q, exit code %d\nwant %q, hint %q", err, failed.Hint(), failed.ExitCode(), message, hint)
	}
	return failed.Backup
}

func TestNewerFormatIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := openStore(t, path)
	if _, err := s.db.Exec("PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
	before, _ := os.ReadFile(path)
	_, err := Open(t.Context(), path, Options{})
	wantError(t, err, fmt.Sprintf("it has format 99, and this one knows %d", len(migrations)), "update slipway")
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("the file was changed")
	}
}

func TestFileOfAnotherProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s, err := connect(path, location(path, nil))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.Exec("CREATE TABLE bookmarks (url TEXT)"); err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
	_, err = Open(t.Context(), path, Options{})
	wantError(t, err, "another program has written it", "move the file away")
}

func TestNoDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	text := []byte(strings.Repeat("this is no database ", 500))
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	var first string
	for range 2 {
		_, err := Open(t.Context(), path, Options{})
		kept := wantError(t, err, "the file is damaged or no component store", "a copy was kept as")
		if data, err := os.ReadFile(kept); err != nil || !bytes.Equal(data, text) {
			t.Errorf("the copy holds %d bytes, %v", len(data), err)
		}
		if first != "" && kept != first {
			t.Errorf("a second copy %s beside %s", kept, first)
		}
		first = kept
	}
}

func TestDamagedPages(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := openStore(t, path)
	for i := range 200 {
		s.put(t, sample("nginx", recipe.Version{1, 0, i}, 1), strings.Repeat("x", 1000))
	}
	_ = s.Close()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 3 * 4096; i < len(data); i++ {
		data[i] = 0xa5
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, path)
	err = s.View(t.Context(), func(r library.Reader) error {
		_, err := r.Builds(t.Context(), library.Own, "nginx")
		return err
	})
	kept := wantError(t, err, "damaged", "a copy was kept as")
	if copied, _ := os.ReadFile(kept); !bytes.Equal(copied, data) {
		t.Error("the copy differs from the file")
	}
}

// TestFilesThatAreNoStore: what is wrong is said, a copy is kept of what may hold something, and nothing is changed.
func TestFilesThatAreNoStore(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "store.db")
	s := openStore(t, whole)
	for i := range 50 {
		s.put(t, sample("nginx", recipe.Version{1, 0, i}, 1), strings.Repeat("x", 1000))
	}
	_ = s.Close()
	good, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{
		"header": append([]byte(strings.Repeat("?", 100)), good[100:]...),
		"cut":    good[:3*4096+100],
		"schema": append(append(bytes.Clone(good[:100]), bytes.Repeat([]byte{0xa5}, 3996)...), good[4096:]...),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "store.db")
			if err := os.WriteFile(path, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := Open(t.Context(), path, Options{})
			if err == nil { // what is read first is not damaged
				defer s.Close()
				err = s.View(t.Context(), func(r library.Reader) error {
					return r.Components(t.Context(), library.Query{Namespaces: []string{library.Own}}, func(library.Component) bool { return true })
				})
			}
			kept := wantError(t, err, "the file is damaged", "a copy was kept as")
			for _, file := range []string{path, kept} {
				if data, err := os.ReadFile(file); err != nil || !bytes.Equal(data, bad) {
					t.Errorf("%s was changed, %v", filepath.Base(file), err)
				}
			}
		})
	}
}

func TestFolderInsteadOfAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), path, Options{})
	wantError(t, err, "it is a folder, not a file", "move the folder away")
}

// An empty file is what a process leaves that was killed while it made the store.
func TestEmptyFileIsANewStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	openStore(t, path).put(t, sample("nginx", recipe.Version{1, 0, 0}, 1), "doc")
	if got := nginxBuilds(t, openStore(t, path)); len(got) != 1 {
		t.Errorf("%d builds", len(got))
	}
}

// TestLockedFile: a program that wants the file for itself alone keeps everybody out, who then say so.
func TestLockedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	_ = openStore(t, path).Close()
	holder, err := connect(path, location(path, nil))
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	holder.db.SetMaxOpenConns(1)
	if _, err := holder.db.Exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), path, Options{Wait: 50 * time.Millisecond})
	wantError(t, err, "another process is writing", "try again")
}

func TestMigrationKeepsACopy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := openStore(t, path)
	s.put(t, sample("nginx", recipe.Version{1, 0, 0}, 1), "doc")
	next := append(slices.Clip(migrations), `ALTER TABLE components ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue'`)
	for range 2 { // the second time there is nothing to do
		if err := s.migrate(t.Context(), next); err != nil {
			t.Fatal(err)
		}
	}
	if version, err := s.version(t.Context()); err != nil || version != len(next) {
		t.Errorf("format %d, %v", version, err)
	}
	var colour string
	if err := s.db.QueryRow(`SELECT colour FROM components`).Scan(&colour); err != nil || colour != "blue" {
		t.Errorf("colour %q, %v", colour, err)
	}
	old := openStore(t, fmt.Sprintf("%s.format-%d", path, len(migrations)))
	if got := nginxBuilds(t, old); len(got) != 1 {
		t.Errorf("the copy holds %d builds", len(got))
	}
}

func TestFailedMigrationChangesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := openStore(t, path)
	next := append(slices.Clip(migrations), `CREATE TABLE half (a TEXT); SELECT nonsense FROM nowhere`)
	if err := s.migrate(t.Context(), next); err == nil {
		t.Fatal("a wrong migration was done")
	}
	if version, err := s.version(t.Context()); err != nil || version != len(migrations) {
		t.Errorf("format %d, %v", version, err)
	}
	if _, err := s.db.Exec(`SELECT * FROM half`); err == nil {
		t.Error("half of the migration stayed")
	}
}

// readOnly takes the right to write from a folder, and skips where that means nothing.
func readOnly(t *testing.T, dir string) {
	t.Helper()
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere: needs another user")
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if err := os.Chmod(filepath.Join(dir, e.Name()), 0o444); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o755) })
}

func TestReadOnlyFolder(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "store.db")
	s := openStore(t, path)
	s.put(t, sample("nginx", recipe.Version{1, 0, 0}, 1), "doc")
	_ = s.Close()
	readOnly(t, dir)
	s = openStore(t, path)
	if got := nginxBuilds(t, s); len(got) != 1 {
		t.Errorf("%d builds", len(got))
	}
	wantError(t, s.Update(t.Context(), func(w library.Writer) error { return w.DeleteComponent(t.Context(), 1) }), "cannot be written", "right to write")
}

func TestReadOnlyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := openStore(t, path)
	s.put(t, sample("nginx", recipe.Version{1, 0, 0}, 1), "doc")
	_ = s.Close()
	s, err := openReadOnly(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := nginxBuilds(t, s); len(got) != 1 {
		t.Errorf("%d builds", len(got))
	}
	wantError(t, s.Update(t.Context(), func(w library.Writer) error { return w.DeleteComponent(t.Context(), 1) }), "cannot be written", "right to write")
}

func TestFolderThatCannotBeMade(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), filepath.Join(dir, "file", "store.db"), Options{}); err == nil || !strings.Contains(err.Error(), "component store") {
		t.Errorf("got %v", err)
	}
}

func TestManyOpenANewFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			s, err := Open(t.Context(), path, Options{})
			if err != nil {
				t.Errorf("%d: %v", i, err)
				return
			}
			defer s.Close()
			err = s.Update(t.Context(), func(w library.Writer) error {
				c := sample(fmt.Sprintf("component-%d", i), recipe.Version{1, 0, 0}, 1)
				return w.AddComponent(t.Context(), &c, []byte("doc"))
			})
			if err != nil {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	group.Wait()
	s := openStore(t, path)
	var names []string
	if err := s.View(t.Context(), func(r library.Reader) (err error) {
		names, err = r.Names(t.Context(), library.Own)
		return err
	}); err != nil || len(names) != 16 {
		t.Errorf("%d components, %v", len(names), err)
	}
}
