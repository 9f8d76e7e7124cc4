//go:build linux

package integration

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/oci/ocitest"
)

// states are the statuses of the image that a build reported, in order.
func (o *outcome) states() string {
	var list []string
	for _, e := range o.events {
		if e.Type == event.ImageState {
			list = append(list, e.State)
		}
	}
	return strings.Join(list, " ")
}

// executions describes workflows: "BUILD COMPLETED 5+0+1: ResolveInputs COMPLETED, ...", with succeeded, failed and
// skipped steps.
func executions(t *testing.T, r *result.Result) []string {
	t.Helper()
	var list []string
	for _, w := range r.Workflows {
		var steps []string
		for _, s := range w.Steps {
			steps = append(steps, s.Name+" "+s.Status)
		}
		if w.Total != len(w.Steps) || w.Succeeded+w.Failed+w.Skipped != w.Total {
			t.Errorf("workflow %s: %d steps, but %d in all, of which %d, %d and %d", w.Name, len(w.Steps), w.Total, w.Succeeded, w.Failed, w.Skipped)
		}
		list = append(list, fmt.Sprintf("%s %s %d+%d+%d: %s", w.Type, w.Status, w.Succeeded, w.Failed, w.Skipped, strings.Join(steps, ", ")))
	}
	return list
}

const (
	built = "BUILD COMPLETED 5+0+1: ResolveInputs COMPLETED, PrepareBuilder COMPLETED, ApplyBuildComponents COMPLETED, " +
		"SanitizeContainer COMPLETED, CommitImage COMPLETED, CollectImageMetadata SKIPPED"
	noTests = "TEST COMPLETED 0+0+4: LaunchTestContainer SKIPPED, ApplyTestComponents SKIPPED, " +
		"ApplyContainerHostTests SKIPPED, TerminateTestContainer SKIPPED"
	noTarget = "DISTRIBUTION SKIPPED 0+0+0: "
)

func TestWF19WF22WF25StatusesReasonAndSteps(t *testing.T) {
	h, registry := shared(t), ocitest.Distribution(t)
	refused := ocitest.FaultProxy(t, registry, ocitest.Fault{Status: 403, Times: -1})
	ok, bad := bash("true"), bash("exit 7")
	for _, tt := range []struct {
		name       string
		target     string
		args       []string
		components []phase
		code       int
		states     string
		executions []string
		reason     string // behind the id of the last workflow
	}{
		{
			"published", registry, nil,
			[]phase{build(ok), test(ok)},
			0, "PENDING CREATING BUILDING TESTING DISTRIBUTING AVAILABLE",
			[]string{
				built, "TEST COMPLETED 3+0+1: LaunchTestContainer COMPLETED, ApplyTestComponents COMPLETED, " +
					"ApplyContainerHostTests SKIPPED, TerminateTestContainer COMPLETED", "DISTRIBUTION COMPLETED 1+0+0: DistributeImage COMPLETED",
			},
			"",
		},
		{
			"no tests, no target", "", nil,
			[]phase{build(ok)},
			0, "PENDING CREATING BUILDING TESTING AVAILABLE",
			[]string{built, noTests, noTarget},
			"",
		},
		{
			"tests off", registry,
			[]string{"--skip-tests"},
			[]phase{build(ok), test(bad)},
			0, "PENDING CREATING BUILDING DISTRIBUTING AVAILABLE",
			[]string{built, "TEST SKIPPED 0+0+0: ", "DISTRIBUTION COMPLETED 1+0+0: DistributeImage COMPLETED"},
			"",
		},
		{
			"build fails", registry, nil,
			[]phase{build(bad)},
			1, "PENDING CREATING BUILDING FAILED",
			[]string{"BUILD FAILED 2+1+0: ResolveInputs COMPLETED, PrepareBuilder COMPLETED, ApplyBuildComponents FAILED"},
			" failed at ApplyBuildComponents: c/build/Step1: ",
		},
		{
			"test fails", registry, nil,
			[]phase{build(ok), test(bad)},
			3, "PENDING CREATING BUILDING TESTING FAILED",
			[]string{built, "TEST FAILED 2+1+0: LaunchTestContainer COMPLETED, ApplyTestComponents FAILED, TerminateTestContainer COMPLETED"},
			" failed at ApplyTestComponents: c/test/Step1: ",
		},
		{
			"host test fails", registry, nil,
			[]phase{build(ok), test(ok), hostTest(bad)},
			3, "PENDING CREATING BUILDING TESTING FAILED",
			[]string{built, "TEST FAILED 3+1+0: LaunchTestContainer COMPLETED, ApplyTestComponents COMPLETED, " +
				"ApplyContainerHostTests FAILED, TerminateTestContainer COMPLETED"},
			" failed at ApplyContainerHostTests: c/container-host-test/Step1: ",
		},
		{
			"publishing fails", refused.Host, nil,
			[]phase{build(ok)},
			4, "PENDING CREATING BUILDING TESTING DISTRIBUTING FAILED",
			[]string{built, noTests, "DISTRIBUTION FAILED 0+1+0: DistributeImage FAILED"},
			" failed at DistributeImage: ",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := h.of(t)
			p := newProject(t, debian, component("c", tt.components...))
			if tt.target != "" {
				p.target(tt.target)
			}
			o := h.build(p, tt.args...).wantCode(tt.code)
			if got := o.states(); got != tt.states {
				t.Errorf("statuses %s, want %s", got, tt.states)
			}
			r := o.result()
			if diff := cmp.Diff(tt.executions, executions(t, r)); diff != "" {
				t.Errorf("workflows (-want +got):\n%s", diff)
			}
			last := strings.Fields(tt.states)
			if want := last[len(last)-1]; r.State.Status != want {
				t.Errorf("status %s, want %s", r.State.Status, want)
			}
			if id := r.Workflows[len(r.Workflows)-1].ID; tt.reason == "" && r.State.Reason != "" ||
				tt.reason != "" && (!strings.HasPrefix(r.State.Reason, id+tt.reason) || len(r.State.Reason) <= len(id+tt.reason)) {
				t.Errorf("reason %q, want %q", r.State.Reason, id+tt.reason)
			}
		})
	}
}

func TestWF02PhasesOfADocumentRunInItsOrder(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian,
		component("odd", test(bash("true")), validate(bash("test ! -e /built")), build(bash("echo > /built"))),
		component("even", build(bash("true")), validate(bash("test -e /built"))))
	want := []string{
		"build odd validate Step1", "build odd build Step1", "build even build Step1", "build even validate Step1", "test odd test Step1",
	}
	if diff := cmp.Diff(want, h.build(p).wantCode(0).trail(event.StepStart)); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}
