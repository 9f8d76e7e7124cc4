package embedded

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// stateOf makes a builder's state in a folder and returns what tells whether it is still there.
func stateOf(t *testing.T) (root, store string) {
	t.Helper()
	root = t.TempDir()
	store = filepath.Join(root, "runc-overlayfs", "content")
	if err := errors.Join(
		os.MkdirAll(store, 0o700),
		os.WriteFile(filepath.Join(root, "cache.db"), nil, 0o600),
		os.WriteFile(filepath.Join(root, "builder.log"), nil, 0o600),
	); err != nil {
		t.Fatal(err)
	}
	return root, store
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestCacheSurvivesAKilledBuilder(t *testing.T) {
	root, store := stateOf(t)
	if _, err := guard(root); err != nil { // and never released
		t.Fatal(err)
	}
	release, err := guard(root)
	if err != nil || !exists(store) {
		t.Fatalf("the cache is gone after a builder was killed (%v)", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
}

func TestCacheStartsAnewAfterACrashOfTheMachine(t *testing.T) {
	root, store := stateOf(t)
	if err := os.WriteFile(filepath.Join(root, "unsynced"), []byte("another boot\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := guard(root); err != nil {
		t.Fatal(err)
	}
	if exists(store) || exists(filepath.Join(root, "cache.db")) {
		t.Error("a cache that may be torn is used")
	}
	if !exists(filepath.Join(root, "builder.log")) {
		t.Error("more than the cache was removed")
	}
}

func TestCacheSurvivesAnOrderlyRestart(t *testing.T) {
	root, store := stateOf(t)
	release, err := guard(root)
	if err != nil {
		t.Fatal(err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if exists(filepath.Join(root, "unsynced")) || !exists(store) {
		t.Error("the mark stayed, or the cache is gone")
	}
}
