// Package golden compares the outputs of tests with files in testdata.
package golden

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// source is the folder of the test that called Check, also when the test has changed its folder.
func source(t testing.TB) string {
	t.Helper()
	_, file, _, ok := runtime.Caller(2)
	if !ok || !filepath.IsAbs(file) {
		return "" // built with -trimpath: the folder of the test, unless it has changed it
	}
	return filepath.Dir(file)
}

// Check compares got with testdata/<name of the test>.txt and fails the test when they differ. With UPDATE_GOLDEN=1
// in the environment it writes the file instead.
func Check(t testing.TB, got string) {
	t.Helper()
	path := filepath.Join(source(t), "testdata", filepath.FromSlash(strings.ReplaceAll(t.Name(), " ", "_"))+".txt")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}
