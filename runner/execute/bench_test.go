package execute_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/catalog"
	"github.com/slipway-oci/slipway/runner/document"
	"github.com/slipway-oci/slipway/runner/execute"
	"github.com/slipway-oci/slipway/runner/report"
)

// nothing is an action that does nothing: what remains is the executor's own time.
type nothing struct{}

func (nothing) Spec() action.Spec {
	return action.Spec{Name: "Nothing", Platforms: []string{"linux"}, Inputs: []action.Input{{Name: "path", Type: action.String}}}
}

func (nothing) Run(context.Context, action.Request) (action.Result, error) {
	return action.Result{}, nil
}

// BenchmarkStep measures one step with all its records in a log folder: for an action that does nothing, a file module,
// and a command, and beside them the same command without an executor. A disk may write a file that was truncated when
// it is closed (ext4 does), which takes a hundred times as long as the step; TMPDIR=/dev/shm leaves it out.
func BenchmarkStep(b *testing.B) {
	dir := b.TempDir()
	file := filepath.Join(dir, "f")
	for name, step := range map[string]string{
		"nothing": "{name: a, action: Nothing, inputs: {path: x}}",
		"file":    "{name: a, action: CreateFile, inputs: [{path: " + file + ", content: some text}]}",
		"command": "{name: a, action: ExecuteBinary, inputs: {path: /bin/true}}",
	} {
		b.Run(name, func(b *testing.B) { benchmarkStep(b, step) })
	}
	b.Run("command alone", func(b *testing.B) {
		for b.Loop() {
			if err := exec.Command("/bin/true").Run(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func benchmarkStep(b *testing.B, step string) {
	b.Helper()
	builtin, err := catalog.Builtin()
	if err != nil {
		b.Fatal(err)
	}
	set, err := action.NewSet(append(builtin.All(), nothing{})...)
	if err != nil {
		b.Fatal(err)
	}
	doc, ds := document.Load("d.yaml", []byte(build(step)), set, document.Options{})
	if err := ds.Err(); err != nil {
		b.Fatal(err)
	}
	one := doc.Phases[0].Steps[0]
	doc.Phases[0].Steps = make([]document.Step, b.N)
	for i := range doc.Phases[0].Steps {
		doc.Phases[0].Steps[i] = one
	}
	folder, err := report.CreateFolder(b.TempDir(), "id", time.Now())
	if err != nil {
		b.Fatal(err)
	}
	masker := &report.Masker{}
	b.ReportAllocs()
	b.ResetTimer()
	sum, err := execute.Run(b.Context(), []execute.Input{{Document: doc, Path: "d.yaml"}}, execute.Options{
		ExecutionID: "id", Recorder: report.NewRecorder(masker, time.Now, folder.Sinks()...), References: report.NewReferences(masker),
		Modules: set, Env: []string{"PATH=/bin"}, Dir: "/", WorkDir: b.TempDir(), Processes: &execute.Processes{},
	})
	if err != nil || sum.Status != report.Success || sum.ExecutedStepCount != b.N {
		b.Fatalf("%+v, %v", sum, err)
	}
	if err := folder.Close(); err != nil {
		b.Fatal(err)
	}
}
