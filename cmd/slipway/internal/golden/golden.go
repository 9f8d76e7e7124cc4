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
func source(tb testing.TB) string {
	tb.Helper()
	_, file, _, ok := runtime.Caller(2)
	if !ok || !filepath.IsAbs(file) {
		return "" // built with -trimpath: the folder of the test, unless it has changed it
	}
	return filepath.Dir(file)
}

// Check compares got with testdata/<name of the test>.txt and fails the test when they differ. With UPDATE_GOLDEN=1
// in the environment it writes the file instead.
func Check(tb testing.TB, got string) {
	tb.Helper()
	path := filepath.Join(source(tb), "testdata", filepath.FromSlash(strings.ReplaceAll(tb.Name(), " ", "_"))+".txt")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			tb.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		tb.Errorf("%s (-want +got):\n%s", path, diff)
	}
}
