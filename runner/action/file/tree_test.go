//go:build unix

package file

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestAWalkStaysInItsFolder puts a link in the place of a folder that the walk has seen but not entered.
func TestAWalkStaysInItsFolder(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"tree/a", "tree/sub/x", "kept/k"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tree := filepath.Join(dir, "tree")
	root, err := openFolder(tree)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	err = walk(t.Context(), root, tree, func(f found) error {
		if f.entry.Name() == "a" {
			if err := os.Rename(filepath.Join(tree, "sub"), filepath.Join(dir, "moved")); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink("../kept", filepath.Join(tree, "sub")); err != nil {
				t.Fatal(err)
			}
		}
		return f.folder.Remove(f.entry.Name())
	})
	if err == nil {
		t.Error("the walk went through a link")
	}
	if _, err := os.Stat(filepath.Join(dir, "kept", "k")); err != nil {
		t.Error(err)
	}
	if _, err := openFolder(filepath.Join(tree, "sub")); !errors.Is(err, errNotFolder) {
		t.Errorf("opening a link: %v, want %v", err, errNotFolder)
	}
}
