package execute_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/catalog"
	"github.com/slipway-oci/slipway/runner/document"
	"github.com/slipway-oci/slipway/runner/execute"
	"github.com/slipway-oci/slipway/runner/report"
)

// recording is a sink that keeps everything.
type recording struct{ records []report.Record }

func (r *recording) Record(rec report.Record) { r.records = append(r.records, rec) }
func (r *recording) Flush()                   {}

// bench runs documents with the real action modules in a folder of their own.
type bench struct {
	t       *testing.T
	dir     string
	options execute.Options
	params  map[string]string
	files   map[string]string // nested documents by location
	masker  *report.Masker
	rec     *recording
	reboots int
	state   *execute.State
}

func newBench(t *testing.T) *bench {
	t.Helper()
	set, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, dir: t.TempDir(), masker: &report.Masker{}, rec: &recording{}, files: map[string]string{}}
	b.options = execute.Options{
		ExecutionID: "top", References: report.NewReferences(b.masker), Modules: set, Dir: b.dir, WorkDir: t.TempDir(),
		Search: os.Getenv("PATH"), Env: execute.OwnEnvironment(os.Environ(), b.dir), Processes: &execute.Processes{},
		Secrets: &execute.Secrets{Dir: filepath.Join(b.dir, "secrets"), Masker: b.masker},
		Reboot: execute.RebootOptions{
			Mode: execute.RebootContainer, Limit: execute.DefaultRebootLimit,
			EndProcesses: func(context.Context) (int, error) { b.reboots++; return 0, nil },
		},
		SaveState: func(s execute.State) error { b.state = &s; return nil },
	}
	b.options.Load = func(_ context.Context, n action.NestedDocument, _ string) (execute.Input, error) {
		text, ok := b.files[n.Location]
		if !ok {
			return execute.Input{}, fmt.Errorf("no document %q", n.Location)
		}
		return b.input(n.Location, text, n.Phases, n.Parameters)
	}
	return b
}

func (b *bench) input(name, text string, phases []string, params map[string]string) (execute.Input, error) {
	doc, ds := document.Load(name, []byte(text), b.options.Modules, document.Options{Run: &document.Run{Phases: phases, Parameters: params}})
	if err := ds.Err(); err != nil {
		return execute.Input{}, err
	}
	return execute.Input{Document: doc, Path: name, Identity: name, Parameters: params}, nil
}

// outcome is what a run left.
type outcome struct {
	*bench
	sum     report.Summary
	err     error
	records []report.Record
}

func (b *bench) run(texts ...string) outcome { return b.runContext(b.t.Context(), texts...) }

func (b *bench) runContext(ctx context.Context, texts ...string) outcome {
	b.t.Helper()
	var inputs []execute.Input
	for i, text := range texts {
		in, err := b.input(fmt.Sprintf("doc%d.yaml", i+1), text, b.options.Phases, b.params)
		if err != nil {
			b.t.Fatalf("document %d: %v\n%s", i+1, err, text)
		}
		inputs = append(inputs, in)
	}
	o := b.options
	b.rec = &recording{}
	o.Recorder = report.NewRecorder(b.masker, time.Now, b.rec)
	o.Restored = b.state
	b.state = nil
	sum, err := execute.Run(ctx, inputs, o)
	return outcome{b, sum, err, b.rec.records}
}

// build wraps steps, one YAML flow map a line, into a document.
func build(steps ...string) string {
	text := "schemaVersion: 1.0\nphases:\n- name: build\n  steps:\n"
	for _, s := range steps {
		text += "  - " + strings.TrimSpace(s) + "\n"
	}
	return text
}

// sh is a step that runs one line of bash; more holds further keys, each followed by a comma.
func sh(name, line string, more ...string) string {
	return fmt.Sprintf("{name: %s, action: ExecuteBash, %s inputs: {commands: [%q]}}", name, strings.Join(more, " "), line)
}

// ends returns the last StepEnd of each step of the top execution.
func (o outcome) ends() map[string]report.StepEnd {
	m := map[string]report.StepEnd{}
	for _, r := range o.records {
		if e, ok := r.Event.(report.StepEnd); ok && r.Position.ParentID == "" {
			m[r.Position.Step] = e
		}
	}
	return m
}

// statuses returns "step=status" of all steps of the top execution in order.
func (o outcome) statuses() string {
	var list []string
	for _, r := range o.records {
		if e, ok := r.Event.(report.StepEnd); ok && r.Position.ParentID == "" {
			list = append(list, r.Position.Step+"="+string(e.Status))
		}
	}
	return strings.Join(list, " ")
}

func (o outcome) want(status report.Status, statuses string) outcome {
	o.t.Helper()
	if o.err != nil {
		o.t.Errorf("error %v", o.err)
	}
	if o.sum.Status != status {
		o.t.Errorf("status of the run is %q, want %q", o.sum.Status, status)
	}
	if got := o.statuses(); got != statuses {
		o.t.Errorf("steps are %q, want %q; %s", got, statuses, o.messages())
	}
	return o
}

func (o outcome) messages() string {
	var list []string
	for name, e := range o.ends() {
		if e.FailureMessage != "" {
			list = append(list, name+": "+e.FailureMessage)
		}
	}
	return strings.Join(list, "; ")
}

// stdout is the stdout output of a step.
func (o outcome) stdout(step string) string {
	o.t.Helper()
	e := o.ends()[step]
	if len(e.Outputs) == 0 {
		o.t.Fatalf("step %s has no outputs; %s", step, o.messages())
	}
	text, _ := e.Outputs[0]["stdout"].(string)
	return text
}

func (o outcome) wantStdout(step, want string) {
	o.t.Helper()
	if got := o.stdout(step); got != want {
		o.t.Errorf("stdout of %s is %q, want %q", step, got, want)
	}
}

func (o outcome) wantMessage(step, part string) {
	o.t.Helper()
	if got := o.ends()[step].FailureMessage; !strings.Contains(got, part) {
		o.t.Errorf("failure message of %s is %q, want %q in it", step, got, part)
	}
}

// count returns how many events of type E there are for a step of the top execution.
func count[E report.Event](o outcome, step string) int {
	n := 0
	for _, r := range o.records {
		if _, ok := r.Event.(E); ok && r.Position.Step == step && r.Position.ParentID == "" {
			n++
		}
	}
	return n
}

func (b *bench) file(name string) string {
	text, err := os.ReadFile(filepath.Join(b.dir, name))
	if err != nil {
		b.t.Helper()
		b.t.Fatal(err)
	}
	return string(text)
}

func (b *bench) write(name, text string) {
	b.t.Helper()
	path := filepath.Join(b.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		b.t.Fatal(err)
	}
}

type conformance map[string]func(t *testing.T)

func TestConformance(t *testing.T) {
	t.Parallel()
	all := conformance{}
	for _, group := range []conformance{references, loops, conditions, executions, reboots, powerShell, nesting} {
		maps.Copy(all, group)
	}
	for id, test := range all {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}
