package command

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/slipway-oci/slipway/runner/action"
)

// Document is ExecuteDocument: it runs another document as one step.
type Document struct{}

// Spec implements action.Module.
func (Document) Spec() action.Spec {
	return action.Spec{
		Name: "ExecuteDocument", Family: family, Shape: action.Map, Platforms: []string{"linux", "windows", "darwin"},
		Summary: "Runs another component document as one step.",
		Inputs: []action.Input{
			{Name: "document", Type: action.String, Required: true, Summary: "Location of the document."},
			{Name: "document-s3-bucket-owner", Type: action.String, Check: action.CheckAccountID, Summary: "Account that is expected to own the bucket of the document."},
			{Name: "phases", Type: action.String, Check: checkPhases, Summary: "Names of the phases to run, separated by commas; by default all."},
			{Name: "parameters", Type: action.MapList, Keys: []string{"name", "value"}, Summary: "Parameters of the document, each with `name` and `value`."},
		},
		Outputs: []action.Output{
			{Name: "executedStepCount", Summary: "Steps that ran."},
			{Name: "executionId", Summary: "Execution id of the nested run."},
			{Name: "failedStepCount", Summary: "Steps that failed."},
			{Name: "failureMessage", Summary: "What failed; empty after a success."},
			{Name: "ignoredFailedStepCount", Summary: "Steps whose failure was ignored."},
			{Name: "logUrl", Summary: "Empty: the log is in the caller's folder."},
			{Name: "status", Summary: "Status of the document."},
		},
		Fixed: map[string]string{"timeoutSeconds": "-1", "maxAttempts": "1"},
		Example: `name: InstallBase
action: ExecuteDocument
inputs:
  document: base/install.yml
  phases: build,validate
  parameters:
    - name: version
      value: "1.2"
`,
		Notes: `A relative path is tried against the folder of the calling document, then against the working directory.
Only the listed parameters are passed; one that the document does not declare is ignored. Documents may be nested three
levels deep, and none may run itself.`,
	}
}

// CheckEntry implements action.Checker: each parameter has exactly a name and a value.
func (Document) CheckEntry(e action.Entry) ([]string, error) {
	_, err := documentParameters(e)
	return nil, err
}

// Run implements action.Module.
func (Document) Run(ctx context.Context, req action.Request) (action.Result, error) {
	result, err := runDocument(ctx, req, req.Entries[0])
	if err != nil {
		return result, fmt.Errorf("ExecuteDocument: %w", err)
	}
	return result, nil
}

func runDocument(ctx context.Context, req action.Request, e action.Entry) (action.Result, error) {
	if req.Host == nil {
		return action.Result{}, errors.New("the executor cannot run documents")
	}
	parameters, err := documentParameters(e)
	if err != nil {
		return action.Result{}, err
	}
	phases, err := splitPhases(e.Text("phases"))
	if err != nil {
		return action.Result{}, err
	}
	nested, err := req.Host.RunDocument(ctx, action.NestedDocument{
		Location: e.Text("document"), Phases: phases, Parameters: parameters,
		BucketOwner: e.Text("document-s3-bucket-owner"),
	})
	result := action.Result{Detailed: nested.Detailed}
	if nested.Summary != nil {
		result.Outputs = []map[string]any{nested.Summary}
	}
	switch {
	case err != nil:
		return result, err
	case nested.Failed && nested.Message == "":
		return result, fmt.Errorf("%q failed", e.Text("document"))
	case nested.Failed:
		return result, errors.New(nested.Message)
	}
	return result, nil
}

// documentParameters returns the parameters by name.
func documentParameters(e action.Entry) (map[string]string, error) {
	list, _ := e["parameters"].([]map[string]string)
	parameters := make(map[string]string, len(list))
	for i, p := range list {
		name, hasName := p["name"]
		value, hasValue := p["value"]
		if !hasName || !hasValue || len(p) != 2 {
			return nil, fmt.Errorf("parameters: item %d must have exactly name and value", i+1)
		}
		if name == "" {
			return nil, fmt.Errorf("parameters: the name of item %d is empty", i+1)
		}
		if _, twice := parameters[name]; twice {
			return nil, fmt.Errorf("parameters: %q is given twice", name)
		}
		parameters[name] = value
	}
	return parameters, nil
}

func checkPhases(text string) error {
	_, err := splitPhases(text)
	return err
}

// splitPhases returns the names in a comma-separated list, or nil for an empty text: all phases.
func splitPhases(text string) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	phases := strings.Split(text, ",")
	for i, p := range phases {
		phases[i] = strings.TrimSpace(p)
		if phases[i] == "" {
			return nil, fmt.Errorf("phases %q hold an empty name", text)
		}
	}
	return phases, nil
}
