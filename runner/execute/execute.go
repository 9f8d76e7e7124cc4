// Package execute runs component documents: phases, steps, conditions, loops, attempts and timeouts, nested
// documents, restarts and interruption (component-document reference, chapter 5). The entry point is Run.
//
// What happens goes to a report.Recorder. What steps do is the action modules' business; this package resolves their
// inputs, calls them and judges what they return. It reads no document itself: callers hand in parsed, validated
// documents and a function that loads nested ones.
package execute

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/document"
	"github.com/slipway-oci/slipway/runner/report"
)

// Input is one document of a run.
type Input struct {
	Document   *document.Document
	Path       string            // location as the user gave it, for logs
	Identity   string            // resolved absolute path, normalised URI or ARN: equal for equal documents
	Parameters map[string]string // values of declared parameters; defaults are filled in by Run
}

// Loader loads and validates a nested document. base is the identity of the calling document.
type Loader func(ctx context.Context, nested action.NestedDocument, base string) (Input, error)

// Lookup finds the value of a dynamic reference outside the machine; secure values are masked.
type Lookup func(ctx context.Context, name string) (value string, secure bool, err error)

// Options is what a run needs besides documents. Recorder, References, Modules, Env, Dir and WorkDir must be set.
type Options struct {
	ExecutionID string
	Phases      []string // nil for all
	Recorder    *report.Recorder
	References  *report.References
	Modules     *action.Set
	Load        Loader

	Env     []string // environment of steps, see Environment
	Dir     string   // working directory of steps, absolute
	WorkDir string   // private folder for scripts and temporary files
	// Search is the PATH of the runner itself, for binaryExists.
	Search string

	Secrets       *Secrets
	Facts         Facts
	SSM, IMDS     Lookup // nil when there is no source
	ShellFallback string // "sh" or ""
	Processes     *Processes

	Reboot RebootOptions
	// SaveState stores the state of the run before a restart; nil when restarts are not possible.
	SaveState func(State) error
	Restored  *State // the state to go on from, or nil
	// Only ends the run behind the step that Restored goes on with.
	Only bool
}

// Facts are the values of context references that do not change during a run.
type Facts struct {
	AccountID, Region, OSPlatform, OSName, OSVersion, Hostname string
}

// ErrRebootRequested is returned by Run in reboot mode "exit": the state is saved and the run is not over.
var ErrRebootRequested = errors.New("a reboot was requested")

// Run executes the documents in order and returns the counts and status of the run. The error is
// ErrRebootRequested or nil: failures of steps are part of the summary. When ctx ends, the running step fails as
// interrupted and nothing else runs.
func Run(ctx context.Context, inputs []Input, o Options) (report.Summary, error) {
	s := &session{Options: o, specs: map[string]action.Spec{}}
	x := &execution{session: s, id: o.ExecutionID, inputs: inputs, phases: o.Phases}
	s.top = x
	x.at.ExecutionID = o.ExecutionID
	if o.Restored != nil {
		s.reboots = o.Restored.RebootCount
		frame := o.Restored.frame()
		x.resume = &frame
		x.adopt(frame)
	}
	err := x.run(ctx)
	return x.summary(), err
}

// session is what all executions of a run share.
type session struct {
	Options
	top     *execution
	reboots int
	exiting bool // a restart is handed to the caller: unwind without another event
	specs   map[string]action.Spec
}

// specOf returns the specification of an action; modules build theirs anew with each call, so it is kept.
func (s *session) specOf(name string) action.Spec {
	if spec, ok := s.specs[name]; ok {
		return spec
	}
	var spec action.Spec
	if m, ok := s.Modules.Lookup(name); ok {
		spec = m.Spec()
	}
	s.specs[name] = spec
	return spec
}

// execution runs the documents of one execution id: the run's, or one nested document.
type execution struct {
	*session
	id, parent string
	inputs     []Input
	phases     []string
	chain      []string   // identities of the documents above and this one
	resume     *Frame     // where to go on; nil once reached
	at         Frame      // where the execution is, with everything a restart must keep
	nested     *execution // the execution that the running step started
	// resumeNested is the saved position of the nested execution that the running step will start again.
	resumeNested *Frame
	private      string // folder of its steps, once made
}

func (x *execution) position(document int) report.Position {
	p := report.Top(x.id, x.parent)
	p.Document = document
	return p
}

func (x *execution) emit(pos report.Position, e report.Event) { x.Recorder.Emit(pos, e) }

func (x *execution) summary() report.Summary {
	sum := x.at.Counts
	sum.ExecutionID = x.id
	var f report.Failures
	f.Add(x.at.Done)
	sum.Status = f.Status()
	return sum
}

// verdict says how a run goes on behind a step.
type verdict struct {
	status report.Status
	stop   bool // nothing else runs
}

func (x *execution) run(ctx context.Context) error {
	var all report.Failures
	all.Add(x.at.Done)
	for i := range x.inputs {
		if x.resume != nil && i < x.resume.Document {
			continue
		}
		v, err := x.document(ctx, i)
		if err != nil {
			return err
		}
		all.Add(v.status)
		x.at.Done = all.Status()
		if v.stop {
			break
		}
	}
	return nil
}

func (x *execution) document(ctx context.Context, i int) (verdict, error) {
	in, pos, begin := x.inputs[i], x.position(i), x.Recorder.Now()
	d := &scope{execution: x, index: i, input: in, values: in.Document.Variables(in.Parameters)}
	x.at.Document = i
	if x.resume == nil {
		x.at.DocumentDone, x.at.Outputs, x.at.Conditions = "", map[string]Recorded{}, map[string]string{}
	}
	x.emit(pos, report.DocumentStart{Path: in.Path, Name: in.Document.Name, Description: in.Document.Description})
	d.recordReferences()
	d.wanted = wantedOutputs(in.Document)
	var all report.Failures
	all.Add(x.at.DocumentDone)
	stop := false
	for p := range in.Document.Phases {
		phase := &in.Document.Phases[p]
		if !selected(x.phases, phase.Name) || (x.resume != nil && phase.Name != x.resume.Phase) {
			continue
		}
		v, err := d.phase(ctx, phase)
		if err != nil {
			return verdict{}, err
		}
		all.Add(v.status)
		x.at.DocumentDone = all.Status()
		if stop = v.stop; stop {
			break
		}
	}
	end := report.DocumentEnd{Path: in.Path, Name: in.Document.Name, Status: all.Status(), Duration: x.Recorder.Now().Sub(begin)}
	if end.Status == report.Failed {
		end.FailureMessage = fmt.Sprintf("Document %s failed!", in.Path)
		x.at.Counts.FailureMessage = joinMessages(x.at.Counts.FailureMessage, end.FailureMessage)
	}
	x.emit(pos, end)
	return verdict{end.Status, stop}, nil
}

func joinMessages(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

func selected(phases []string, name string) bool {
	if phases == nil {
		return true
	}
	return slices.Contains(phases, name)
}

// scope is one document of an execution while it runs.
type scope struct {
	*execution
	index  int
	input  Input
	values map[string]string // parameters and constants
	wanted map[string]bool   // steps whose outputs references name: only those are kept
}

func (d *scope) phase(ctx context.Context, phase *document.Phase) (verdict, error) {
	pos, begin := d.position(d.index), d.Recorder.Now()
	pos.Phase = phase.Name
	d.at.Phase = phase.Name
	if d.resume == nil {
		d.at.PhaseDone = ""
	}
	d.emit(pos, report.PhaseStart{})
	stop := false
	for i := range phase.Steps {
		step := &phase.Steps[i]
		if d.resume != nil {
			if step.Name != d.resume.Step {
				continue
			}
			if d.resume.Finished { // the step asked for the restart and was done
				d.resume = nil
				continue
			}
		}
		v, err := d.step(ctx, phase, step)
		if err != nil {
			return verdict{}, err
		}
		if stop = v.stop || d.Only && d.execution == d.top; stop {
			break
		}
	}
	var all report.Failures
	all.Add(d.at.PhaseDone)
	status := all.Status()
	end := report.PhaseEnd{Status: status, Duration: d.Recorder.Now().Sub(begin)}
	if status == report.Failed {
		end.FailureMessage = fmt.Sprintf("Phase %s failed!", phase.Name)
	}
	d.emit(pos, end)
	return verdict{status, stop}, nil
}

// maxMessage is the size limit of a failure message.
const maxMessage = 4 << 10

func limited(message string) string {
	text, _ := action.CutText(action.ValidText(message), maxMessage)
	return text
}

// interrupted is the failure message of a step that ended because the run is told to stop.
const interrupted = "interrupted"
