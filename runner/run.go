package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/slipway-oci/slipway/runner/action/transfer"
	"github.com/slipway-oci/slipway/runner/execute"
	"github.com/slipway-oci/slipway/runner/report"
)

var executionID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

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
	case !executionID.MatchString(r.ExecutionID):
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
		r.warn("", "no document has any of the phases %s: nothing runs", strings.Join(r.Phases, ", "))
	}
	sum, err := execute.Run(ctx, r.inputs, execute.Options{
		ExecutionID: r.ExecutionID, Phases: r.Phases, Recorder: r.rec, References: r.refs, Modules: r.Modules,
		Load: r.loadNested, Env: r.environment(), Dir: r.dir, WorkDir: r.workDir, Search: r.getenv("PATH"),
		Secrets: r.secrets(), Facts: facts(r.getenv),
		SSM:  parameterStore(r.SSM, transfer.S3Access{CAFile: r.CAFile, SecretsFolder: r.SecretsDir}, r.getenv),
		IMDS: instanceMetadata(r.IMDS, r.RebootMode != execute.RebootExit, r.getenv), ShellFallback: r.ShellFallback, Processes: r.Processes,
		Reboot: execute.RebootOptions{
			Mode: r.RebootMode, Limit: r.RebootLimit, EndProcesses: execute.EndOthers, Environment: r.environment,
		},
		SaveState: r.saveState, Restored: r.restored,
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

func (r *run) getenv(name string) string {
	for i := len(r.Environ) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(r.Environ[i], name+"="); ok {
			return value
		}
	}
	return ""
}

// refuse ends a run that could not begin.
func (r *run) refuse(ctx context.Context, err error) Report {
	sum := report.Summary{ExecutionID: r.ExecutionID, Status: report.Failed, FailureMessage: r.masker.Text(err.Error())}
	rep := Report{Summary: r.located(sum), ExitCode: ExitFailed}
	var interrupt *InterruptError
	if errors.As(context.Cause(ctx), &interrupt) {
		rep.ExitCode = interrupt.ExitCode
	}
	if r.folder == nil {
		return rep
	}
	if r.restored != nil {
		// The state of the run is left for a better try; so is its log.
		rep.LogFolder = r.folder.Path
		_ = r.folder.Close()
		r.removeWork()
		return rep
	}
	r.announce()
	if !errors.As(err, &reportedError{}) {
		r.record(problem{"Error", sum.FailureMessage, ""})
	}
	return r.end(ctx, rep)
}

// end writes the last records, closes the log folder and hands it on.
func (r *run) end(ctx context.Context, rep Report) Report {
	rep.LogFolder = r.folder.Path
	r.removeWork()
	if !rep.Pending {
		if err := os.Remove(r.statePath); err != nil && !errors.Is(err, os.ErrNotExist) {
			r.warn("", "state file: %v", err)
		}
	}
	if err := r.refs.Write(r.folder); err != nil {
		r.warn("", "chaining.json: %v", err)
	}
	if rep.Pending {
		rep.Status = report.InProgress
	}
	event := report.RunEnd{Summary: rep.Summary, ExitCode: rep.ExitCode, Duration: r.Now().Sub(r.begin)}
	if r.stream != nil {
		r.rec.Detach(r.stream)
	}
	r.rec.Emit(r.top(), event)
	if err := r.folder.Close(); err != nil {
		fmt.Fprintf(r.Warnings, "warning: log folder: %v\n", err)
	}
	if r.Upload != nil && !rep.Pending {
		rep.LogURL = r.uploadLogs(ctx, rep.LogURL)
		event.LogURL = rep.LogURL
	}
	if r.stream != nil {
		report.NewRecorder(r.masker, r.Now, r.stream).Emit(r.top(), event)
	}
	if r.Archive != nil {
		if err := report.WriteArchive(r.Archive, r.folder.Path); err != nil {
			fmt.Fprintf(r.Warnings, "warning: %v\n", err)
		}
	}
	return rep
}

func (r *run) removeWork() {
	if r.workDir == "" {
		return
	}
	if err := os.RemoveAll(r.workDir); err != nil {
		r.warn("", "private folder: %v", err)
	}
}

// warn records a warning outside of steps.
func (r *run) warn(code, format string, args ...any) {
	r.rec.Emit(r.top(), report.Log{Level: "Warn", Message: fmt.Sprintf(format, args...), Code: code})
}

// saveState stores the state of the run before a restart, with every log file up to date.
func (r *run) saveState(s execute.State) error {
	if err := r.folder.Sync(); err != nil {
		return err
	}
	snapshot, err := r.folder.Detail().Snapshot()
	if err != nil {
		return err
	}
	s.LogFolder, s.StartTime, s.DetailedOutput = r.folder.Path, r.begin, snapshot
	s.Documents = r.stateDocuments()
	s.Parameters = r.maskedParameters()
	return writeState(r.statePath, s)
}

func (r *run) maskedParameters() map[string]string {
	m := make(map[string]string, len(r.Parameters))
	for k, v := range r.Parameters {
		m[k] = r.masker.Text(v)
	}
	return m
}

func (r *run) stateDocuments() []execute.StateDocument {
	list := make([]execute.StateDocument, len(r.inputs))
	for i, in := range r.inputs {
		list[i] = execute.StateDocument{Path: in.Path, SHA256: strings.TrimPrefix(in.Document.Digest, "sha256:")}
	}
	return list
}

// announce records the beginning of the run with the documents as far as they are known.
func (r *run) announce() {
	r.started = true
	e := report.RunStart{
		Version: r.Version, OS: runtime.GOOS, Arch: runtime.GOARCH, LogFolder: r.folder.Path,
		Resumed: r.restored != nil, Phases: r.Phases, Documents: []report.RunDocument{},
	}
	if e.Phases == nil {
		e.Phases = []string{}
	}
	for _, in := range r.inputs {
		e.Documents = append(e.Documents, r.announced(in))
	}
	r.rec.Emit(r.top(), e)
	for _, w := range r.secretWarnings {
		r.warn("", "%s", w)
	}
	for _, note := range r.Notes {
		r.warn("", "%s", note)
	}
	for _, p := range r.problems {
		r.record(p)
	}
}

func (r *run) announced(in execute.Input) report.RunDocument {
	d := report.RunDocument{Path: in.Path, Name: in.Document.Name, SHA256: strings.TrimPrefix(in.Document.Digest, "sha256:"), Phases: []report.RunPhase{}}
	for _, phase := range in.Document.Phases {
		if !r.selected(phase.Name) {
			continue
		}
		p := report.RunPhase{Name: phase.Name, Steps: []report.RunStep{}}
		for _, s := range phase.Steps {
			p.Steps = append(p.Steps, report.RunStep{Name: s.Name, Action: s.Action})
		}
		d.Phases = append(d.Phases, p)
	}
	return d
}

func (r *run) selected(phase string) bool {
	if r.Phases == nil {
		return true
	}
	for _, p := range r.Phases {
		if p == phase {
			return true
		}
	}
	return false
}

func (r *run) anyPhase() bool {
	for _, in := range r.inputs {
		for _, phase := range in.Document.Phases {
			if r.selected(phase.Name) {
				return true
			}
		}
	}
	return false
}
