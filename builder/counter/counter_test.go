package counter

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

func TestVER16NumbersAreGivenOnce(t *testing.T) {
	dir := t.TempDir()
	const n = 20
	got := make([]int, n)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			var err error
			if got[i], err = Next(t.Context(), dir, "web", "1.0.0"); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	slices.Sort(got)
	for i, number := range got {
		if number != i+1 {
			t.Fatalf("numbers of %d concurrent builds: %v", n, got)
		}
	}
}

func TestNumbersCountForEachVersion(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	for _, step := range []struct {
		name, version string
		want          int
	}{{"web", "1.0.0", 1}, {"web", "1.0.1", 1}, {"db", "1.0.0", 1}, {"web", "1.0.0", 2}} {
		got, err := Next(t.Context(), dir, step.name, step.version)
		if err != nil || got != step.want {
			t.Errorf("Next(%s, %s) = %d, %v; want %d", step.name, step.version, got, err, step.want)
		}
	}
}

func TestCorruptCountersAreKept(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, File)
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Next(t.Context(), dir, "web", "1.0.0")
	var corrupt *CorruptError
	if !errors.As(err, &corrupt) || corrupt.Hint() == "" {
		t.Fatalf("Next on corrupt counters: %v", err)
	}
	if data, _ := os.ReadFile(path); string(data) != "{" {
		t.Errorf("the corrupt file was changed to %q", data)
	}
}
