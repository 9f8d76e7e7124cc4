package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	w := newWorld(t).in(t.TempDir())
	for name, line := range map[string]string{"good.yaml": "echo {{ Word }}", "bad.yaml": "exit 3", "reboot.yaml": "exit 194"} {
		text := "schemaVersion: 1.0\nparameters: [{Word: {type: string, default: x}}]\nphases:\n- name: build\n  steps:\n" +
			fmt.Sprintf("  - {name: Say, action: ExecuteBash, inputs: {commands: [%q]}}\n", line)
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	code, stdout, _ := w.run("run", "-d", "good.yaml", "-l", "logs", "--parameters", "Word=hello", "--trace")
	var summary struct{ Status, LogURL string }
	if err := json.Unmarshal([]byte(stdout), &summary); err != nil || code != Success || summary.Status != "success" {
		t.Fatalf("exit code %d, summary %q, %v", code, stdout, err)
	}
	text, err := os.ReadFile(filepath.Join(summary.LogURL, "console.log"))
	if err != nil || !strings.Contains(string(text), "Stdout: hello\n") {
		t.Errorf("console: %s, %v", text, err)
	}
	for args, want := range map[string]int{"run -d bad.yaml -l logs": 1, "run -d reboot.yaml -l logs": 194, "--debug run -d good.yaml -l logs": 0, "run": 2, "run --documnets x": 2} {
		code, _, stderr := w.run(strings.Fields(args)...)
		if code != want {
			t.Errorf("slipway %s: exit code %d, want %d\n%s", args, code, want, stderr)
		}
	}
	if _, _, stderr := w.run("run", "--documnets", "x"); !strings.Contains(stderr, `did you mean "--documents"?`) {
		t.Errorf("stderr %q", stderr)
	}
}

func TestActions(t *testing.T) {
	w := newWorld(t)
	if text := w.ok("action", "list"); !strings.HasPrefix(text, "NAME") || !strings.Contains(text, "\nCreateFile ") {
		t.Errorf("list:\n%s", text)
	}
	var list []actionView
	if err := json.Unmarshal([]byte(w.ok("action", "list", "--format", "json")), &list); err != nil || len(list) != 30 {
		t.Errorf("%d actions, %v", len(list), err)
	}
	if text := w.ok("action", "show", "CreateFile"); !strings.Contains(text, "| `path` | text | yes |") || !strings.Contains(text, "action: CreateFile") {
		t.Errorf("show:\n%s", text)
	}
	var one actionView
	if err := json.Unmarshal([]byte(w.ok("action", "show", "WebDownload", "--format", "json")), &one); err != nil || len(one.Outputs) != 1 || one.Inputs[0].Name != "source" || !one.Inputs[0].Required {
		t.Errorf("%+v, %v", one, err)
	}
	if code, _, stderr := w.run("action", "show", "CreateFiel"); code != WrongInput || !strings.Contains(stderr, `did you mean "CreateFile"?`) {
		t.Errorf("%d, %s", code, stderr)
	}
}

func TestSchema(t *testing.T) {
	w := newWorld(t)
	for name, key := range map[string]string{"component": "phases", "recipe": "parentImage"} {
		var schema struct {
			Schema     string `json:"$schema"`
			Properties map[string]any
		}
		if err := json.Unmarshal([]byte(w.ok("schema", name)), &schema); err != nil || schema.Schema == "" || schema.Properties[key] == nil {
			t.Errorf("%s: %+v, %v", name, schema, err)
		}
	}
}
