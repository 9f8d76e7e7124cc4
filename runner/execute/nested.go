package execute

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/report"
)

// nestingAction is the action that runs another document.
const nestingAction = "ExecuteDocument"

// maxNesting is how many documents may be in a chain of calls.
const maxNesting = 4

// host is what the modules of one step get from the executor.
type host struct{ step *stepRun }

var (
	_ action.Host          = (*host)(nil)
	_ action.ProcessKeeper = (*host)(nil)
)

// Evaluate decides the condition of an Assert entry.
func (h *host) Evaluate(condition any) (ok bool, detail string, err error) {
	a, isAssertion := condition.(assertion)
	if !isAssertion {
		return false, "", fmt.Errorf("unexpected condition of type %T", condition)
	}
	result, err := h.step.evaluate(h.step.ctx, a)
	return result.True, h.step.Recorder.Masker().Text(result.Detail), err
}

// ShellFallback is the shell to use without bash.
func (h *host) ShellFallback() string { return h.step.ShellFallback }

// StartProcess keeps the process from being reaped as an orphan.
func (h *host) StartProcess(start func() (int, error)) error { return h.step.Processes.Start(start) }

// EndProcess forgets the process.
func (h *host) EndProcess(pid int) { h.step.Processes.End(pid) }

// RunDocument runs a document inside the step. Its events carry an execution id of their own.
func (h *host) RunDocument(ctx context.Context, doc action.NestedDocument) (action.NestedResult, error) {
	caller := h.step.execution
	in, err := h.load(ctx, doc)
	if err != nil {
		return action.NestedResult{}, err
	}
	x := &execution{
		session: caller.session, id: NewID(), parent: caller.id,
		inputs: []Input{in}, phases: doc.Phases, chain: append(slices.Clone(caller.callers(h.step.input)), in.Identity),
	}
	if saved := caller.resumeNested; saved != nil {
		caller.resumeNested = nil
		x.id, x.resume = saved.ExecutionID, saved
		x.adopt(*saved)
	}
	x.at.ExecutionID = x.id
	caller.nested = x
	err = x.run(ctx)
	if err != nil {
		return action.NestedResult{}, err // unwinds with the position of x still in place
	}
	caller.nested = nil
	sum := x.summary()
	result := action.NestedResult{Summary: sum.Outputs(), Failed: sum.Status == report.Failed}
	if result.Failed {
		result.Message = sum.FailureMessage
	}
	return result, nil
}

// callers are the identities of the documents that are running, from the top one to in.
func (x *execution) callers(in Input) []string {
	if x.chain != nil {
		return x.chain
	}
	return []string{in.Identity}
}

// load reads the nested document and refuses calls that go too deep or round in circles.
func (h *host) load(ctx context.Context, doc action.NestedDocument) (Input, error) {
	chain := h.step.callers(h.step.input)
	if len(chain) >= maxNesting {
		return Input{}, fmt.Errorf("document %q: documents are nested more than %d deep", doc.Location, maxNesting-1)
	}
	if h.step.Load == nil {
		return Input{}, errors.New("nested documents cannot be loaded")
	}
	in, err := h.step.Load(ctx, doc, h.step.input.Identity)
	if err != nil {
		return Input{}, err
	}
	if slices.Contains(chain, in.Identity) {
		return Input{}, fmt.Errorf("document %q calls itself: it is already running", doc.Location)
	}
	return in, nil
}
