package commit

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/slipway-oci/slipway/builder/inspect"
	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/builder/stage"
	"github.com/slipway-oci/slipway/oci/store"
)

// add puts a layer with files of 1000 bytes on an image.
func add(t *testing.T, base v1.Image, createdBy string, files ...string) v1.Image {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: 1000}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil })
	if err != nil {
		t.Fatal(err)
	}
	img, err := mutate.Append(base, mutate.Addendum{Layer: layer, History: v1.History{CreatedBy: createdBy}})
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func newPlan(t *testing.T, names ...string) *plan.Plan {
	t.Helper()
	template, err := recipe.ParseTemplate("Dockerfile", 1, recipe.DefaultTemplate)
	if err != nil {
		t.Fatal(err)
	}
	p := &plan.Plan{Template: template}
	for _, name := range names {
		p.Components = append(p.Components, plan.Component{Name: name, Phases: plan.Phases{Build: []string{"build"}}})
	}
	return p
}

// checkOf reads the layers of img above those of parent.
func checkOf(t *testing.T, s stage.Services, p *plan.Plan, parent, img v1.Image) check {
	t.Helper()
	stored, err := s.Store.Put(t.Context(), img, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	manifest, config, err := read(s.Store, stored.Descriptor)
	if err != nil {
		t.Fatal(err)
	}
	below, err := parent.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	c, err := inspectLayers(t.Context(), s, inspect.In(s.Memory), p, manifest, config, below)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func services(t *testing.T) stage.Services {
	t.Helper()
	s, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return stage.Services{Store: s, Memory: t.TempDir()}
}

func TestOnlyNewLayersAreReadAndBelongToTheirComponents(t *testing.T) {
	s, p := services(t), newPlan(t, "one", "two")
	parent := add(t, empty.Image, "slipway component old/1.0.0", "run/slipway/x", "etc/ssh/ssh_host_rsa_key")
	img := add(t, parent, "slipway component one/0.0.0", "a", "b")
	img = add(t, img, "slipway component two/0.0.0", "etc/ssh/ssh_host_rsa_key", "etc/ssh/ssh_host_ed25519_key")
	img = add(t, img, "COPY x", "x")
	c := checkOf(t, s, p, parent, img)
	if err := c.clean(); err != nil {
		t.Errorf("the parent's layer counts: %v", err)
	}
	layers := make([]result.Layer, 4)
	c.describe(layers)
	want := []result.Layer{
		{},
		{Added: &result.Added{Component: "one", Files: 2, Bytes: 2000}},
		{Added: &result.Added{Component: "two", Files: 2, Bytes: 2000, Leftovers: []result.Leftover{{
			Kind: "ssh host key", Files: 2, Bytes: 2000, Paths: []string{"/etc/ssh/ssh_host_rsa_key", "/etc/ssh/ssh_host_ed25519_key"},
		}}}},
		{Added: &result.Added{Files: 1, Bytes: 1000}},
	}
	if diff := cmp.Diff(want, layers); diff != "" {
		t.Errorf("layers (-want +got):\n%s", diff)
	}
	warning := `component "two" leaves in the image: ssh host key, 2 files with 2.0 kB, such as /etc/ssh/ssh_host_rsa_key ` +
		`(every container would have the same key: make it at the first start)`
	if diff := cmp.Diff([]string{warning}, c.warnings()); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

func TestWF06FilesOfTheBuildFailIt(t *testing.T) {
	for _, name := range []string{"run/slipway/component/config.json", "var/lib/amazon/toe/console.log", "run/secrets/key"} {
		t.Run(name, func(t *testing.T) {
			c := checkOf(t, services(t), newPlan(t, "one"), empty.Image, add(t, empty.Image, "slipway component one/0.0.0", name))
			failed, ok := errors.AsType[*stage.Error](c.clean())
			if !ok || failed.Code != stage.CodeMachine || failed.Component != "one" || !strings.Contains(failed.Message, "/"+name) {
				t.Errorf("got %+v", failed)
			}
		})
	}
}

func TestBudgets(t *testing.T) {
	img := add(t, empty.Image, "slipway component one/0.0.0", "a")
	img = add(t, img, "slipway component two/0.0.0", "b", "c")
	img = add(t, img, "COPY x", "x")
	outcomes := []result.Component{{Cached: true, Duration: result.Seconds(time.Hour)}, {Duration: result.Seconds(2 * time.Second)}}
	for _, test := range []struct {
		name    string
		budgets plan.Budgets
		entry   *recipe.Budget // of component two
		want    string
	}{
		{"none", plan.Budgets{}, nil, ""},
		{"within", plan.Budgets{Image: &recipe.Budget{Size: 4000, Files: 4, Seconds: 2}, Component: &recipe.Budget{Size: 2000}}, nil, ""},
		{"size", plan.Budgets{Component: &recipe.Budget{Size: 1999}}, nil, `component "two": adds 2.0 kB, its budget is 2.0 kB`},
		{"files of an entry", plan.Budgets{}, &recipe.Budget{Files: 1}, `component "two": adds 2 files, its budget is 1`},
		{"seconds", plan.Budgets{Component: &recipe.Budget{Seconds: 1.5}}, nil, `component "two": ran for 2.0 s, its budget is 1.5 s`},
		{"image", plan.Budgets{Image: &recipe.Budget{Files: 3}}, nil, "the image is beyond its budget: the build adds 4 files, its budget is 3"},
		{
			"all that are beyond",
			plan.Budgets{Image: &recipe.Budget{Files: 3, Seconds: 1}},
			&recipe.Budget{Files: 1, Size: 1000},
			`component "two": adds 2.0 kB, its budget is 1.0 kB, adds 2 files, its budget is 1; ` +
				"the image is beyond its budget: the build adds 4 files, its budget is 3, ran for 2.0 s, its budget is 1.0 s",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPlan(t, "one", "two")
			p.Budgets, p.Components[1].Budget = &test.budgets, test.entry
			err := checkOf(t, services(t), p, empty.Image, img).budgets(p, outcomes)
			got := ""
			if failed, ok := errors.AsType[*stage.Error](err); ok {
				got = failed.Error()
				if failed.Code != stage.CodeComponent {
					t.Errorf("exit code %d", failed.Code)
				}
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestWF07ConfigHasNothingOfTheBuild(t *testing.T) {
	p := newPlan(t)
	parent := &v1.ConfigFile{Config: v1.Config{Env: []string{"SLIPWAY_X=1"}, User: "app"}}
	for _, test := range []struct {
		name   string
		config v1.Config
		want   string
	}{
		{"as the parent", parent.Config, ""},
		{"label", v1.Config{Env: parent.Config.Env, User: "app", Labels: map[string]string{"a": "b"}}, ""},
		{"variable", v1.Config{Env: []string{"SLIPWAY_WORK_DIR=/x"}, User: "app"}, "the variable SLIPWAY_WORK_DIR of the build"},
		{"user", v1.Config{}, "a user that nobody set"},
		{"command", v1.Config{User: "app", Cmd: []string{"x"}}, "a command that nobody set"},
		{"secret", v1.Config{User: "app", Labels: map[string]string{"a": `x hun"ter22 y`}}, `the value of secret "key"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := checkConfig(p, &v1.ConfigFile{Config: test.config}, parent, map[string][]byte{"key": []byte("hun\"ter22\n"), "short": []byte("a")})
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestSizes(t *testing.T) {
	for bytes, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 61_200_000: "61.2 MB", 5e15: "5000.0 TB"} {
		if got := size(bytes); got != want {
			t.Errorf("size(%s) is %s, want %s", fmt.Sprint(bytes), got, want)
		}
	}
}
