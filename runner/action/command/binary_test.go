//go:build linux

package command_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/actiontest"
	"github.com/slipway-oci/slipway/runner/action/command"
)

func testArguments(t *testing.T) {
	req, _ := actiontest.Request(t, action.Entry{"path": "printf", "arguments": []string{"[%s]", "a b", "", "$HOME", "*"}})
	result, err := (command.Binary{}).Run(t.Context(), req)
	wantOutput(t, result, err, "[a b][][$HOME][*]")
}

// Programs such as busybox choose by their name what they do.
func TestProgramsKnowTheirName(t *testing.T) {
	req, _ := actiontest.Request(t, action.Entry{"path": "sh", "arguments": []string{"-c", "echo $0"}})
	result, err := (command.Binary{}).Run(t.Context(), req)
	wantOutput(t, result, err, "sh")
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
