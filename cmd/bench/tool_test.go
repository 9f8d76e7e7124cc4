//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/crane"
)

func TestDockerfileDeclaresTheValueLate(t *testing.T) {
	w := Work{Components: []Component{
		{Name: "one", Commands: []string{"make one", "make two"}},
		{Name: "three", Commands: []string{"make " + Run}, Changing: true},
	}, Tests: []string{"look"}}
	want := "FROM p:1 AS image\nRUN make one\nRUN make two\nARG run\nRUN make $run\nFROM image AS test\nRUN look\n"
	if diff := cmp.Diff(want, dockerfile("p:1", w, true)); diff != "" {
		t.Errorf("dockerfile (-want +got):\n%s", diff)
	}
	if got, want := dockerfile("p:1", Work{}, false), "FROM p:1\n"; got != want {
		t.Errorf("dockerfile of no work = %q, want %q", got, want)
	}
}

func TestSlipwayFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "project")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	p := Project{Dir: dir, Repository: "127.0.0.1:5000/bench/x", Work: Work{
		Components: []Component{{Name: "part", Commands: []string{"make " + Run}, Changing: true}},
		Tests:      []string{"look"},
		Pushed:     true,
	}}
	if err := (&slipwayTool{}).Write(p); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		"recipe.yaml": `name: project
semanticVersion: 1.0.0
parentImage: store:bench-parent:1
components:
    - component: ./part.yaml
`,
		"part.yaml": `name: part
schemaVersion: "1.0"
parameters:
    - Run:
        type: string
        default: none
phases:
    - name: build
      steps:
        - name: Step1
          action: ExecuteBash
          inputs: {commands: ['make {{ Run }}']}
    - name: test
      steps:
        - name: Step1
          action: ExecuteBash
          inputs: {commands: [look]}
`,
	} {
		got, err := os.ReadFile(filepath.Join(p.Dir, file))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}

func TestSlipwayMustDoWhatItWasAsked(t *testing.T) {
	w := Work{Components: []Component{{Name: "a"}, {Name: "b", Changing: true}}, Tests: []string{"look"}, Pushed: true}
	const good = `{"status": "succeeded", "image": {"digest": "sha256:1"}, "components": [{"name": "a", "cached": true},
		{"name": "b"}], "tests": [{"status": "success"}], "targets": [{"status": "pushed"}], "timings": {"build": 0.5}}`
	for _, test := range []struct{ name, old, new, want string }{
		{"all is well", "", "", ""},
		{"failed", "succeeded", "failed", `slipway's result has the status "failed" and the digest "sha256:1"`},
		{"ran what was cached", `true`, `false`, "slipway's component a: cached false, not true"},
		{"took what had changed from the cache", `"b"`, `"b", "cached": true`, "slipway's component b: cached true, not false"},
		{"no test", `[{"status": "success"}]`, "[]", "slipway ran no test: []"},
		{"no push", `[{"status": "pushed"}]`, "[]", "slipway pushed to []"},
	} {
		result, err := (&slipwayTool{}).Result(Project{Work: w}, []string{strings.Replace(good, test.old, test.new, 1)}, true)
		got := ""
		if err != nil {
			got = err.Error()
		} else if result.Digest != "sha256:1" || result.Stages[1].Wall.Milliseconds() != 500 {
			t.Errorf("%s: result %+v", test.name, result)
		}
		if got != test.want {
			t.Errorf("%s: error %q, want %q", test.name, got, test.want)
		}
	}
}

func TestDigestOfDockerPush(t *testing.T) {
	digest := "sha256:" + strings.Repeat("0a", 32)
	p := Project{Work: Work{Pushed: true}}
	got, err := (&dockerTool{}).Result(p, []string{"built", "latest: digest: " + digest + " size: 528\n"}, true)
	if err != nil || got.Digest != digest {
		t.Errorf("Result() = %+v, %v, want %s", got, err, digest)
	}
	if _, err := (&dockerTool{}).Result(p, []string{"denied"}, true); err == nil {
		t.Error("an output without a digest is taken")
	}
}

func TestFileOfImage(t *testing.T) {
	image, err := crane.Image(map[string][]byte{"srv/bench/greeting": []byte("hello")})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := fileOf(image, "/srv/bench/greeting"); err != nil || got != "hello" {
		t.Errorf("fileOf() = %q, %v, want hello", got, err)
	}
	if _, err := fileOf(image, "/srv/bench/other"); err == nil {
		t.Error("a file that is not there is found")
	}
}
