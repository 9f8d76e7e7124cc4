//go:build linux

package integration

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/oci/ocitest"
)

var (
	fenced   = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")
	fileName = regexp.MustCompile(`^# (\S+)\n`)
)

// TestDocumentationOfRecipes does what docs/recipes.md says: a block that begins with a file name is that file, and
// every command has to succeed. The registry of the page is one of the test's own.
func TestDocumentationOfRecipes(t *testing.T) {
	h, registry := shared(t), ocitest.Distribution(t)
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "recipes.md"))
	if err != nil {
		t.Fatal(err)
	}
	const documented = "127.0.0.1:5055"
	dir := t.TempDir()
	files, commands := 0, 0
	for _, block := range fenced.FindAllStringSubmatch(string(page), -1) {
		language, text := block[1], strings.ReplaceAll(block[2], documented, registry)
		if language == "console" {
			for line := range strings.Lines(text) {
				command, ok := strings.CutPrefix(strings.TrimSpace(line), "$ ")
				if !ok {
					t.Fatalf("a line that is no command: %q", line)
				}
				commands++
				documentedCommand(t, h, dir, command)
			}
			continue
		}
		name := fileName.FindStringSubmatch(text)
		if name == nil { // the default template, which no file holds
			if want := "FROM {{{ imagebuilder:parentImage }}}\n{{{ imagebuilder:environments }}}\n{{{ imagebuilder:components }}}\n"; text != want {
				t.Errorf("a block without the name of its file:\n%s", text)
			}
			continue
		}
		files++
		path := filepath.Join(dir, name[1])
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if files < 8 || commands < 9 {
		t.Errorf("%d files and %d commands", files, commands)
	}
	if !inRegistry(t, registry+"/demo/web:1.0.0-1") {
		t.Error("the image is not in the registry")
	}
}

// documentedCommand runs a line of a page by the shell, with the slipway under test first in PATH.
func documentedCommand(t *testing.T, h *home, dir, line string) {
	t.Helper()
	cmd := h.command()
	path := "PATH=" + filepath.Dir(program) + string(os.PathListSeparator) + os.Getenv("PATH")
	shell := exec.CommandContext(t.Context(), "sh", "-ec", line)
	shell.Dir, shell.Env = dir, append(cmd.Env, path)
	if out, err := shell.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", line, err, out)
	}
}
