//go:build linux

package integration

import (
	"bufio"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/result"
)

// These tests run the examples that `make demo` does not, as their READMEs do.

func TestExampleMultiStage(t *testing.T) {
	needsMirror(t)
	h := shared(t)
	r := h.run(example("multi-stage")...).wantCode(0).result()
	wantTests(t, r.Tests, "harden", "service")

	o := h.run(example("multi-stage", "--param", "service.Version=9.9.9")...).wantCode(3, "AnswersAreRight")
	if stage := o.result().Stage; stage != string(event.StageTest) {
		t.Errorf("ended at %s, want the test stage", stage)
	}
}

func TestExamplePostgres(t *testing.T) {
	needsMirror(t)
	h := shared(t)
	r := h.run(example("postgres")...).wantCode(0).result()
	wantTests(t, r.Tests, "queries")
	h.run(example("postgres", "--param", "queries.ReaderPassword=wrong")...).wantCode(3, "CountItems")
}

func TestExamplePython(t *testing.T) {
	needsMirror(t)
	const token = "only-for-the-example"
	index := startIndex(t, token)
	h := shared(t).with("INDEX_TOKEN=" + token)
	arguments := []string{"--param", "Index=" + index, "--secret", "id=index_token,env=INDEX_TOKEN"}

	h.run(example("python", "--param", "Index="+index)...).wantCode(2, "index_token")
	o := h.run(example("python", arguments...)...).wantCode(0)
	wantTests(t, o.result().Tests, "greeter", "greeter")
	for _, where := range []string{o.stdout, o.stderr} {
		if strings.Contains(where, token) {
			t.Errorf("the token is in the output of the build")
		}
	}
	wantNowhere(t, token, h.runFolder())
}

func TestExampleCISHardening(t *testing.T) {
	h := shared(t)
	r := h.run(example("cis-hardening")...).wantCode(0).result()
	wantTests(t, r.Tests, "cis-hardening")
	h.run(example("cis-hardening", "--param", "PrivilegedPrograms=/usr/bin/passwd")...).wantCode(0)

	log := t.TempDir()
	h.run("run", "-d", filepath.Join(examplesDir, "cis-hardening/components/cis-hardening.yaml"), "--phases", "test",
		"--log-directory", log).wantCode(1) // this machine was not hardened
}

var examplesDir = filepath.Join("..", "..", "..", "examples")

// example are the arguments that build an example.
func example(name string, more ...string) []string {
	return append([]string{"build", filepath.Join(examplesDir, name), "--progress", "json", "--format", "json"}, more...)
}

// startIndex starts the private index of examples/python for the time of a test and returns its address.
func startIndex(t *testing.T, token string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), needs(t, "python3", "python3"), filepath.Join(examplesDir, "python/index.py"), "127.0.0.1:0")
	cmd.Env = append(os.Environ(), "INDEX_TOKEN="+token)
	cmd.Stderr = t.Output()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the index did not start: %v", err)
	}
	return strings.TrimSpace(address)
}

// wantTests fails the test unless these components were tested, in this order, with success.
func wantTests(t *testing.T, tests []result.Component, names ...string) {
	t.Helper()
	var got []string
	for _, c := range tests {
		if c.Status != string(event.Success) {
			t.Errorf("test of %s: %s %s", c.Name, c.Status, c.FailureMessage)
		}
		got = append(got, c.Name)
	}
	if diff := cmp.Diff(names, got); diff != "" {
		t.Errorf("tested components (-want +got):\n%s", diff)
	}
}

// wantNowhere fails the test when a file below a folder holds the text.
func wantNowhere(t *testing.T, text, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if strings.Contains(string(content), text) {
			t.Errorf("%s holds %q", path, text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
