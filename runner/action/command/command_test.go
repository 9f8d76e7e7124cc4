//go:build linux

package command_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/actiontest"
	"github.com/slipway-oci/slipway/runner/action/command"
)

// TestConformance runs the cases of the component-document reference, chapter 10, that concern commands.
func TestConformance(t *testing.T) {
	for _, c := range []struct {
		id   string
		test func(*testing.T)
	}{
		{"BASH-01", testOneScript},
		{"BASH-02", testFailingLine},
		{"BASH-03", testStdout},
		{"BASH-04", testNoBash},
		{"BIN-01", testArguments},
		{"BIN-02", testNotPrograms},
		{"NEST-01", testNested},
		{"NEST-05", testNestedParameters},
		{"NEST-06", testNestedFailure},
		{"PWSH-01", testPowerShell},
	} {
		t.Run(c.id, c.test)
	}
}

func bash(t testing.TB, commands ...string) (action.Request, *actiontest.Recorder) {
	t.Helper()
	return actiontest.Request(t, action.Entry{"commands": commands})
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// wantOutput checks that a module succeeded with this stdout output.
func wantOutput(t *testing.T, result action.Result, err error, want string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]map[string]any{{"stdout": want}}, result.Outputs); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
}

func testOneScript(t *testing.T) {
	req, _ := bash(t, "x=5", "mkdir sub\ncd sub\n", "f() { echo \"$x $(basename \"$PWD\")\"; }", "f")
	result, err := (command.Bash{}).Run(t.Context(), req)
	wantOutput(t, result, err, "5 sub")
}

func testFailingLine(t *testing.T) {
	req, _ := bash(t, "echo a", "false", "echo b")
	result, err := (command.Bash{}).Run(t.Context(), req)
	wantOutput(t, result, err, "a\nb")
	if result.ExitCode == nil || *result.ExitCode != 0 {
		t.Errorf("exit code = %v", result.ExitCode)
	}
}

func testStdout(t *testing.T) {
	req, recorder := bash(t, `printf 'x\n\n'`, "echo problem >&2")
	result, err := (command.Bash{}).Run(t.Context(), req)
	wantOutput(t, result, err, "x")
	if got := recorder.Stdout.String(); got != "x\n\n" {
		t.Errorf("streamed %q", got)
	}
	if got := recorder.Stderr.String(); got != "problem\n" {
		t.Errorf("streamed %q as stderr", got)
	}
}

func testNoBash(t *testing.T) {
	// A folder with sh alone; bash is also looked for where it usually is, so only an image without it shows the rest.
	req, recorder := bash(t, "echo hi")
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("sh is needed")
	}
	if err := os.Symlink(shell, filepath.Join(req.Dir, "sh")); err != nil {
		t.Fatal(err)
	}
	req.Env = []string{"PATH=" + req.Dir}
	m := command.Bash{Folders: []string{"/nonexistent"}}
	_, err = m.Run(t.Context(), req)
	if want := "ExecuteBash: bash not found in the image"; text(err) != want {
		t.Errorf("error = %q, want %q", text(err), want)
	}
	var hinted interface{ Hint() string }
	if !errors.As(err, &hinted) || !strings.Contains(hinted.Hint(), "--shell-fallback=sh") {
		t.Error("the error has no hint")
	}
	req.Host = actiontest.Host{Shell: "sh"}
	result, err := m.Run(t.Context(), req)
	wantOutput(t, result, err, "hi")
	if !strings.Contains(recorder.Log(), "Warn bash not found in the image") {
		t.Errorf("log = %q", recorder.Log())
	}
	req.Host = actiontest.Host{Shell: "dash-or-so"}
	if _, err = m.Run(t.Context(), req); !strings.Contains(text(err), `the fallback "dash-or-so": not found in PATH`) {
		t.Errorf("error = %q", text(err))
	}
}

func TestBashFailure(t *testing.T) {
	tests := []struct {
		name, script, want string
		code               int
		reboot             action.Reboot
	}{
		{"with a message", "echo gone >&2; exit 4", "ExecuteBash: exit code 4: gone", 4, action.NoReboot},
		{"without a message", "exit 1", "ExecuteBash: exit code 1", 1, action.NoReboot},
		{"by a signal", "kill -KILL $$", "ExecuteBash: exit code 137", 137, action.NoReboot},
		{"request to resume", "exit 194", "", 194, action.RebootSameStep},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req, _ := bash(t, tt.script)
			result, err := (command.Bash{}).Run(t.Context(), req)
			if text(err) != tt.want {
				t.Errorf("error = %q, want %q", text(err), tt.want)
			}
			if result.ExitCode == nil || *result.ExitCode != tt.code || result.Reboot != tt.reboot {
				t.Errorf("result = %+v", result)
			}
		})
	}
}

func TestBashNeedsCommands(t *testing.T) {
	req, _ := bash(t)
	if _, err := (command.Bash{}).Run(t.Context(), req); text(err) != "ExecuteBash: commands: at least one command is needed" {
		t.Errorf("error = %q", text(err))
	}
}

func TestScriptsArePrivate(t *testing.T) {
	req, _ := bash(t, `stat -c %a "$0"`, `echo "${0%/*}"`)
	result, err := (command.Bash{}).Run(t.Context(), req)
	wantOutput(t, result, err, "600\n"+req.WorkDir)
}

func TestBashEndsWithItsContext(t *testing.T) {
	req, _ := bash(t, "trap '' TERM", "while :; do sleep 0.02; done")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 100*time.Millisecond, errors.New("timed out after 1 seconds"))
	defer cancel()
	_, err := (command.Bash{Limits: command.Limits{Grace: 50 * time.Millisecond}}).Run(ctx, req)
	if want := "ExecuteBash: timed out after 1 seconds"; text(err) != want {
		t.Errorf("error = %q, want %q", text(err), want)
	}
}

func testArguments(t *testing.T) {
	req, _ := actiontest.Request(t, action.Entry{"path": "printf", "arguments": []string{"[%s]", "a b", "", "$HOME", "*"}})
	result, err := (command.Binary{}).Run(t.Context(), req)
	wantOutput(t, result, err, "[a b][][$HOME][*]")
}

func testNotPrograms(t *testing.T) {
	req, _ := actiontest.Request(t)
	for name, mode := range map[string]os.FileMode{"text": 0o644, "script": 0o755} {
		if err := os.WriteFile(filepath.Join(req.Dir, name), []byte("echo hi\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{
		"no-such-tool": `"no-such-tool": not found in PATH`,
		"./none":       `"DIR/./none": no such file or directory`,
		"/usr/bin":     `"/usr/bin": is a folder`,
		"./text":       `"DIR/./text": is not executable`,
		"./script":     `"DIR/./script": exec format error`,
	} {
		req.Entries = []action.Entry{{"path": path}}
		_, err := (command.Binary{}).Run(t.Context(), req)
		if got := strings.ReplaceAll(text(err), req.Dir, "DIR"); got != "ExecuteBinary: "+want {
			t.Errorf("%s: error = %q, want %q", path, got, want)
		}
	}
}

// nested runs ExecuteDocument with a host that answers with result, and returns what it was asked.
func nested(t *testing.T, e action.Entry, answer action.NestedResult) (action.NestedDocument, action.Result, error) {
	t.Helper()
	var asked action.NestedDocument
	req, _ := actiontest.Request(t, e)
	req.Host = actiontest.Host{Document: func(_ context.Context, doc action.NestedDocument) (action.NestedResult, error) {
		asked = doc
		return answer, nil
	}}
	result, err := (command.Document{}).Run(t.Context(), req)
	return asked, result, err
}

func testNested(t *testing.T) {
	summary := map[string]any{"status": "success", "executedStepCount": 2}
	asked, result, err := nested(t, action.Entry{
		"document": "sub.yml", "phases": "build, test", "document-s3-bucket-owner": "012345678901",
	}, action.NestedResult{Summary: summary, Detailed: "tree"})
	if err != nil {
		t.Fatal(err)
	}
	want := action.NestedDocument{
		Location: "sub.yml", Phases: []string{"build", "test"}, Parameters: map[string]string{}, BucketOwner: "012345678901",
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("asked for (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(action.Result{Outputs: []map[string]any{summary}, Detailed: "tree"}, result); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
}

func testNestedParameters(t *testing.T) {
	asked, _, err := nested(t, action.Entry{"document": "sub.yml", "parameters": []map[string]string{
		{"name": "a", "value": "1"}, {"name": "b", "value": ""},
	}}, action.NestedResult{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"a": "1", "b": ""}, asked.Parameters); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
	if asked.Phases != nil {
		t.Errorf("phases = %q, want all", asked.Phases)
	}
	for _, c := range []struct {
		list []map[string]string
		want string
	}{
		{[]map[string]string{{"name": "a"}}, "parameters: item 1 must have exactly name and value"},
		{[]map[string]string{{"name": "a", "value": "", "x": ""}}, "parameters: item 1 must have exactly name and value"},
		{[]map[string]string{{"name": "", "value": ""}}, "parameters: the name of item 1 is empty"},
		{[]map[string]string{{"name": "a", "value": "1"}, {"name": "a", "value": "2"}}, `parameters: "a" is given twice`},
	} {
		e := action.Entry{"document": "sub.yml", "parameters": c.list}
		if _, err := (command.Document{}).CheckEntry(e); text(err) != c.want {
			t.Errorf("check of %v = %q, want %q", c.list, text(err), c.want)
		}
		if _, _, err := nested(t, e, action.NestedResult{}); text(err) != "ExecuteDocument: "+c.want {
			t.Errorf("run with %v = %q, want %q", c.list, text(err), c.want)
		}
	}
}

func testNestedFailure(t *testing.T) {
	summary := map[string]any{"status": "failed"}
	for message, want := range map[string]string{
		"Document sub.yml failed!": "ExecuteDocument: Document sub.yml failed!",
		"":                         `ExecuteDocument: "sub.yml" failed`,
	} {
		_, result, err := nested(t, action.Entry{"document": "sub.yml"}, action.NestedResult{Summary: summary, Failed: true, Message: message})
		if text(err) != want {
			t.Errorf("error = %q, want %q", text(err), want)
		}
		if len(result.Outputs) != 1 {
			t.Error("the summary of the failed document is lost")
		}
	}
	_, _, err := nested(t, action.Entry{"document": "sub.yml"}, action.NestedResult{Summary: map[string]any{"status": "successWithIgnoredFailure"}})
	if err != nil {
		t.Errorf("an ignored failure is an error: %v", err)
	}
}

func TestPhasesAreChecked(t *testing.T) {
	input, _ := command.Document{}.Spec().Input("phases")
	for phases, ok := range map[string]bool{"build": true, "build , test": true, "build,,test": false, " ": false} {
		if err := input.Check(phases); (err == nil) != ok {
			t.Errorf("check of %q = %v", phases, err)
		}
	}
}

func testPowerShell(t *testing.T) {
	run := func(e action.Entry, installed bool) (action.Result, error) {
		req, _ := actiontest.Request(t, e)
		req.Env = []string{"PATH=" + req.Dir}
		if installed {
			script := "#!/bin/sh\necho \"$1 $2 $3 $4 ${5##*/}\"\n/bin/cat \"$5\"\nexit $((3010 & 255))\n"
			if err := os.WriteFile(filepath.Join(req.Dir, "pwsh"), []byte(script), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(req.Dir, "setup.PS1"), []byte("content\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		return command.PowerShell{}.Run(t.Context(), req)
	}
	for _, c := range []struct {
		name      string
		entry     action.Entry
		installed bool
		stdout    string
		want      string
	}{
		{"none", action.Entry{}, true, "", "exactly one of commands and file must be given"},
		{"both", action.Entry{"commands": []string{"x"}, "file": "a.ps1"}, true, "", "exactly one of commands and file must be given"},
		{"no commands", action.Entry{"commands": []string{}}, true, "", "commands: at least one command is needed"},
		{"other file", action.Entry{"file": "a.sh"}, true, "", `file "a.sh" does not end in .ps1`},
		{"not installed", action.Entry{"commands": []string{"x"}}, false, "", "pwsh not found"},
		{"commands", action.Entry{"commands": []string{"a", "b"}}, true, "-NoLogo -NoProfile -NonInteractive -File script.ps1\na\nb", ""},
		{"file", action.Entry{"file": "setup.PS1"}, true, "-NoLogo -NoProfile -NonInteractive -File setup.PS1\ncontent", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			result, err := run(c.entry, c.installed)
			if c.want != "" {
				if text(err) != "ExecutePowerShell: "+c.want {
					t.Errorf("error = %q, want %q", text(err), c.want)
				}
				return
			}
			wantOutput(t, result, err, c.stdout)
			if result.Reboot != action.RebootSameStep {
				t.Error("exit code 3010 does not ask for a reboot")
			}
		})
	}
}

// BenchmarkExecuteBash has its private folder in memory, as in a build: on a disk its file system is most of the time.
func BenchmarkExecuteBash(b *testing.B) {
	req, _ := bash(b, "true")
	if folder, err := os.MkdirTemp("/dev/shm", "slipway-bench-"); err == nil {
		defer os.RemoveAll(folder)
		req.WorkDir = folder
	}
	for b.Loop() {
		if _, err := (command.Bash{}).Run(b.Context(), req); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPlainBash starts the same script without a module, to compare with BenchmarkExecuteBash.
func BenchmarkPlainBash(b *testing.B) {
	script := filepath.Join(b.TempDir(), "script.sh")
	if err := os.WriteFile(script, []byte("true\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := exec.Command("/bin/bash", script).Run(); err != nil {
			b.Fatal(err)
		}
	}
}
