package builder

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/builder/stage"
	"github.com/slipway-oci/slipway/builder/workflow"
)

// enter puts the image into its next status. The order of the stages is fixed, so that another status cannot follow.
func (r *record) enter(s workflow.Status) {
	if err := r.flow.Enter(s); err != nil {
		panic(err)
	}
}

// beginTests begins the test workflow, or says that there is none.
func (r *record) beginTests(p *plan.Plan) {
	if !p.Tests {
		r.flow.Skip(workflow.Test, "tests are off")
		return
	}
	r.enter(workflow.Testing)
	r.flow.Begin(workflow.Test)
	if len(p.TestStage())+len(p.HostStage()) == 0 {
		for _, s := range workflow.Test.Steps {
			r.flow.SkipStep(workflow.Test, s.Name, "no test phase")
		}
	}
}

// tested notes the steps of the test workflow by what the tests tell: a container that never ran a test was not
// launched, and one that ran is removed in any case.
func (r *record) tested(ctx context.Context, p *plan.Plan, failed error) {
	w := workflow.Test
	if failed != nil && len(r.Tests) == 0 && explain(failed).Component == "" {
		r.flow.Ended(ctx, w, workflow.LaunchTestContainer, failed)
		return
	}
	r.flow.Ended(ctx, w, workflow.LaunchTestContainer, nil)
	inHost := failed != nil && (explain(failed).Phase == hostPhase || passed(r.Tests) >= len(p.TestStage())*len(p.Platforms))
	if len(p.TestStage()) == 0 {
		r.flow.SkipStep(w, workflow.ApplyTestComponents, "no test phase")
	} else if failed == nil || inHost {
		r.flow.Ended(ctx, w, workflow.ApplyTestComponents, nil)
	} else {
		r.flow.Ended(ctx, w, workflow.ApplyTestComponents, failed)
	}
	switch {
	case inHost:
		r.flow.Ended(ctx, w, workflow.ApplyHostTests, failed)
	case failed != nil:
	case len(p.HostStage()) == 0:
		r.flow.SkipStep(w, workflow.ApplyHostTests, "no container-host-test phase")
	default:
		r.flow.Ended(ctx, w, workflow.ApplyHostTests, nil)
	}
	r.flow.Ended(ctx, w, workflow.TerminateTestContainer, nil)
}

const hostPhase = "container-host-test"

// passed counts the components whose test phases succeeded.
func passed(tests []result.Component) int {
	n := 0
	for _, c := range tests {
		hosted := slices.ContainsFunc(c.Phases, func(p result.Phase) bool { return p.Name == hostPhase })
		if c.Status == string(event.Success) && !hosted {
			n++
		}
	}
	return n
}

// ended gives the image its last status. The reason of one that did not end well is that of err.
func (r *record) ended(err error) {
	last := workflow.Available
	switch r.Status {
	case result.Failed:
		last = workflow.Failed
	case result.Cancelled:
		last = workflow.Cancelled
		if slices.ContainsFunc(r.Targets, func(t result.Target) bool { return t.Status == "pushed" }) {
			last = workflow.Failed // a tag is out
		}
	}
	where, cause := "", ""
	if err != nil {
		cause = err.Error()
	}
	if failed, ok := errors.AsType[*stage.Error](err); ok {
		where, cause = strings.Join(given(failed.Component, failed.Phase, failed.Step), "/"), failed.Message
	}
	if err := r.flow.End(last, where, cause); err != nil {
		panic(err)
	}
	r.State, r.Workflows = r.flow.State, r.flow.Executions
}

// given are the texts that are not empty.
func given(texts ...string) []string {
	return slices.DeleteFunc(texts, func(s string) bool { return s == "" })
}
