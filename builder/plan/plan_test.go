package plan

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/builder/component"
	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/runner/action/catalog"
)

var (
	indexDigest = "sha256:" + strings.Repeat("1", 64)
	amd64Digest = "sha256:" + strings.Repeat("2", 64)
	arm64Digest = "sha256:" + strings.Repeat("3", 64)
)

// images answers every reference with one image for two platforms.
type images struct {
	builds []Build
	asked  []string
	only   *v1.Platform
}

func (i *images) Resolve(_ context.Context, r ref.Ref) (Image, error) {
	i.asked = append(i.asked, r.String())
	if i.only != nil {
		return Image{Digest: amd64Digest, Platforms: []ImagePlatform{{*i.only, amd64Digest}}}, nil
	}
	return Image{Digest: indexDigest, Platforms: []ImagePlatform{
		{v1.Platform{OS: "linux", Architecture: "amd64"}, amd64Digest},
		{v1.Platform{OS: "linux", Architecture: "arm64", Variant: "v8"}, arm64Digest},
	}}, nil
}

func (i *images) Builds(context.Context, string) ([]Build, error) { return i.builds, nil }

func options(t *testing.T, dir string) Options {
	t.Helper()
	actions, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return Options{
		Images:     &images{},
		Components: component.Files{Dir: dir, Actions: actions},
		Machine:    v1.Platform{OS: "linux", Architecture: "amd64"},
	}
}

// write makes a recipe folder of name and text pairs; every component needs only its phases.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// make plans a recipe in a new folder. The folder is left out of errors.
func makePlan(t *testing.T, files map[string]string, change func(*Options)) (*Plan, error) {
	t.Helper()
	dir := write(t, files)
	r, err := recipe.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	opts := options(t, dir)
	if change != nil {
		change(&opts)
	}
	p, err := New(t.Context(), r, opts)
	if err != nil {
		return nil, &cleaned{text: strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), ""), err: err}
	}
	return p, nil
}

type cleaned struct {
	text string
	err  error
}

func (e *cleaned) Error() string { return e.text }
func (e *cleaned) Unwrap() error { return e.err }

// hint walks an error as the command does.
func hint(err error) string {
	if h, ok := err.(interface{ Hint() string }); ok && h.Hint() != "" {
		return h.Hint()
	}
	switch e := err.(type) { //nolint:errorlint // walks the tree itself
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			if text := hint(inner); text != "" {
				return text
			}
		}
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			return hint(inner)
		}
	}
	return ""
}

func checkGolden(t *testing.T, got string) {
	t.Helper()
	path := filepath.Join("testdata", t.Name()+".golden")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func webPlan(t *testing.T, change func(*Options)) *Plan {
	t.Helper()
	r, err := recipe.Load("testdata/web")
	if err != nil {
		t.Fatal(err)
	}
	opts := options(t, "testdata/web")
	if change != nil {
		change(&opts)
	}
	p, err := New(t.Context(), r, opts)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPlanJSON(t *testing.T) {
	p := webPlan(t, func(o *Options) {
		o.Platforms = []v1.Platform{{OS: "linux", Architecture: "arm64"}, {OS: "linux", Architecture: "amd64"}}
		o.Params = []string{"User=nginx"}
		o.Tags = []string{"registry.example.com/web:edge"}
	})
	var out bytes.Buffer
	if err := p.WithBuild(3).WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	checkGolden(t, out.String())
}

func TestDIST01DefaultTagNeedsBuildNumber(t *testing.T) {
	p := webPlan(t, nil)
	if got := p.Targets[0].String(); got != "localhost:5000/web-base" {
		t.Errorf("without a number: %q", got)
	}
	if got := p.WithBuild(7).Targets[0].String(); got != "localhost:5000/web-base:1.4.0-7" {
		t.Errorf("with number 7: %q", got)
	}
	if p.Targets[0].Tag != "" || p.Recipe.Build != 0 {
		t.Error("WithBuild changed the plan itself")
	}
}

func TestDigestCoversWhatDecides(t *testing.T) {
	base := webPlan(t, nil).Digest()
	if again := webPlan(t, nil).WithBuild(4).Digest(); again != base {
		t.Errorf("the same plan has digests %s and %s", base, again)
	}
	for name, change := range map[string]func(*Options){
		"parameter": func(o *Options) { o.Params = []string{"ListenPort=9090"} },
		"platform":  func(o *Options) { o.Platforms = []v1.Platform{{OS: "linux", Architecture: "arm64"}} },
		"tests":     func(o *Options) { o.SkipTests = true },
		"parent":    func(o *Options) { o.Images = &images{only: &v1.Platform{OS: "linux", Architecture: "amd64"}} },
	} {
		if webPlan(t, change).Digest() == base {
			t.Errorf("%s: the digest is unchanged", name)
		}
	}
	if webPlan(t, func(o *Options) { o.Tags = []string{"example.com/x:1"} }).Digest() != base {
		t.Error("a target changes the digest")
	}
}

func names(list []Component) []string {
	var all []string
	for _, c := range list {
		all = append(all, c.Name)
	}
	return all
}

func doc(phases ...string) string {
	text := "schemaVersion: 1.0\nphases:\n"
	for _, phase := range phases {
		text += "  - name: " + phase + "\n    steps:\n      - {name: Step, action: ExecuteBash, inputs: {commands: ['true']}}\n"
	}
	return text
}

const head = "name: web\nparentImage: debian:12\n"

func TestREC03ComponentsInTheListedOrder(t *testing.T) {
	p, err := makePlan(t, map[string]string{
		"recipe.yaml":          head + "components: [{component: only-test}, {component: both}, {component: plain}, {component: both}, {component: host}]\n",
		"only-test.yaml":       doc("test"),
		"components/both.yaml": doc("build", "test"),
		"plain.yaml":           doc("custom", "validate", "build"),
		"host.yaml":            doc("container-host-test", "test"),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for what, test := range map[string]struct{ got, want []string }{
		"build":                    {names(p.BuildStage()), []string{"both", "plain", "both"}},
		"test":                     {names(p.TestStage()), []string{"both", "both", "host", "only-test"}},
		"host":                     {names(p.HostStage()), []string{"host"}},
		"phases in document order": {p.Components[2].Phases.Build, []string{"validate", "build"}},
	} {
		if diff := cmp.Diff(test.want, test.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
}

func TestREC04NoComponents(t *testing.T) {
	p, err := makePlan(t, map[string]string{"recipe.yaml": head}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Components) != 0 || p.WorkingDirectory != "/tmp" || p.Push {
		t.Errorf("components %v, working directory %q, push %v", p.Components, p.WorkingDirectory, p.Push)
	}
}

func TestWF12TestsOff(t *testing.T) {
	p := webPlan(t, func(o *Options) { o.SkipTests = true })
	if p.Tests || len(p.TestStage())+len(p.HostStage()) != 0 || len(p.BuildStage()) != 1 {
		t.Errorf("tests %v: %v, %v, build %v", p.Tests, names(p.TestStage()), names(p.HostStage()), names(p.BuildStage()))
	}
}

func TestComponentNotFound(t *testing.T) {
	_, err := makePlan(t, map[string]string{
		"recipe.yaml":           head + "components: [{component: ngnix}, {component: ./none.yaml}]\n",
		"components/nginx.yaml": doc("build"),
	}, nil)
	if want := `recipe.yaml:3:26: component "ngnix" not found beside the recipe`; err == nil || !strings.HasPrefix(err.Error(), want+"\n") {
		t.Errorf("got %v\nwant %s", err, want)
	}
	if !errors.Is(err, component.ErrNotFound) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v matches neither cause", err)
	}
	if got := hint(err); got != `did you mean "nginx"?` {
		t.Errorf("hint %q", got)
	}
}

func TestStageBoundaryIsRefused(t *testing.T) {
	_, err := makePlan(t, map[string]string{
		"recipe.yaml": head + "components: [{component: app}]\n",
		"app.yaml": `schemaVersion: 1.0
phases:
  - name: build
    steps:
      - {name: Make, action: ExecuteBash, inputs: {commands: ['true']}}
  - name: test
    steps:
      - {name: Use, action: ExecuteBash, inputs: {commands: ['echo {{ build.Make.outputs.stdout }}']}}
`,
	}, nil)
	if err == nil || !strings.HasPrefix(err.Error(), "app.yaml:8:") {
		t.Errorf("got %v, want an error in line 8 of app.yaml", err)
	}
}

func TestTPL03TemplateWithoutPlaceForComponents(t *testing.T) {
	files := map[string]string{
		"recipe.yaml": head + "dockerfileTemplateUri: file://Dockerfile\ncomponents: [{component: app}]\n",
		"Dockerfile":  "FROM {{{ imagebuilder:parentImage }}}\n",
		"app.yaml":    doc("test"),
	}
	if _, err := makePlan(t, files, nil); err != nil {
		t.Errorf("test components need no place: %v", err)
	}
	files["app.yaml"] = doc("validate", "test")
	_, err := makePlan(t, files, nil)
	want := `recipe.yaml:4:26: component "app" has a validate phase, and the template has no {{{ imagebuilder:components }}}`
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func TestWF18Labels(t *testing.T) {
	p := webPlan(t, nil)
	want := map[string]string{
		"org.opencontainers.image.title":       "Web Base",
		"org.opencontainers.image.version":     "1.4.0",
		"org.opencontainers.image.description": "A web server that answers.",
		"org.opencontainers.image.base.name":   "docker.io/library/debian:12",
		"org.opencontainers.image.base.digest": indexDigest,
		"io.slipway.recipe":                    "web-base/1.4.0",
		"io.slipway.components":                "nginx/0.0.0@" + p.Components[0].Digest + ",http/0.0.0@" + p.Components[1].Digest,
	}
	if diff := cmp.Diff(want, p.Labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
}

func TestWF18LabelsOfTheTemplateWin(t *testing.T) {
	p, err := makePlan(t, map[string]string{
		"recipe.yaml": "name: web\nparentImage: scratch\ndockerfileTemplateData: |\n  FROM {{{ imagebuilder:parentImage }}}\n  LABEL org.opencontainers.image.title=own\n",
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"org.opencontainers.image.version": "1.0.0", "io.slipway.recipe": "web/1.0.0"}
	if diff := cmp.Diff(want, p.Labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
}

func TestVersionWithWildcard(t *testing.T) {
	files := map[string]string{"recipe.yaml": head + "semanticVersion: 1.0.x\n"}
	p, err := makePlan(t, files, func(o *Options) {
		o.Versions = func(context.Context, string) ([]recipe.Version, error) {
			return []recipe.Version{{1, 0, 4}, {1, 2, 0}}, nil
		}
	})
	if err != nil || p.Recipe.Version != "1.0.5" {
		t.Errorf("got %v, %v, want version 1.0.5", p, err)
	}
}

func TestComponentsThatOnlyUpdateAreNoted(t *testing.T) {
	doc := func(actions ...string) string {
		text := "schemaVersion: 1.0\nphases:\n  - name: build\n    steps:\n"
		for i, action := range actions {
			text += "      - {name: S" + string(rune('a'+i)) + ", action: " + action + "}\n"
		}
		return text
	}
	for _, test := range []struct {
		name, entry, document string
		want                  bool
	}{
		{"only updates", "", doc("UpdateOS"), true},
		{"and restarts", "", doc("UpdateOS", "Reboot"), true},
		{"in every build", "    cache: false\n", doc("UpdateOS"), false},
		{"only restarts", "", doc("Reboot"), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := write(t, map[string]string{
				"recipe.yaml": "name: web\nparentImage: debian:12\ncomponents:\n  - component: ./u.yaml\n" + test.entry, "u.yaml": test.document,
			})
			r, err := recipe.Load(dir)
			if err != nil {
				t.Fatal(err)
			}
			p, err := New(t.Context(), r, options(t, dir))
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(strings.Join(p.Warnings, "\n"), `"u" only updates packages`); got != test.want {
				t.Errorf("noted: %v, want %v; warnings %q", got, test.want, p.Warnings)
			}
			if p.Components[0].NoCache != (test.entry != "") {
				t.Errorf("no cache: %v", p.Components[0].NoCache)
			}
		})
	}
}

func TestComponentsInsideATemplate(t *testing.T) {
	dir := write(t, map[string]string{"t.yml": `Resources:
  Nginx:
    Type: AWS::ImageBuilder::Component
    Properties:
      Name: My Nginx
      Version: 1.2.0
      Platform: Linux
      Data: |
        schemaVersion: 1.0
        parameters: [{Port: {type: string, default: '80'}}]
        phases: [{name: build, steps: [{name: S, action: ExecuteBash, inputs: {commands: ['echo {{ Port }}']}}]}]
  Web:
    Type: AWS::ImageBuilder::ContainerRecipe
    Properties:
      Name: web
      Version: 1.0.0
      ParentImage: debian:12
      Components: [{ComponentArn: !Ref Nginx, Parameters: [{Name: Port, Value: ['81']}]}, {ComponentArn: !GetAtt Nginx.Arn}]
`})
	r, err := recipe.Load(filepath.Join(dir, "t.yml"))
	if err != nil {
		t.Fatal(err)
	}
	opts := options(t, dir)
	if opts.Actions, err = catalog.Builtin(); err != nil {
		t.Fatal(err)
	}
	p, err := New(t.Context(), r, opts)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range p.Components {
		got = append(got, c.Reference+" "+c.ID()+" "+c.Parameters[0].Value)
	}
	want := []string{"t.yml#Nginx my-nginx/1.2.0 81", "t.yml#Nginx my-nginx/1.2.0 80"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("components (-want +got):\n%s", diff)
	}
}
