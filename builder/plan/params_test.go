package plan

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/document"
)

func TestReadParams(t *testing.T) {
	file := filepath.Join(t.TempDir(), "params.yaml")
	if err := os.WriteFile(file, []byte("Port: 0800\nnginx.User: web\napp:\n  Zone: ''\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := ReadParams(file)
	if err != nil {
		t.Fatal(err)
	}
	want := []Param{
		{Name: "Port", Value: "0800", Pos: document.Pos{File: file, Line: 1, Column: 1}},
		{Component: "nginx", Name: "User", Value: "web", Pos: document.Pos{File: file, Line: 2, Column: 1}},
		{Component: "app", Name: "Zone", Value: "", Pos: document.Pos{File: file, Line: 4, Column: 3}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ReadParams (-want +got):\n%s", diff)
	}
}

func TestParseParamsRefused(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"list", "- a\n", "p.yaml:1:1: parameters are a map of names to values"},
		{"list value", "Port: [1]\n", `p.yaml:1:7: the value of parameter "Port" is not a text`},
		{"null", "Port:\n", `p.yaml:1:6: the value of parameter "Port" is not a text`},
		{"too deep", "app: {Zone: {x: y}}\n", `p.yaml:1:13: the value of parameter "Zone" is not a text`},
		{"twice", "app.Zone: 1\napp: {Zone: 2}\n", `p.yaml:2:7: parameter "Zone" is set twice`},
		{"all at once", "Port: []\nZone: []\n", "p.yaml:1:7: the value of parameter \"Port\" is not a text\np.yaml:2:7: the value of parameter \"Zone\" is not a text"},
		{"no YAML", "{", "p.yaml: yaml: line 1: did not find expected node content"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := parseParams("p.yaml", []byte(test.text))
			if err == nil || err.Error() != test.want {
				t.Errorf("got %v\nwant %s", err, test.want)
			}
		})
	}
}
