package cli

import (
	"os"
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/oci/ocitest"
)

func TestPlanOfAStoredRecipe(t *testing.T) {
	w := stocked(t)
	write(t, "web.yaml", "name: web\nsemanticVersion: 1.x.x\nparentImage: scratch\ncomponents:\n  - component: nginx/1.x.x\ndockerfileTemplateUri: ./Dockerfile\n")
	write(t, "Dockerfile", "FROM {{{ imagebuilder:parentImage }}}\n{{{ imagebuilder:components }}}\nENV KEPT=yes\n")
	w.ok("recipe", "create", "web.yaml")
	w.ok("recipe", "create", "web.yaml")
	for _, name := range []string{"web.yaml", "Dockerfile", "nginx.yaml"} {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	for reference, version := range map[string]string{
		"web": "1.1.0", "web/1.0.0": "1.0.0", "web/1.0.x": "1.0.0", "arn:aws:imagebuilder:us-east-1:000000000000:container-recipe/web/x.x.x": "1.1.0",
	} {
		got := w.ok("plan", reference, "--platform", "linux/amd64")
		if !strings.Contains(got, "web "+version+"\n") || !strings.Contains(got, "nginx/1.x.x is 1.2.0/1: the highest of 2 builds that match") {
			t.Errorf("plan %s, want %s:\n%s", reference, version, got)
		}
	}
	if got := w.ok("plan", "web", "--format", "json", "--platform", "linux/amd64"); !strings.Contains(got, "ENV KEPT=yes") || !strings.Contains(got, `"context": ""`) {
		t.Errorf("the template was not kept, or there is a context:\n%s", got)
	}
	write(t, "web/recipe.yaml", "name: other\nparentImage: scratch\n")
	if got := w.ok("plan", "web", "--platform", "linux/amd64"); !strings.Contains(got, "other 1.0.0") {
		t.Errorf("a folder of that name does not come first:\n%s", got)
	}
	for reference, want := range map[string]string{
		"wbe": `did you mean "web"`, "web/2.x.x": "there is 1.1.0, 1.0.0", "none.yaml": "no such file", "./wbe": "no such file",
	} {
		if code, _, stderr := w.run("plan", reference); code != WrongInput || !strings.Contains(stderr, want) {
			t.Errorf("plan %s = %d, without %q:\n%s", reference, code, want, stderr)
		}
	}
}

func TestVER22AStoredRecipeHasNothingBesideIt(t *testing.T) {
	w := stocked(t)
	write(t, "recipe.yaml", "name: web\nparentImage: scratch\ncomponents:\n  - component: nginx/x.x.x\n")
	w.ok("recipe", "create")
	w.ok("component", "delete", "nginx/1.0.0/1", "nginx/1.2.0/1")
	w.ok("component", "deprecate", "nginx", "--disable") // nothing in the store can be used
	if code, _, stderr := w.run("plan", "web/1.0.0"); code != WrongInput || !strings.Contains(stderr, `"nginx/x.x.x" not found in the store`) {
		t.Errorf("plan of the kept recipe = %d, %s", code, stderr)
	}
	if got := w.ok("plan", "--platform", "linux/amd64"); !strings.Contains(got, "0.0.0") {
		t.Errorf("the file beside the recipe is not found for NAME/x.x.x:\n%s", got)
	}
	write(t, "recipe.yaml", "name: web\nparentImage: scratch\ncomponents:\n  - component: nginx/1.x.x\n")
	if code, _, stderr := w.run("plan"); code != WrongInput || !strings.Contains(stderr, "not found") {
		t.Errorf("a file was taken for NAME/1.x.x = %d, %s", code, stderr)
	}
}

func TestRecipesThatCannotBeKept(t *testing.T) {
	w := stocked(t)
	write(t, "recipe.yaml", "name: web\nparentImage: oci-layout:./parent\n")
	if code, _, stderr := w.run("recipe", "create"); code != WrongInput || !strings.Contains(stderr, "recipe.yaml:2:14") || !strings.Contains(stderr, "slipway image pull") {
		t.Errorf("a parent beside the recipe = %d, %s", code, stderr)
	}
}

func TestPlanTellsWhyAVersionWasChosen(t *testing.T) {
	w := stocked(t)
	host := ocitest.Registry(t).Host
	w.ok("component", "push", "nginx/1.0.0", host+"/components/nginx")
	w.ok("component", "push", "nginx/1.2.0", host+"/components/nginx")
	w.ok("component", "deprecate", "nginx/2.0.0", "--reason", "CVE-2031-1")
	w.ok("component", "create", "nginx.yaml", "--semantic-version", "3.0.0")
	w.ok("component", "deprecate", "nginx/3.0.0", "--disable")
	uri := "oci://" + host + "/components/nginx:1.x.x"
	write(t, "recipe.yaml", "name: web\nparentImage: scratch\ncomponents:\n  - component: nginx\n  - component: nginx/2.x.x\n  - component: nginx/1.0.0/1\n  - component: "+uri+"\n")
	got := w.ok("plan", "--platform", "linux/amd64")
	for _, want := range []string{
		"nginx is 1.2.0/1: the highest that can be used of 4 builds that match; 3.0.0/1 is disabled; 2.0.0/1 is deprecated\n",
		"nginx/2.x.x is 2.0.0/1: the only build that matches; no active one matches\n",
		uri + " is 1.2.0: the highest version in the registry that matches; its digest is now sha256:",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the plan does not say %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "nginx/1.0.0/1 is") {
		t.Errorf("a reason for a reference that names the build:\n%s", got)
	}
	if got := w.ok("component", "versions", "oci://"+host+"/components/nginx"); !strings.Contains(got, "1.2.0    oci://"+host+"/components/nginx:1.2.0\n1.0.0 ") {
		t.Errorf("versions of a registry:\n%s", got)
	}
}

func TestCompletionOfTheStore(t *testing.T) {
	w := stocked(t)
	write(t, "recipe.yaml", "name: web\nparentImage: scratch\ncomponents:\n  - component: nginx\n")
	w.ok("recipe", "create")
	for want, args := range map[string][]string{
		"nginx\n":               {"component", "show", ""},
		"nginx/2.0.0/1\tACTIVE": {"component", "delete", "nginx/"},
		"web/1.0.0\n":           {"build", ""},
		"web/1.0.0":             {"recipe", "show", ""},
		"aws.region":            {"settings", "show", "aws"},
	} {
		if got := w.ok(append([]string{"__complete"}, args...)...); !strings.Contains(got, want) {
			t.Errorf("completion of %q has no %q:\n%s", args, want, got)
		}
	}
}

func TestComponentListByStateAndTag(t *testing.T) {
	w := stocked(t)
	w.ok("component", "tag", "nginx/1.0.0/1", "team=web", "stage=old")
	w.ok("component", "tag", "nginx/1.2.0/1", "team=web")
	w.ok("component", "deprecate", "nginx/2.0.0")
	for _, tt := range []struct {
		filters []string
		want    string
	}{
		{[]string{"status=deprecated"}, "2.0.0"},
		{[]string{"status=ACTIVE,DISABLED"}, "1.0.0 1.2.0"},
		{[]string{"tag=team"}, "1.0.0 1.2.0"},
		{[]string{"tag=stage,other"}, "1.0.0"},
		{[]string{"tag=team=web", "tag:stage=old"}, "1.0.0"},
		{[]string{"tag:team=db,web", "version=1.2.x"}, "1.2.0"},
		{[]string{"tag:team=db"}, ""},
	} {
		args := []string{"component", "list"}
		for _, f := range tt.filters {
			args = append(args, "--filter", f)
		}
		var versions []string
		for _, line := range strings.Split(strings.TrimSpace(w.ok(args...)), "\n")[1:] {
			versions = append(versions, strings.Fields(line)[1])
		}
		if got := strings.Join(versions, " "); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.filters, got, tt.want)
		}
	}
	for _, filter := range []string{"status=ACTVE", "tag=", "tag:team=*", "tags=x"} {
		if code, _, stderr := w.run("component", "list", "--filter", filter); code != WrongInput {
			t.Errorf("%s = %d, %s", filter, code, stderr)
		}
	}
}

func TestComponentShowHasPhasesAndDocument(t *testing.T) {
	w := stocked(t)
	got := w.ok("component", "show", "nginx")
	for _, want := range []string{"ListenPort=80 (where it listens)", "PHASE  #  STEP     ACTION\nbuild  1  Install  ExecuteBash\n", "commands: ['echo {{ ListenPort }}']"} {
		if !strings.Contains(got, want) {
			t.Errorf("show has no %q:\n%s", want, got)
		}
	}
}

func TestCOMP13GetAsJSON(t *testing.T) {
	w := stocked(t)
	got := w.ok("component", "show", "nginx/1.0.0", "--format", "json")
	for _, want := range []string{`"tags": {}`, `"encrypted": false`, `"status": "ACTIVE"`, `"defaultValue": [`, `"data": "name: nginx\n`} {
		if !strings.Contains(got, want) {
			t.Errorf("show has no %s:\n%s", want, got)
		}
	}
}

func TestIMP11AnswerToAnImport(t *testing.T) {
	w := newWorld(t).in(t.TempDir())
	write(t, "script.sh", "echo hello\n")
	got := w.ok("component", "import", "script.sh", "--name", "script", "--semantic-version", "1.0.0", "--type", "BUILD", "--format", "json")
	if strings.Contains(got, "latestVersionReferences") || !strings.Contains(got, "component/script/1.0.0/1") {
		t.Errorf("the answer is\n%s", got)
	}
	if got := w.ok("component", "show", "script", "--format", "json"); !strings.Contains(got, "RunScript") || !strings.Contains(got, "latestVersionReferences") {
		t.Errorf("get gives\n%s", got)
	}
	write(t, "nginx.yaml", nginxDocument)
	if got := w.ok("component", "create", "nginx.yaml", "--semantic-version", "1.0.0", "--format", "json"); !strings.Contains(got, "latestVersionReferences") {
		t.Errorf("the answer to create is\n%s", got)
	}
}
