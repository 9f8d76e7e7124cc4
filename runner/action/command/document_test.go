//go:build linux

package command_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/actiontest"
	"github.com/slipway-oci/slipway/runner/action/command"
)

// nested runs ExecuteDocument with a host that answers with result, and returns what it was asked.
func nested(t *testing.T, e action.Entry, answer action.NestedResult) (action.NestedDocument, action.Result, error) {
	t.Helper()
	var asked action.NestedDocument
	req, _ := actiontest.Request(t, e)
	req.Host = actiontest.Host{Document: func(_ context.Context, doc action.NestedDocument) (action.NestedResult, error) {
		asked = doc
		return answer, nil
	}}
	result, err := (command.Document{}).Run(t.Context(), req)
	return asked, result, err
}

func testNested(t *testing.T) {
	summary := map[string]any{"status": "success", "executedStepCount": 2}
	asked, result, err := nested(t, action.Entry{
		"document": "sub.yml", "phases": "build, test", "document-s3-bucket-owner": "012345678901",
	}, action.NestedResult{Summary: summary, Detailed: "tree"})
	if err != nil {
		t.Fatal(err)
	}
	want := action.NestedDocument{
		Location: "sub.yml", Phases: []string{"build", "test"}, Parameters: map[string]string{}, BucketOwner: "012345678901",
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("asked for (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(action.Result{Outputs: []map[string]any{summary}, Detailed: "tree"}, result); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
}

func testNestedParameters(t *testing.T) {
	asked, _, err := nested(t, action.Entry{"document": "sub.yml", "parameters": []map[string]string{
		{"name": "a", "value": "1"}, {"name": "b", "value": ""},
	}}, action.NestedResult{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"a": "1", "b": ""}, asked.Parameters); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
	if asked.Phases != nil {
		t.Errorf("phases = %q, want all", asked.Phases)
	}
	for _, c := range []struct {
		list []map[string]string
		want string
	}{
		{[]map[string]string{{"name": "a"}}, "parameters: item 1 must have exactly name and value"},
		{[]map[string]string{{"name": "a", "value": "", "x": ""}}, "parameters: item 1 must have exactly name and value"},
		{[]map[string]string{{"name": "", "value": ""}}, "parameters: the name of item 1 is empty"},
		{[]map[string]string{{"name": "a", "value": "1"}, {"name": "a", "value": "2"}}, `parameters: "a" is given twice`},
	} {
		e := action.Entry{"document": "sub.yml", "parameters": c.list}
		if _, err := (command.Document{}).CheckEntry(e); text(err) != c.want {
			t.Errorf("check of %v = %q, want %q", c.list, text(err), c.want)
		}
		if _, _, err := nested(t, e, action.NestedResult{}); text(err) != "ExecuteDocument: "+c.want {
			t.Errorf("run with %v = %q, want %q", c.list, text(err), c.want)
		}
	}
}

func testNestedFailure(t *testing.T) {
	summary := map[string]any{"status": "failed"}
	for message, want := range map[string]string{
		"Document sub.yml failed!": "ExecuteDocument: Document sub.yml failed!",
		"":                         `ExecuteDocument: "sub.yml" failed`,
	} {
		_, result, err := nested(t, action.Entry{"document": "sub.yml"}, action.NestedResult{Summary: summary, Failed: true, Message: message})
		if text(err) != want {
			t.Errorf("error = %q, want %q", text(err), want)
		}
		if len(result.Outputs) != 1 {
			t.Error("the summary of the failed document is lost")
		}
	}
	_, _, err := nested(t, action.Entry{"document": "sub.yml"}, action.NestedResult{Summary: map[string]any{"status": "successWithIgnoredFailure"}})
	if err != nil {
		t.Errorf("an ignored failure is an error: %v", err)
	}
}

func TestPhasesAreChecked(t *testing.T) {
	input, _ := command.Document{}.Spec().Input("phases")
	for phases, ok := range map[string]bool{"build": true, "build , test": true, "build,,test": false, " ": false} {
		if err := input.Check(phases); (err == nil) != ok {
			t.Errorf("check of %q = %v", phases, err)
		}
	}
}
