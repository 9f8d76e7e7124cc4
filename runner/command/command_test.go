package command

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner"
)

// TestConformance runs the cases of the component-document reference, chapter 10, that need no process of their own.
func TestConformance(t *testing.T) {
	t.Run("CLI-04", testParameters)
	t.Run("CLI-05", testConfig)
}

func testParameters(t *testing.T) {
	for text, want := range map[string]map[string]string{
		"a=1,b=2":           {"a": "1", "b": "2"},
		`"h=x,y",a=1`:       {"h": "x,y", "a": "1"},
		"a=1,a=b=c":         {"a": "b=c"},
		` "h=x" , a=1 2`:    {"h": "x", "a": "1 2"},
		"url=http://x/?a=b": {"url": "http://x/?a=b"},
	} {
		got, err := parseParameters(text)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", text, err, diff)
		}
	}
}

func testConfig(t *testing.T) {
	for name, text := range map[string]string{
		"no documents": `{"documents":[]}`, "twice": `{"documents":[{"path":"d.yaml"}],"parameters":[{"name":"a","value":"1"},{"name":"a","value":"2"}]}`,
		"not JSON": "documents: []", "no value": `{"documents":[{"path":"d.yaml"}],"parameters":[{"name":"a"}]}`, "list": `[]`,
	} {
		if _, err := parseConfig([]byte(text)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// call starts a command in this process.
func call(ctx context.Context, environ []string, args ...string) (code int, stdout, stderr string) {
	var out, errOut bytes.Buffer
	code = Main(ctx, Process{Version: "1.2.3", Environ: environ, Stdout: &out, Stderr: &errOut}, append([]string{"program"}, args...))
	return code, out.String(), errOut.String()
}

func TestCommandsAreKnown(t *testing.T) {
	for _, c := range commands() {
		code, stdout, stderr := call(t.Context(), nil, c.name, "--help")
		if code != runner.ExitSuccess || !strings.HasPrefix(stdout, "Usage: ") || stderr != "" {
			t.Errorf("%s --help: %d, %q, %q", c.name, code, stdout, stderr)
		}
	}
	if code, _, stderr := call(t.Context(), nil, "rum"); code != runner.ExitUsage || !strings.Contains(stderr, `unknown command "rum"`) {
		t.Errorf("%d, %s", code, stderr)
	}
}

// TestACallerEndsTheRun shows that a run ends as interrupted when the context of its caller does.
func TestACallerEndsTheRun(t *testing.T) {
	dir := t.TempDir()
	doc := filepath.Join(dir, "d.yaml")
	text := "schemaVersion: 1.0\nphases:\n- name: build\n  steps:\n  - {name: a, action: ExecuteBash, inputs: {commands: [echo hi]}}\n"
	if err := os.WriteFile(doc, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	code, stdout, _ := call(ctx, os.Environ(), "run", "-d", doc, "-l", dir)
	if code != runner.ExitInterrupted || !strings.Contains(stdout, `"failed"`) {
		t.Errorf("exit code %d, summary %s", code, stdout)
	}
}
