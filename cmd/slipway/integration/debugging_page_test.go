//go:build linux

package integration

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// consoleCommand is a line "$ command" of a page, with the lines that are shown below it.
type consoleCommand struct {
	line   string
	code   int
	output []string
}

var exitComment = regexp.MustCompile(`\s+# exit code (\d+)$`)

// consoleCommands reads the console blocks of a page.
func consoleCommands(t *testing.T, page string) []consoleCommand {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var commands []consoleCommand
	inside := false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		switch command, ok := strings.CutPrefix(line, "$ "); {
		case strings.HasPrefix(line, "```"):
			inside = line == "```console"
		case inside && ok:
			c := consoleCommand{line: command}
			if m := exitComment.FindStringSubmatch(command); m != nil {
				c.code, _ = strconv.Atoi(m[1])
			}
			commands = append(commands, c)
		case inside && len(commands) > 0 && strings.TrimSpace(line) != "":
			last := &commands[len(commands)-1]
			last.output = append(last.output, line)
		}
	}
	return commands
}

// shownLine makes a pattern of a line of output: "..." stands for anything.
func shownLine(line string) *regexp.Regexp {
	pattern := strings.ReplaceAll(regexp.QuoteMeta(strings.TrimRight(line, " ")), `\.\.\.`, ".*")
	return regexp.MustCompile(`(?m)^` + pattern + ` *$`)
}

// runPage runs the commands of a page in a folder, one after the other, as they stand there.
func (h *home) runPage(page, dir string) {
	h.t.Helper()
	commands := consoleCommands(h.t, page)
	if len(commands) == 0 {
		h.t.Fatalf("%s has no console blocks", page)
	}
	environment := append(h.command().Env, "PATH="+filepath.Dir(program)+":"+os.Getenv("PATH"))
	for _, c := range commands {
		cmd := exec.CommandContext(h.t.Context(), "bash", "-c", c.line)
		cmd.Dir, cmd.Env = dir, environment
		out, _ := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != c.code {
			h.t.Errorf("%s: %s: exit code %d, want %d\n%s", page, c.line, got, c.code, tail(string(out)))
		}
		for _, line := range c.output {
			if !shownLine(line).Match(out) {
				h.t.Errorf("%s: %s does not write %q:\n%s", page, c.line, line, tail(string(out)))
			}
		}
	}
}

// TestDebuggingPage runs every command of docs/debugging.md.
func TestDebuggingPage(t *testing.T) {
	h := shared(t)
	web := newProject(t, debian,
		component("base", build(bash("echo base > /base"))),
		component("server", phase{"build", []step{
			bash("echo port=80 > /etc/server.conf").with("name", "Configure"),
			bash("grep -q port=80$ /etc/server.conf && { echo port 80 is not allowed; exit 1; }; true").with("name", "Check"),
		}}))
	ok := newProject(t, "scratch", fileWith("one", "1"), fileWith("two", "2")).rename("debugging-page-ok")
	dir := t.TempDir()
	for name, p := range map[string]*project{"web": web, "examples/ok": ok} {
		target := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(target, os.DirFS(p.dir)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	h.runPage(filepath.Join("..", "..", "..", "docs", "debugging.md"), dir)
}
