package document_test

import (
	"context"
	"errors"
	"regexp"
	"testing"

	"github.com/slipway-oci/slipway/runner/action"
)

// module is a specification without a function; validation needs no more.
type module struct {
	spec  action.Spec
	check func(action.Entry) ([]string, error)
}

func (m module) Spec() action.Spec { return m.spec }

func (m module) Run(context.Context, action.Request) (action.Result, error) {
	return action.Result{}, errors.New("not run in these tests")
}

// checkedModule is a module with a check over several keys.
type checkedModule struct{ module }

func (m checkedModule) CheckEntry(e action.Entry) ([]string, error) { return m.check(e) }

var everywhere = []string{"linux", "windows", "darwin"}

func octal(text string) error {
	if !regexp.MustCompile(`^(0o|0)?[0-7]{3,4}$`).MatchString(text) {
		return errors.New("not an octal mode")
	}
	return nil
}

// modules returns a set that follows chapter 6 where the tests look at it.
func modules(tb testing.TB) *action.Set {
	tb.Helper()
	stdout := []action.Output{{Name: "stdout"}}
	text := func(name string) action.Input { return action.Input{Name: name, Required: true} }
	overwrite := action.Input{Name: "overwrite", Type: action.Boolean, Default: "true"}
	set, err := action.NewSet(
		module{spec: action.Spec{
			Name: "Assert", Shape: action.Map, Platforms: everywhere,
			Inputs: []action.Input{{Name: action.ConditionKey, Type: action.Condition, Required: true}},
		}},
		module{spec: action.Spec{
			Name: "ExecuteBash", Shape: action.Map, Platforms: []string{"linux", "darwin"}, Outputs: stdout,
			Inputs: []action.Input{{Name: "commands", Type: action.StringList, Required: true}},
		}},
		module{spec: action.Spec{
			Name: "ExecuteBinary", Shape: action.Map, Platforms: everywhere, Outputs: stdout,
			Inputs: []action.Input{text("path"), {Name: "arguments", Type: action.StringList}},
		}},
		module{spec: action.Spec{
			Name: "ExecuteDocument", Shape: action.Map, Platforms: everywhere, Outputs: []action.Output{{Name: "status"}},
			Inputs: []action.Input{text("document"), {Name: "parameters", Type: action.MapList}},
			Fixed:  map[string]string{"timeoutSeconds": "-1", "maxAttempts": "1"},
		}},
		module{spec: action.Spec{
			Name: "ExecutePowerShell", Shape: action.Map, Platforms: everywhere, Outputs: stdout,
			Inputs:     []action.Input{{Name: "commands", Type: action.StringList}, {Name: "file"}},
			ExactlyOne: [][]string{{"commands", "file"}},
		}},
		module{spec: action.Spec{
			Name: "CreateFile", Platforms: everywhere,
			Inputs: []action.Input{
				text("path"),
				{Name: "content"},
				{Name: "permissions", Check: octal},
				overwrite,
				{Name: "encoding", Default: "utf8", Values: []string{"utf8", "utf-16"}, FoldCase: true},
			},
		}},
		module{spec: action.Spec{
			Name: "CopyFile", Platforms: everywhere,
			Inputs: []action.Input{text("source"), text("destination"), overwrite},
		}},
		module{spec: action.Spec{
			Name: "ReadFile", Platforms: everywhere, Inputs: []action.Input{text("path")},
			Outputs: []action.Output{{Name: "content", PerEntry: true}},
		}},
		checkedModule{module{
			spec: action.Spec{
				Name: "WebDownload", Platforms: everywhere, Outputs: []action.Output{{Name: "destination"}},
				Inputs:   []action.Input{text("source"), text("destination"), {Name: "checksum"}, {Name: "algorithm"}},
				Together: [][]string{{"checksum", "algorithm"}},
			},
			check: func(e action.Entry) ([]string, error) {
				if e.Text("algorithm") == "MD5" && len(e.Text("checksum")) != 32 {
					return nil, errors.New("an MD5 checksum has 32 digits")
				}
				return nil, nil
			},
		}},
		module{spec: action.Spec{
			Name: "InstallMSI", Shape: action.Map, Platforms: []string{"windows"},
			Inputs: []action.Input{text("path"), {Name: "properties", Type: action.StringMap}},
		}},
		module{spec: action.Spec{
			Name: "SetRegistry", Platforms: []string{"windows"},
			Inputs: []action.Input{
				text("path"),
				{Name: "value", Type: action.Any, Required: true},
				{Name: "type", Required: true, Values: []string{"SZ", "MULTI_SZ", "DWORD"}},
			},
		}},
		module{spec: action.Spec{
			Name: "Reboot", Shape: action.Map, Platforms: []string{"linux", "windows"}, Ignored: []string{"timeoutSeconds"},
			Inputs: []action.Input{{Name: "delaySeconds", Type: action.Integer, Default: "0"}},
		}},
		module{spec: action.Spec{
			Name: "UpdateOS", Shape: action.Map, Platforms: []string{"linux", "windows"},
			Inputs: []action.Input{{Name: "include", Type: action.StringList}},
		}},
	)
	if err != nil {
		tb.Fatal(err)
	}
	return set
}
