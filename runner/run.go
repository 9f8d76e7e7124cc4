package runner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/slipway-oci/slipway/runner/action/transfer"
	"github.com/slipway-oci/slipway/runner/execute"
	"github.com/slipway-oci/slipway/runner/expr"
	"github.com/slipway-oci/slipway/runner/report"
)

// Run runs the documents and returns what became of them. The report is complete in every case; the error says why a
// run could not begin or go on: a *UsageError, or a log folder, state file or document that cannot be used. Failed
// steps are no error. To end a run early, cancel ctx with an *InterruptError as the cause.
func Run(ctx context.Context, o Options) (Report, error) {
	o.setDefaults()
	r := &run{Options: o, masker: &report.Masker{}, begin: o.Now().UTC()}
	if err := r.check(); err != nil {
		return Report{ExitCode: ExitUsage}, err
	}
	err := r.open()
	if err == nil {
		err = r.load(ctx)
	}
	if err == nil && r.Again != nil {
		r.again, err = r.goBack()
	}
	if err != nil {
		return r.refuse(ctx, err), r.maskedError(err)
	}
	return r.execute(ctx), nil
}

// maskedError returns err, or its masked text when it holds a secret.
func (r *run) maskedError(err error) error {
	if text := r.masker.Text(err.Error()); text != err.Error() {
		return errors.New(text)
	}
	return err
}

func (o *Options) setDefaults() {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.ExecutionID == "" {
		o.ExecutionID = execute.NewID()
	}
	if o.LogDirectory == "" {
		o.LogDirectory = "."
	}
	if o.RebootMode == "" {
		o.RebootMode = execute.RebootExit
	}
	if o.RebootLimit == 0 {
		o.RebootLimit = execute.DefaultRebootLimit
	}
	if o.SecretsDir == "" {
		o.SecretsDir = "/run/secrets"
	}
	if o.Processes == nil {
		o.Processes = &execute.Processes{}
	}
	if o.Warnings == nil {
		o.Warnings = io.Discard
	}
}

// run is one call of Run.
type run struct {
	Options
	masker *report.Masker
	begin  time.Time

	restored  *execute.State // of the process before a restart
	again     *execute.State // what Again makes of the record of an earlier run
	statePath string
	folder    *report.Folder
	rec       *report.Recorder
	stream    *report.Stream // nil without Events
	refs      *report.References
	dir       string // working directory of steps
	workDir   string // private folder of this run
	started   bool   // run.start was recorded
	inputs    []execute.Input
	texts     [][]byte // the documents' files
	problems  []problem

	secretWarnings []string
}

func (r *run) check() error {
	switch {
	case len(r.Documents) == 0:
		return &UsageError{"no documents to run"}
	case !expr.IsName(r.ExecutionID):
		return &UsageError{fmt.Sprintf("execution id %q: 1 to 128 of the characters A-Z a-z 0-9 _ - are allowed", r.ExecutionID)}
	case r.RebootMode == execute.RebootContainer && !execute.OwnsContainer():
		return &UsageError{"reboot mode \"container\" would end the processes of this machine: process 1 is not slipway-runner"}
	}
	return nil
}

// open finds the state of an earlier process, makes the log folder and connects everything that records.
func (r *run) open() (err error) {
	found, err := findState(r.StateDirectory, r.LogDirectory, r.ExecutionID)
	if err != nil {
		return err
	}
	if found != "" {
		if r.restored, err = readState(found); err != nil {
			return err
		}
		r.begin = r.restored.StartTime
		r.folder, err = report.ResumeFolder(r.restored.LogFolder, r.restored.DetailedOutput)
	} else {
		r.folder, err = report.CreateFolder(r.LogDirectory, r.ExecutionID, r.begin)
	}
	if err != nil {
		return err
	}
	stateDirectory := r.StateDirectory
	if stateDirectory == "" {
		stateDirectory = r.folder.Path
	}
	r.statePath = filepath.Join(stateDirectory, stateName(r.ExecutionID))
	r.refs = report.NewReferences(r.masker)
	r.rec = report.NewRecorder(r.masker, r.Now, r.folder.Sinks()...)
	if r.Trace != nil {
		r.rec.Attach(report.NewConsole(r.Trace))
	}
	if r.Events != nil {
		r.stream = report.NewStream(r.Events, r.streamEnded)
		if r.EventsOutputLimit > 0 {
			r.stream.LimitOutput(r.EventsOutputLimit)
		}
		r.rec.Attach(r.stream)
	}
	return r.openWork(stateDirectory)
}

// streamEnded notes the end of the event stream. The recorder is at work while it is called.
func (r *run) streamEnded(err error) {
	go r.rec.Emit(r.top(), report.Debug{Message: fmt.Sprintf("event stream ended: %v", err)})
}

func (r *run) top() report.Position { return report.Top(r.ExecutionID, "") }

// openWork makes the private folder and finds the working directory.
func (r *run) openWork(stateDirectory string) (err error) {
	if r.dir, err = os.Getwd(); err != nil {
		return fmt.Errorf("working directory: %w", err)
	}
	base := r.WorkDirectory
	if base == "" {
		base = stateDirectory
	}
	if err := os.MkdirAll(base, 0o700); err != nil {
		return fmt.Errorf("private folder: %w", err)
	}
	if r.workDir, err = os.MkdirTemp(base, ".slipway-"); err != nil {
		return fmt.Errorf("private folder: %w", err)
	}
	return nil
}

// execute runs the loaded documents.
func (r *run) execute(ctx context.Context) Report {
	stop := r.beat(ctx)
	defer stop()
	if r.restored != nil {
		r.rec.Emit(r.top(), report.Resumed{})
	}
	if !r.anyPhase() {
		r.warn("no document has any of the phases %s: nothing runs", strings.Join(r.Phases, ", "))
	}
	sum, err := execute.Run(ctx, r.inputs, execute.Options{
		ExecutionID: r.ExecutionID, Phases: r.Phases, Recorder: r.rec, References: r.refs, Modules: r.Modules,
		Load: r.loadNested, Env: r.environment(), Dir: r.dir, WorkDir: r.workDir, Search: r.search(),
		Secrets: r.secrets(), Facts: facts(r.getenv),
		SSM:  parameterStore(r.SSM, transfer.S3Access{CAFile: r.CAFile, SecretsFolder: r.SecretsDir}, r.getenv),
		IMDS: instanceMetadata(r.IMDS, r.RebootMode != execute.RebootExit, r.getenv), ShellFallback: r.ShellFallback, Processes: r.Processes,
		Reboot: execute.RebootOptions{
			Mode: r.RebootMode, Limit: r.RebootLimit, EndProcesses: execute.EndOthers, Environment: r.environment,
		},
		SaveState: r.saveState, Restored: cmp.Or(r.restored, r.again), Only: r.Again != nil && !r.Again.Rest,
	})
	stop()
	if errors.Is(err, execute.ErrRebootRequested) {
		return r.end(ctx, Report{Summary: r.located(sum), ExitCode: ExitReboot, Pending: true})
	}
	code := ExitSuccess
	if sum.Status == report.Failed {
		code = ExitFailed
	}
	var interrupt *InterruptError
	if sum.Status == report.Failed && errors.As(context.Cause(ctx), &interrupt) {
		code = interrupt.ExitCode
	}
	return r.end(ctx, Report{Summary: r.located(sum), ExitCode: code})
}

// beat keeps the event stream alive until the returned function is called.
func (r *run) beat(ctx context.Context) (stop func()) {
	if r.stream == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.rec.Beat(ctx, r.top())
	}()
	return func() { cancel(); <-done }
}

// located adds the place of the logs to a summary.
func (r *run) located(sum report.Summary) report.Summary {
	if r.folder != nil {
		sum.LogURL = r.folder.Path
	}
	return sum
}

// search is the PATH of steps, without the stand-in for sudo.
func (r *run) search() string {
	for _, kv := range execute.OwnEnvironment(r.Environ, r.dir) {
		if path, ok := strings.CutPrefix(kv, "PATH="); ok {
			return path
		}
	}
	return ""
}

func (r *run) getenv(name string) string {
	for _, v := range slices.Backward(r.Environ) {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}
