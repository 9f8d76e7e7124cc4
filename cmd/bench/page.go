//go:build linux

package main

import (
	"fmt"
	"os"
	"strings"
)

// The marks around what the bench writes into a page.
const (
	tableMark = "bench table"
	scaleMark = "bench scale"
)

// writePage replaces what stands between the marks of that name in the Markdown file at path.
func writePage(path, mark, text string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	begin, end := fmt.Sprintf("<!-- begin of %s -->\n", mark), fmt.Sprintf("<!-- end of %s -->", mark)
	before, rest, found := strings.Cut(string(data), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		return fmt.Errorf("%s has no place for the %s: %q and %q around it are missing", path, mark, strings.TrimSpace(begin), end)
	}
	return os.WriteFile(path, []byte(before+begin+"\n"+strings.TrimSpace(text)+"\n\n"+end+after), 0o644) //nolint:gosec // the page is named on the command line
}
