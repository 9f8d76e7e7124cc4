package workflow

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/slipway-oci/slipway/builder/result"
)

var all = []Status{Pending, Creating, Building, Testing, Distributing, Available, Failed, Cancelled, Deprecated, Disabled, Deleted}

func TestWF19StatusesThatMayFollow(t *testing.T) {
	for from, want := range map[Status]string{
		"":           "PENDING",
		Pending:      "CREATING CANCELLED",
		Creating:     "BUILDING FAILED CANCELLED",
		Building:     "TESTING DISTRIBUTING AVAILABLE FAILED CANCELLED",
		Testing:      "DISTRIBUTING AVAILABLE FAILED CANCELLED",
		Distributing: "AVAILABLE FAILED CANCELLED",
		Available:    "DEPRECATED DISABLED DELETED",
		Failed:       "DISTRIBUTING",
		Cancelled:    "",
		Deprecated:   "AVAILABLE DISABLED DELETED",
		Disabled:     "AVAILABLE DEPRECATED DELETED",
		Deleted:      "",
	} {
		var may []string
		for _, to := range all {
			if from.May(to) {
				may = append(may, string(to))
			}
		}
		if got := strings.Join(may, " "); got != want {
			t.Errorf("after %q may follow %q, want %q", from, got, want)
		}
	}
}

func TestWF19IllegalTransitionIsRefusedAndChangesNothing(t *testing.T) {
	var seen []Status
	r := Record{Changed: func(s Status) { seen = append(seen, s) }}
	if err := r.Enter(Building); err == nil || r.State.Status != "" {
		t.Errorf("BUILDING at the start: %v, status %q", err, r.State.Status)
	}
	for _, s := range []Status{Pending, Creating, Building, Testing, Distributing, Available} {
		if err := r.Enter(s); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []Status{Pending, Available, Cancelled, Failed} {
		if err := r.Enter(s); err == nil || err.Error() != `an image in status "AVAILABLE" cannot become `+string(s) {
			t.Errorf("%s after AVAILABLE: %v", s, err)
		}
	}
	want := []Status{Pending, Creating, Building, Testing, Distributing, Available}
	if diff := cmp.Diff(want, seen); diff != "" || r.State.Status != string(Available) {
		t.Errorf("status %s; told (-want +got):\n%s", r.State.Status, diff)
	}
}

func TestWF25CountsAddUp(t *testing.T) {
	var r Record
	r.Begin(Build)
	ctx, cancel := context.WithCancel(t.Context())
	r.Ended(ctx, Build, ResolveInputs, nil)
	r.SkipStep(Build, CollectImageMetadata, "off")
	r.Ended(ctx, Build, CommitImage, errors.New("disk full"))
	r.Skip(Test, "tests are off")
	r.Begin(Distribution)
	cancel()
	r.Ended(ctx, Distribution, DistributeImage, context.Canceled)
	want := []result.Workflow{
		{Name: "build-container", Type: "BUILD", Status: "FAILED", Message: "disk full", Total: 3, Succeeded: 1, Failed: 1, Skipped: 1, Steps: []result.WorkflowStep{
			{Name: "ResolveInputs", Action: "ResolveInputs", Status: "COMPLETED"},
			{Name: "CollectImageMetadata", Action: "CollectImageMetadata", Status: "SKIPPED", Message: "off"},
			{Name: "CommitImage", Action: "CreateImage", Status: "FAILED", Message: "disk full"},
		}},
		{Name: "test-container", Type: "TEST", Status: "SKIPPED", Message: "tests are off", Steps: []result.WorkflowStep{}},
		{Name: "distribute-container", Type: "DISTRIBUTION", Status: "CANCELLED", Message: "context canceled", Total: 1, Failed: 1, Steps: []result.WorkflowStep{
			{Name: "DistributeImage", Action: "DistributeImage", Status: "CANCELLED", Message: "context canceled"},
		}},
	}
	ignored := cmp.Options{
		cmpopts.IgnoreFields(result.Workflow{}, "ID", "StartTime", "EndTime"), cmpopts.IgnoreFields(result.WorkflowStep{}, "ID"),
	}
	if diff := cmp.Diff(want, r.Executions, ignored); diff != "" {
		t.Errorf("executions (-want +got):\n%s", diff)
	}
	id := regexp.MustCompile(`^(wf|step)-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	for _, e := range r.Executions {
		if !id.MatchString(e.ID) || len(e.Steps) > 0 && !id.MatchString(e.Steps[0].ID) {
			t.Errorf("ids %q, %+v", e.ID, e.Steps)
		}
	}
}

func TestWF22ReasonNamesExecutionStepPlaceAndCause(t *testing.T) {
	r := Record{State: result.State{Status: string(Building)}}
	r.Begin(Build)
	r.Ended(t.Context(), Build, ApplyBuildComponents, errors.New("x"))
	if err := r.End(Failed, "nginx/build/Install", strings.Repeat("é", 2000)); err != nil {
		t.Fatal(err)
	}
	want := r.Executions[0].ID + " failed at ApplyBuildComponents: nginx/build/Install: é"
	if !strings.HasPrefix(r.State.Reason, want) || len([]rune(r.State.Reason)) != 1024 {
		t.Errorf("reason %q with %d characters, want it to begin with %q and 1024", r.State.Reason, len([]rune(r.State.Reason)), want)
	}
}
