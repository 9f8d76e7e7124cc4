package report

import (
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// TestVER16TwentyAtOnceGetTwentyNumbers: that failed and cancelled builds keep theirs is tested with real builds.
func TestVER16TwentyAtOnceGetTwentyNumbers(t *testing.T) {
	dir := t.TempDir()
	var mu sync.Mutex
	var got []int
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for range 2 {
				n, err := NextBuild(dir, "web-base", "1.4.0")
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				got = append(got, n)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.Sort(got)
	for i, n := range got {
		if n != i+1 {
			t.Fatalf("numbers = %v, want 1 to 40", got)
		}
	}
	if n, err := NextBuild(dir, "web-base", "1.4.1"); err != nil || n != 1 {
		t.Errorf("first build of another version = %d, %v", n, err)
	}
	if rs, err := List(dir); err != nil || len(rs) != 0 {
		t.Errorf("numbers are listed as runs: %v, %v", rs, err)
	}
}

func TestNextBuildRefusesABrokenCounter(t *testing.T) {
	dir := t.TempDir()
	if _, err := NextBuild(dir, "web", "1.0.0"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, numbersDir, "web", "1.0.0"), []byte("many\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if n, err := NextBuild(dir, "web", "1.0.0"); err == nil {
		t.Errorf("got %d of a broken counter: a number might repeat", n)
	}
}
