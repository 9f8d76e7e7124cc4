package runner_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway-oci/slipway/runner"
	"github.com/slipway-oci/slipway/runner/action/catalog"
	"github.com/slipway-oci/slipway/runner/report"
)

// fixture runs documents in a folder of its own, with everything that a run writes in reach.
type fixture struct {
	t      *testing.T
	dir    string
	o      runner.Options
	events bytes.Buffer
	warned bytes.Buffer
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	set, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t: t, dir: t.TempDir()}
	f.o = runner.Options{
		Modules: set, ExecutionID: "id-1", LogDirectory: filepath.Join(f.dir, "logs"), Environ: os.Environ(),
		SecretsDir: filepath.Join(f.dir, "secrets"), Events: &f.events, Warnings: &f.warned, Version: "test",
	}
	return f
}

func (f *fixture) write(name, text string) string {
	f.t.Helper()
	path := filepath.Join(f.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		f.t.Fatal(err)
	}
	return path
}

// documents makes the texts the documents of the run.
func (f *fixture) documents(texts ...string) *fixture {
	f.o.Documents = nil
	for i, text := range texts {
		path := f.write(fmt.Sprintf("in%d.yaml", i+1), text)
		f.o.Documents = append(f.o.Documents, runner.DocumentInput{Location: path})
	}
	return f
}

type result struct {
	*fixture
	runner.Report
	err error
}

func (f *fixture) run() result {
	f.t.Helper()
	f.events.Reset()
	rep, err := runner.Run(f.t.Context(), f.o)
	return result{f, rep, err}
}

func (r result) want(status report.Status, code int) result {
	r.t.Helper()
	if r.Status != status || r.ExitCode != code {
		r.t.Errorf("status %q, exit code %d, want %q, %d; %s %v", r.Status, r.ExitCode, status, code, r.FailureMessage, r.err)
	}
	return r
}

// log returns a file of the log folder.
func (r result) log(name string) string {
	r.t.Helper()
	text, err := os.ReadFile(filepath.Join(r.LogFolder, name))
	if err != nil {
		r.t.Fatal(err)
	}
	return string(text)
}

// event is one line of the stream.
type event map[string]any

func (r result) stream() []event {
	r.t.Helper()
	var list []event
	for line := range strings.Lines(r.events.String()) {
		if len(line) > 64<<10 {
			r.t.Errorf("a line of %d bytes", len(line))
		}
		var e event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			r.t.Fatalf("%s: %v", line, err)
		}
		list = append(list, e)
	}
	return list
}

// types returns the types of all events but outputs, shortened.
func (r result) types() string {
	var list []string
	for _, e := range r.stream() {
		list = append(list, fmt.Sprint(e["type"]))
	}
	return strings.Join(list, " ")
}

// steps returns the steps of the detailed output by name.
func (r result) steps() map[string]map[string]any {
	r.t.Helper()
	var root struct {
		Documents []struct {
			Phases []struct{ Steps []map[string]any }
		}
	}
	if err := json.Unmarshal([]byte(r.log("detailedoutput.json")), &root); err != nil {
		r.t.Fatal(err)
	}
	m := map[string]map[string]any{}
	for _, d := range root.Documents {
		for _, p := range d.Phases {
			for _, s := range p.Steps {
				m[fmt.Sprint(s["name"])] = s
			}
		}
	}
	return m
}

// everything returns the text of all that a run wrote, by name.
func (r result) everything() map[string]string {
	r.t.Helper()
	all := map[string]string{"events": r.events.String(), "warnings": r.warned.String(), "summary": fmt.Sprint(r.Summary), "error": fmt.Sprint(r.err)}
	err := filepath.WalkDir(r.LogFolder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), "document") {
			return err
		}
		text, err := os.ReadFile(path)
		all[d.Name()] = string(text)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return all
}

// build wraps steps, one YAML flow map a line, into a document.
func build(steps ...string) string {
	text := "name: Test\nschemaVersion: 1.0\nphases:\n- name: build\n  steps:\n"
	for _, s := range steps {
		text += "  - " + s + "\n"
	}
	return text
}

// sh is a step that runs one line of bash; more holds further keys, each followed by a comma.
func sh(name, line string, more ...string) string {
	return fmt.Sprintf("{name: %s, action: ExecuteBash, %s inputs: {commands: [%q]}}", name, strings.Join(more, " "), line)
}

// read returns a file of the fixture's folder.
func (f *fixture) read(name string) string {
	f.t.Helper()
	text, err := os.ReadFile(filepath.Join(f.dir, name))
	if err != nil {
		f.t.Fatal(err)
	}
	return string(text)
}

type conformance map[string]func(t *testing.T)

// alone are the tests that change the working directory or the environment of the process.
var alone = []string{"DOC-31", "DYN-05", "DYN-06"}

func TestConformance(t *testing.T) {
	all := conformance{}
	for _, group := range []conformance{documents, loading, lookups, restarts, logs, secrets, streams} {
		maps.Copy(all, group)
	}
	for id, test := range all {
		t.Run(id, func(t *testing.T) {
			if !slices.Contains(alone, id) {
				t.Parallel()
			}
			test(t)
		})
	}
}

// clock is a time that stands still.
func clock(text string) func() time.Time {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err)
	}
	return func() time.Time { return at }
}
