package plan

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/builder/recipe"
)

const withParameters = `schemaVersion: 1.0
parameters:
  - Port: {type: string, default: '80'}
  - Zone: {type: string}
constants:
  - Fixed: {type: string, value: x}
phases:
  - name: build
    steps:
      - {name: Step, action: ExecuteBash, inputs: {commands: ['echo {{ Port }}']}}
  - name: other
    steps:
      - {name: Later, action: ExecuteBash, inputs: {commands: ['echo {{ Zone }}']}}
`

func TestREC05UnknownParameter(t *testing.T) {
	_, err := makePlan(t, map[string]string{
		"recipe.yaml": head + "components:\n  - component: app\n    parameters:\n      - {name: Prot, value: 1}\n      - {name: Fixed, value: 1}\n",
		"app.yaml":    withParameters,
	}, nil)
	want := "recipe.yaml:6:16: component \"app\" has no parameter \"Prot\"\nrecipe.yaml:7:16: component \"app\" has no parameter \"Fixed\""
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
	if got := hint(err); got != `did you mean "Port"?` {
		t.Errorf("hint %q", got)
	}
}

func TestREC05UnknownParameterOfTheCommand(t *testing.T) {
	for _, test := range []struct{ param, want, hint string }{
		{"Prot=1", `no component has a parameter "Prot"`, `did you mean "Port"?`},
		{"app.Prot=1", `component "app" has no parameter "Prot"`, `did you mean "Port"?`},
		{"apq.Port=1", `parameter "apq.Port": the recipe has no component "apq"`, `did you mean "app"?`},
		{"Nothing=1", `no component has a parameter "Nothing"`, "parameters: Port, Zone"},
		{"Port", `parameter "Port" has no name or no value`, "write NAME=VALUE, or COMPONENT.NAME=VALUE for one component"},
		{"=1", `parameter "=1" has no name or no value`, "write NAME=VALUE, or COMPONENT.NAME=VALUE for one component"},
	} {
		t.Run(test.param, func(t *testing.T) {
			_, err := makePlan(t, map[string]string{
				"recipe.yaml": head + "components: [{component: app}]\n", "app.yaml": withParameters,
			}, func(o *Options) { o.Params = []string{test.param} })
			if err == nil || err.Error() != test.want || hint(err) != test.hint {
				t.Errorf("got %v, hint %q\nwant %s, hint %q", err, hint(err), test.want, test.hint)
			}
		})
	}
}

func TestREC06MissingValueOnlyWhereItIsNeeded(t *testing.T) {
	files := map[string]string{"recipe.yaml": head + "components: [{component: app}]\n", "app.yaml": withParameters}
	p, err := makePlan(t, files, nil)
	if err != nil {
		t.Fatalf("the phase that needs it never runs: %v", err)
	}
	if diff := cmp.Diff([]Parameter{{"Port", "80", FromDefault}}, p.Components[0].Parameters); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
	files["app.yaml"] = strings.ReplaceAll(withParameters, "name: other", "name: test")
	_, err = makePlan(t, files, nil)
	if want := `recipe.yaml:3:26: component "app" needs a value for parameter "Zone": it has no default`; err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
	if _, err = makePlan(t, files, func(o *Options) { o.SkipTests = true }); err != nil {
		t.Errorf("without tests: %v", err)
	}
	files["app.yaml"] = strings.Replace(withParameters, "{{ Port }}", "{{ other.Later.inputs.commands[0] }}", 1)
	if _, err = makePlan(t, files, nil); err == nil || !strings.Contains(err.Error(), `parameter "Zone"`) {
		t.Errorf("needed by way of another step's input: %v", err)
	}
}

func TestREC07PriorityOfParameterSources(t *testing.T) {
	files := map[string]string{
		"recipe.yaml": head + "components:\n  - component: app\n    parameters: [{name: Port, value: recipe}]\n",
		"app.yaml":    withParameters,
	}
	file := []Param{{Name: "Port", Value: "file"}}
	for _, test := range []struct {
		name   string
		flags  []string
		file   []Param
		want   string
		source string
	}{
		{"recipe", nil, nil, "recipe", FromRecipe},
		{"file", nil, file, "file", FromFile},
		{"file for one component", nil, append(file, Param{Component: "app", Name: "Port", Value: "own"}), "own", FromFile},
		{"flag", []string{"Port=flag"}, file, "flag", FromFlag},
		{"later flag", []string{"Port=flag", "Port=later"}, file, "later", FromFlag},
		{"flag for one component", []string{"app.Port=own", "Port=flag"}, file, "own", FromFlag},
		{"empty value", []string{"Port="}, nil, "", FromFlag},
		{"value with =", []string{"Port=a=b.c"}, nil, "a=b.c", FromFlag},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, err := makePlan(t, files, func(o *Options) { o.Params, o.ParamsFile = test.flags, test.file })
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]Parameter{{"Port", test.want, test.source}}, p.Components[0].Parameters); diff != "" {
				t.Errorf("parameters (-want +got):\n%s", diff)
			}
		})
	}
}

func TestVAR08AllowedValues(t *testing.T) {
	r, err := recipe.Load("testdata/web")
	if err != nil {
		t.Fatal(err)
	}
	opts := options(t, "testdata/web")
	opts.Params = []string{"User=root"}
	_, err = New(t.Context(), r, opts)
	if want := `component "nginx": parameter "User" cannot be "root"`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if got := hint(err); got != "allowed: www-data, nginx" {
		t.Errorf("hint %q", got)
	}
}
