package shell

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// run runs a script without a program in PATH and returns what it wrote.
func run(t *testing.T, script string, interactive bool) (code int, stdout, stderr string) {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile(filepath.Join(dir, "words"), []byte("some words\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	commands := filepath.Join(t.TempDir(), "commands")
	if err := os.WriteFile(commands, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	stdin, err := os.Open(commands)
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	var out, errs strings.Builder
	code, err = Run(t.Context(), Options{
		Stdin: stdin, Stdout: &out, Stderr: &errs, Interactive: interactive,
		Environ: []string{"PATH=/none", "PWD=" + dir, "A=1"},
	})
	if err != nil {
		errs.WriteString(err.Error())
	}
	return code, out.String(), errs.String()
}

func TestScripts(t *testing.T) {
	for _, tt := range []struct {
		name, script string
		code         int
		stdout       string
		stderr       string // in it
	}{
		{"cat", "cat words | cat", 0, "some words\n", ""},
		{"ls", "echo x > .hidden; ls; ls -a", 0, "words\n.hidden\nwords\n", ""},
		{"ls of two", "ls words words", 0, "words:\nwords\nwords:\nwords\n", ""},
		{"ls -l", "ls -l words | while read mode size rest; do echo $mode $size; done", 0, "-rw------- 11\n", ""},
		{"exit", "exit 4", 4, "", ""},
		{"missing file", "cat nothing", 1, "", "cat: open "},
		{"missing program", "frobnicate", 127, "", "frobnicate"},
		{"unknown option", "ls -x", 1, "", "-x is not known"},
		{"syntax", "if", 2, "", "if"},
		{"env", "export B=2; C=3; env | while read v; do case $v in A=*|B=*|C=*) echo $v;; esac; done", 0, "A=1\nB=2\n", ""},
		{"help", "help >/dev/null", 0, "", ""},
		{"set -e", "set -e; cat nothing\necho on", 1, "", "cat: "},
		{"failure before the end", "cat nothing\ntrue\n", 0, "", "cat: "},
		{"function over lines", "f() {\n echo $1\n}\nf x\n", 0, "x\n", ""},
		{"here document", "cat <<E\na\nb\nE\n", 0, "a\nb\n", ""},
		{"failure goes on", "cat nothing; echo on", 0, "on\n", "cat: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := run(t, tt.script, false)
			if code != tt.code || stdout != tt.stdout || !strings.Contains(stderr, tt.stderr) {
				t.Errorf("code %d, stdout %q, stderr %q\nwant %d, %q, %q", code, stdout, stderr, tt.code, tt.stdout, tt.stderr)
			}
		})
	}
}

// TestStatementsRunAsTheyCome writes the second command after it has seen what the first one wrote.
func TestStatementsRunAsTheyCome(t *testing.T) {
	commands, typed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	shown, written, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan int)
	go func() {
		code, err := Run(t.Context(), Options{Stdin: commands, Stdout: written, Stderr: io.Discard})
		if err != nil {
			t.Error(err)
		}
		_ = written.Close()
		ended <- code
	}()
	lines := bufio.NewScanner(shown)
	for _, word := range []string{"one", "two"} {
		if _, err := typed.WriteString("echo " + word + "\n"); err != nil {
			t.Fatal(err)
		}
		if !lines.Scan() || lines.Text() != word {
			t.Fatalf("%q instead of %q", lines.Text(), word)
		}
	}
	if _, err := typed.WriteString("exit 3"); err != nil {
		t.Fatal(err)
	}
	_ = typed.Close()
	if code := <-ended; code != 3 {
		t.Errorf("exit code %d", code)
	}
}

func TestConversationGoesOnBehindFailures(t *testing.T) {
	code, stdout, stderr := run(t, "cat nothing\necho 'two\nlines'\nexit 3\necho not any more\n", true)
	if code != 3 || !strings.Contains(stdout, "two\nlines\n") || strings.Contains(stdout, "not any more") || !strings.Contains(stdout, " # ") {
		t.Errorf("code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
}
