//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPageGetsTheTableBetweenItsMarks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	const page = "# Page\n\n<!-- begin of bench table -->\nold\n<!-- end of bench table -->\n\nEnd\n"
	if err := os.WriteFile(path, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"| first |\n", "| second |\n"} {
		if err := writePage(path, tableMark, text); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := "# Page\n\n<!-- begin of bench table -->\n\n| second |\n\n<!-- end of bench table -->\n\nEnd\n"; string(got) != want {
		t.Errorf("page %q, want %q", got, want)
	}
	if err := writePage(path, scaleMark, "x"); err == nil || !strings.Contains(err.Error(), "has no place for the bench scale") {
		t.Errorf("a page without marks: %v", err)
	}
}

func TestPerformancePageHasPlacesForTheTables(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "docs", "performance.md"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, mark := range []string{tableMark, scaleMark} {
		if err := writePage(path, mark, "x"); err != nil {
			t.Error(err)
		}
	}
	for _, s := range allSeries() {
		if link := "images/scale-" + s.Name + ".svg"; !strings.Contains(string(data), link) {
			t.Errorf("the page does not show %s", link)
		}
	}
	for _, c := range cases() {
		if !strings.Contains(string(data), "`"+c.Name+"`") {
			t.Errorf("the page does not tell of the case %s", c.Name)
		}
	}
}
