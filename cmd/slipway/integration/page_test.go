//go:build linux

package integration

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/oci/ocitest"
)

// pageBlock is a block of code of a page: a file, whose first line names it, or commands.
type pageBlock struct{ language, text string }

func blocksOf(t *testing.T, page string) []pageBlock {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", page))
	if err != nil {
		t.Fatal(err)
	}
	var blocks []pageBlock
	for n, part := range strings.Split("\n"+string(data), "\n```") {
		if n%2 == 1 {
			language, text, _ := strings.Cut(part, "\n")
			blocks = append(blocks, pageBlock{language, text + "\n"})
		}
	}
	return blocks
}

// runPage does what a page says: it writes its files, and runs its commands in their folder, in order. A command that
// is to fail says so: "# exit code 3". Replacements put what is here in the place of what users have.
func runPage(t *testing.T, h *home, page string, replacements ...string) {
	t.Helper()
	dir, replace := t.TempDir(), strings.NewReplacer(replacements...)
	ran := 0
	for _, b := range blocksOf(t, page) {
		text := replace.Replace(b.text)
		switch b.language {
		case "yaml":
			first, _, _ := strings.Cut(text, "\n")
			name, ok := strings.CutPrefix(first, "# ")
			if !ok {
				t.Fatalf("%s: a file without a name:\n%s", page, text)
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		case "sh":
			for line := range strings.Lines(text) {
				line, note, _ := strings.Cut(strings.TrimSpace(line), "# exit code ")
				code, _ := strconv.Atoi(strings.TrimSpace(note))
				runLine(t, h, dir, strings.TrimSpace(line), code)
				ran++
			}
		default:
			t.Fatalf("%s: a block of %q is not run", page, b.language)
		}
	}
	if ran == 0 {
		t.Errorf("%s has no commands", page)
	}
}

func runLine(t *testing.T, h *home, dir, line string, code int) {
	t.Helper()
	arguments := strings.Fields(line)
	if len(arguments) == 0 || arguments[0] != "slipway" {
		t.Fatalf("not a command of slipway: %q", line)
	}
	cmd := h.command(arguments[1:]...)
	cmd.Dir = dir
	out, _ := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Fatalf("%s\nexit code %d, want %d\n%s", line, got, code, tail(string(out)))
	}
}

func TestPageOnTesting(t *testing.T) {
	h, registry := newHome(t), ocitest.Distribution(t)
	h.run("image", "import", debianTar(t), "debian:bookworm").wantCode(0)
	runPage(t, h, "testing.md", "debian:12", debian, "localhost:5000", registry)
}
