package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const nginxDocument = `name: nginx
schemaVersion: 1.0
parameters:
  - ListenPort: {type: string, default: "80", description: where it listens}
phases:
  - name: build
    steps:
      - {name: Install, action: ExecuteBash, inputs: {commands: ['echo {{ ListenPort }}']}}
`

// stocked is a world with a store of some components, in a folder with nginx.yaml.
func stocked(t *testing.T) *world {
	t.Helper()
	w := newWorld(t).in(t.TempDir())
	write(t, "nginx.yaml", nginxDocument)
	for _, version := range []string{"1.0.0", "1.2.0", "2.0.0"} {
		if got := w.ok("component", "create", "nginx.yaml", "--semantic-version", version); got != "nginx/"+version+"/1\n" {
			t.Fatalf("create wrote %q", got)
		}
	}
	return w
}

func TestComponentCreateAgain(t *testing.T) {
	w := stocked(t)
	code, stdout, stderr := w.run("component", "create", "nginx.yaml", "--semantic-version", "1.0.0", "--tags", "a=b")
	if code != Success || stdout != "nginx/1.0.0/1\n" || !strings.Contains(stderr, "unchanged") {
		t.Errorf("the same content = %d, %q, %q", code, stdout, stderr)
	}
	write(t, "nginx.yaml", nginxDocument+"# changed\n")
	if got := w.ok("component", "create", "nginx.yaml", "--semantic-version", "1.0.0"); got != "nginx/1.0.0/2\n" {
		t.Errorf("other content became %q", got)
	}
	if got := w.ok("component", "export", "nginx/1.0.0/1"); got != nginxDocument {
		t.Errorf("build 1 is now\n%s", got)
	}
}

func TestComponentRequestsOfTheAWSCLI(t *testing.T) {
	request := func(more string) string {
		data, _ := json.Marshal(nginxDocument)
		return `{"name": "My App", "semanticVersion": "1.0.0", "platform": "Linux", "description": "d", "supportedOsVersions": ["Ubuntu 24"],
			"tags": {"team": "web"}, "clientToken": "t", "data": ` + string(data) + more + `}`
	}
	w := newWorld(t).in(t.TempDir())
	write(t, "request.json", request(""))
	write(t, "request.yaml", "name: from-yaml\nsemanticVersion: 1.0.0\nplatform: Linux\nuri: file://nginx.yaml\n")
	write(t, "nginx.yaml", nginxDocument)
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"request.json"}, "my-app/1.0.0/1"},
		{[]string{"--cli-input-json", "file://request.json", "--name", "other"}, "other/1.0.0/1"},
		{[]string{"--cli-input-json", request(""), "--semantic-version", "1.1.0"}, "my-app/1.1.0/1"},
		{[]string{"request.yaml"}, "from-yaml/1.0.0/1"},
		{[]string{"--name", "flags", "--semantic-version", "1.0.0", "--data", "file://nginx.yaml"}, "flags/1.0.0/1"},
		{[]string{"--name", "address", "--semantic-version", "1.0.0", "--uri", "file://nginx.yaml"}, "address/1.0.0/1"},
	} {
		if got := strings.TrimSpace(w.ok(append([]string{"component", "create"}, tt.args...)...)); got != tt.want {
			t.Errorf("%v made %s, want %s", tt.args, got, tt.want)
		}
	}
	var got componentDetail
	if err := json.Unmarshal([]byte(w.ok("component", "show", "my-app/1.0.0", "--format", "json")), &got); err != nil {
		t.Fatal(err)
	}
	if got.Name != "My App" || got.Tags["team"] != "web" || *got.Data != nginxDocument || got.Parameters[0].DefaultValue[0] != "80" ||
		got.State.Status != "ACTIVE" || got.ARN != "arn:aws:imagebuilder:us-east-1:000000000000:component/my-app/1.0.0/1" {
		t.Errorf("show = %+v", got)
	}
	write(t, "bad.json", request(`, "semanticVersoin": "1"`))
	code, _, stderr := w.run("component", "create", "bad.json")
	if code != WrongInput || !strings.Contains(stderr, `bad.json:2:`) || !strings.Contains(stderr, `did you mean "semanticVersion"`) {
		t.Errorf("unknown member = %d, %s", code, stderr)
	}
}

func TestIMP13ImportRequestOfTheAWSCLI(t *testing.T) {
	w := newWorld(t).in(t.TempDir())
	write(t, "script.sh", "#!/bin/bash\necho hello\n")
	write(t, "request.json", `{"name": "from-request", "semanticVersion": "1.0.0", "type": "TEST", "format": "SHELL", "platform": "Linux",
		"uri": "file://script.sh", "clientToken": "t"}`)
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"request.json"}, "from-request/1.0.0/1"},
		{[]string{"--cli-input-json", "file://request.json", "--name", "other"}, "other/1.0.0/1"},
		{[]string{"script.sh", "--name", "script", "--semantic-version", "1.0.0", "--type", "BUILD"}, "script/1.0.0/1"},
		{[]string{"--name", "inline", "--semantic-version", "1.0.0", "--type", "BUILD", "--format", "SHELL", "--data", "echo x"}, "inline/1.0.0/1"},
	} {
		if got := strings.TrimSpace(w.ok(append([]string{"component", "import"}, tt.args...)...)); got != tt.want {
			t.Errorf("%v made %s, want %s", tt.args, got, tt.want)
		}
	}
	if got := w.ok("component", "export", "script"); !strings.Contains(got, "echo hello") || !strings.Contains(got, "RunScript") {
		t.Errorf("the document is\n%s", got)
	}
	code, _, stderr := w.run("component", "import", "--name", "abc", "--semantic-version", "1.0.0", "--data", "echo")
	if code != WrongInput || !strings.Contains(stderr, "type: is missing") || !strings.Contains(stderr, "format: is missing") {
		t.Errorf("no type and format = %d, %s", code, stderr)
	}
}

func TestComponentCreateShowsEveryProblem(t *testing.T) {
	w := newWorld(t).in(t.TempDir())
	write(t, "bad.yaml", badDocument)
	code, _, stderr := w.run("component", "create", "bad.yaml", "--semantic-version", "1.0.0")
	if code != WrongInput || !strings.Contains(stderr, "bad.yaml:3:1") || !strings.Contains(stderr, "bad.yaml:8:17") {
		t.Errorf("bad document = %d\n%s", code, stderr)
	}
	code, _, stderr = w.run("component", "create", "bad.yaml", "--name", "x", "--semantic-version", "1.x.x", "--platform", "linux")
	if code != WrongInput || strings.Count(stderr, "Error:") != 3 || !strings.Contains(stderr, `did you mean "Linux"`) {
		t.Errorf("bad members = %d\n%s", code, stderr)
	}
	if got := w.ok("component", "list", "--format", "json"); !strings.Contains(got, `"componentVersionList": []`) {
		t.Errorf("something was stored: %s", got)
	}
}

func TestComponentDryRun(t *testing.T) {
	w := newWorld(t).in(t.TempDir())
	write(t, "nginx.yaml", nginxDocument)
	code, stdout, stderr := w.run("component", "create", "nginx.yaml", "--semantic-version", "1.0.0", "--dry-run")
	if code != Success || stdout != "" || !strings.Contains(stderr, "nothing was stored") {
		t.Errorf("dry run = %d, %q, %q", code, stdout, stderr)
	}
	if got := w.ok("component", "versions"); strings.Contains(got, "nginx") {
		t.Errorf("dry run stored something: %s", got)
	}
}

func TestComponentListPages(t *testing.T) {
	w := stocked(t)
	var versions []string
	var page struct {
		ComponentVersionList []componentView
		NextToken            string
	}
	for range 4 {
		args := []string{"component", "list", "--limit", "1", "--format", "json"}
		if page.NextToken != "" {
			args = append(args, "--next", page.NextToken)
		}
		page.NextToken = ""
		if err := json.Unmarshal([]byte(w.ok(args...)), &page); err != nil {
			t.Fatal(err)
		}
		versions = append(versions, page.ComponentVersionList[0].Reference)
		if page.NextToken == "" {
			break
		}
	}
	if got := strings.Join(versions, " "); got != "nginx/1.0.0 nginx/1.2.0 nginx/2.0.0" {
		t.Errorf("pages held %s", got)
	}
	if code, _, stderr := w.run("component", "list", "--next", "made-up"); code != WrongInput || !strings.Contains(stderr, "token") {
		t.Errorf("made-up token = %d, %s", code, stderr)
	}
	if _, _, stderr := w.run("component", "list", "-n", "2"); !strings.Contains(stderr, "there is more: --next ") {
		t.Errorf("a table does not say that there is more: %q", stderr)
	}
}

func TestComponentListFilters(t *testing.T) {
	w := stocked(t)
	for _, tt := range []struct {
		args []string
		want int
	}{
		{nil, 3},
		{[]string{"NGINX"}, 3},
		{[]string{"other"}, 0},
		{[]string{"--filter", "version=1.x.x"}, 2},
		{[]string{"--filter", "platform=linux", "--filter", "type=build"}, 3},
		{[]string{"--filters", "name=version,values=1.0.0,2.0.0"}, 2},
		{[]string{"--filter", "version=1.x.x", "--filter", "type=TEST"}, 0},
		{[]string{"--by-name"}, 1},
		{[]string{"--owner", "Shared"}, 0},
	} {
		got := w.ok(append([]string{"component", "list", "--format", "wide"}, tt.args...)...)
		if lines := strings.Count(got, "\n") - 1; lines != tt.want {
			t.Errorf("%v: %d lines, want %d\n%s", tt.args, lines, tt.want, got)
		}
	}
	for _, filter := range []string{"platform=Linus", "type=BUILDS", "status=ACTIV"} {
		if code, _, stderr := w.run("component", "list", "--filter", filter); code != WrongInput || !strings.Contains(stderr, "is not one of") || !strings.Contains(stderr, "did you mean") {
			t.Errorf("%s = %d, %s", filter, code, stderr)
		}
	}
	code, _, stderr := w.run("component", "list", "--filter", "vresion=1.x.x")
	if code != WrongInput || !strings.Contains(stderr, `did you mean "version"`) {
		t.Errorf("unknown filter = %d, %s", code, stderr)
	}
}

func TestPlanChoosesFromTheStore(t *testing.T) {
	w := stocked(t)
	write(t, "other.yaml", strings.ReplaceAll(nginxDocument, "name: nginx\n", ""))
	write(t, "recipe.yaml", "name: web\nparentImage: scratch\ncomponents:\n  - component: nginx/1.x.x\n  - component: nginx/1.0.0/1\n  - component: other\n")
	got := w.ok("plan", "--platform", "linux/amd64")
	for _, want := range []string{"1.2.0/1 (nginx/1.x.x)", "1.0.0/1  ", "other", "0.0.0"} {
		if !strings.Contains(got, want) {
			t.Errorf("the plan does not show %q:\n%s", want, got)
		}
	}
	w.ok("component", "deprecate", "nginx/1.2.0", "--support-end", "2100-01-01", "--replaced-by", "nginx/2.x.x")
	if got := w.ok("plan", "--platform", "linux/amd64"); !strings.Contains(got, "1.0.0/1 (nginx/1.x.x)") {
		t.Errorf("the plan chose the deprecated version:\n%s", got)
	}
	w.ok("component", "deprecate", "nginx/1.0.0", "--disable")
	write(t, "recipe.yaml", "name: web\nparentImage: scratch\ncomponents:\n  - component: nginx/1.x.x\n")
	const warning = `warning: component "nginx" 1.2.0 is deprecated: support ends 2100-01-01; use nginx/2.x.x instead`
	if got := w.ok("plan", "--platform", "linux/amd64"); !strings.Contains(got, warning) {
		t.Errorf("the plan does not warn:\n%s", got)
	}
	write(t, "recipe.yaml", "name: web\nparentImage: scratch\ncomponents:\n  - component: nginx/1.0.0/1\n  - component: ngnix/1.x.x\n")
	code, _, stderr := w.run("plan")
	for _, want := range []string{
		`recipe.yaml:4:16: component "nginx/1.0.0/1" is disabled`,
		`recipe.yaml:5:16: component "ngnix/1.x.x" not found in the store or beside the recipe`,
		`did you mean "nginx" (1.2.0, 1.0.0 (disabled), 2.0.0)`,
	} {
		if code != WrongInput || !strings.Contains(stderr, want) {
			t.Errorf("plan = %d, without %q:\n%s", code, want, stderr)
		}
	}
}

func TestPlanOfFilesLeavesTheStoreAlone(t *testing.T) {
	w := newWorld(t).in(t.TempDir())
	write(t, "nginx.yaml", nginxDocument)
	write(t, "recipe.yaml", "name: web\nparentImage: scratch\ncomponents:\n  - component: ./nginx.yaml\n  - component: nginx\n")
	w.ok("plan", "--platform", "linux/amd64")
	if _, err := os.Stat(filepath.Join(w.home, "store.db")); !os.IsNotExist(err) {
		t.Errorf("a plan made a store: %v", err)
	}
	write(t, filepath.Join(w.home, "store.db"), "not a database, and nobody looks")
	write(t, "recipe.yaml", "name: web\nparentImage: scratch\ncomponents:\n  - component: ./nginx.yaml\n")
	w.ok("plan", "--platform", "linux/amd64")
}

func TestComponentDeleteWithRecipes(t *testing.T) {
	w := stocked(t)
	write(t, "recipe.yaml", "name: web\nsemanticVersion: 1.x.x\nparentImage: debian:12\ncomponents:\n  - component: nginx/2.0.0/1\n")
	if got := w.ok("recipe", "create"); got != "web/1.0.0\n" {
		t.Errorf("recipe create wrote %q", got)
	}
	code, _, stderr := w.run("component", "delete", "nginx/2.0.0/1")
	if code != WrongInput || !strings.Contains(stderr, "needed by recipe web/1.0.0") {
		t.Errorf("delete = %d, %s", code, stderr)
	}
	if code, _, stderr := w.run("component", "delete", "nginx/2.0.0"); code != WrongInput || !strings.Contains(stderr, `"nginx/2.0.0/1"`) {
		t.Errorf("delete of a version = %d, %s", code, stderr)
	}
	if code, _, _ := w.run("component", "delete", "nginx/2.0.0/1", "--cascade"); code != WrongInput {
		t.Error("--cascade without --yes was accepted")
	}
	const order = "recipe web/1.0.0\ncomponent nginx/2.0.0/1\n"
	if got := w.ok("component", "delete", "nginx/2.0.0/1", "--cascade", "--dry-run"); got != order {
		t.Errorf("order %q", got)
	}
	if got := w.ok("component", "delete", "nginx/2.0.0/1", "--cascade", "--yes"); got != order {
		t.Errorf("deleted %q", got)
	}
	w.ok("component", "delete", "nginx/2.0.0/1", "--ignore-not-found")
	if got := w.ok("recipe", "list", "--format", "json"); got != "[]\n" {
		t.Errorf("recipes: %s", got)
	}
}

func TestRecipeShow(t *testing.T) {
	w := stocked(t)
	const text = "name: web\nsemanticVersion: 1.4.0\nparentImage: debian:12\ncomponents:\n  - component: nginx/1.x.x\n"
	write(t, "recipe.yaml", text)
	w.ok("recipe", "create")
	if got := w.ok("recipe", "show", "web", "--format", "file"); got != text {
		t.Errorf("the file is\n%s", got)
	}
	if got := w.ok("recipe", "show", "web/1.x.x"); !strings.Contains(got, "nginx/1.x.x  nginx/1.2.0/1  ACTIVE") {
		t.Errorf("show does not tell what is meant:\n%s", got)
	}
	if got := w.ok("component", "show", "nginx/1.2.0"); !strings.Contains(got, "web/1.4.0 as nginx/1.x.x") {
		t.Errorf("component show does not tell who uses it:\n%s", got)
	}
	code, _, stderr := w.run("recipe", "create")
	if code != WrongInput || !strings.Contains(stderr, "next free version is 1.4.1") {
		t.Errorf("the same version again = %d, %s", code, stderr)
	}
	write(t, "recipe.yaml", "name: web\nsemanticVersion: 1.5.0\nparentImage: debian:12\ncomponents:\n  - component: ./nginx.yaml\n  - component: none\n"+
		"  - component: nginx\n    parameters: [{name: ListenPrt, value: ['1']}]\n")
	code, _, stderr = w.run("recipe", "create")
	for _, want := range []string{"recipe.yaml:5:16", "slipway component create ./nginx.yaml", "recipe.yaml:6:16", `did you mean "ListenPort"`} {
		if code != WrongInput || !strings.Contains(stderr, want) {
			t.Errorf("recipe create = %d, without %q:\n%s", code, want, stderr)
		}
	}
}

func TestComponentsOfTheWrongKindOfFile(t *testing.T) {
	w := newWorld(t).in(t.TempDir())
	write(t, "nginx.yaml", nginxDocument)
	write(t, "script.sh", "echo hello\n")
	write(t, "script", "#!/bin/bash\necho hello\n")
	for want, args := range map[string][]string{
		`"script.sh" is a script, not a component document`:  {"create", "script.sh", "--semantic-version", "1.0.0"},
		`"script" is a script, not a component document`:     {"create", "script", "--semantic-version", "1.0.0"},
		`"nginx.yaml" is a component document, not a script`: {"import", "nginx.yaml", "--semantic-version", "1.0.0", "--type", "BUILD"},
	} {
		if code, _, stderr := w.run(append([]string{"component"}, args...)...); code != WrongInput || !strings.Contains(stderr, want) || !strings.Contains(stderr, "Hint:  slipway component ") {
			t.Errorf("%v = %d, without %q:\n%s", args, code, want, stderr)
		}
	}
	if got := w.ok("component", "list", "--format", "json"); !strings.Contains(got, `"componentVersionList": []`) {
		t.Errorf("something was stored: %s", got)
	}
}

func TestDescriptionOfTheDocument(t *testing.T) {
	w := newWorld(t).in(t.TempDir())
	write(t, "nginx.yaml", "description: |\n  A web server.\n"+nginxDocument)
	w.ok("component", "create", "nginx.yaml", "--semantic-version", "1.0.0")
	w.ok("component", "create", "nginx.yaml", "--semantic-version", "1.1.0", "--description", "Mine.")
	got := w.ok("component", "list", "--format", "wide")
	if !strings.Contains(got, "A web server.") || !strings.Contains(got, "Mine.") {
		t.Errorf("list:\n%s", got)
	}
}

// TestNamesAreNoPaths: no name leads anywhere on the disk, wherever it is written.
func TestNamesAreNoPaths(t *testing.T) {
	w := stocked(t)
	write(t, "script.sh", "echo hello\n")
	for _, name := range []string{"../evil", "/etc/passwd", "a/b", `a\b`, "..", "a\x00b", "a\nb", "aws:evil", "nginx:1", "C:evil", ""} {
		body, _ := json.Marshal(map[string]string{"name": name, "semanticVersion": "1.0.0", "platform": "Linux", "data": nginxDocument})
		write(t, "request.json", string(body))
		write(t, "recipe.yaml", "name: "+string(must(json.Marshal(name)))+"\nparentImage: scratch\n")
		for _, args := range [][]string{
			{"component", "create", "nginx.yaml", "--name", name, "--semantic-version", "1.0.0"},
			{"component", "create", "request.json"},
			{"component", "import", "script.sh", "--type", "BUILD", "--name", name, "--semantic-version", "1.0.0"},
			{"recipe", "create"},
		} {
			if code, stdout, _ := w.run(args...); code != WrongInput || stdout != "" {
				t.Errorf("%q = %d, %s", args, code, stdout)
			}
		}
	}
	for _, reference := range []string{"../nginx.yaml", "./nginx.yaml", "/etc/passwd", "nginx/../../x", "file:///etc/passwd"} {
		for _, command := range []string{"show", "export", "delete", "push"} {
			args := []string{"component", command, reference}
			if command == "push" {
				args = append(args, "localhost:1/x")
			}
			if code, stdout, _ := w.run(args...); code != WrongInput || stdout != "" {
				t.Errorf("%v = %d, %s", args, code, stdout)
			}
		}
	}
	entries, err := os.ReadDir(w.home)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "store.db") && e.Name() != "images" {
			t.Errorf("there is %s beside the store", e.Name())
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // a mistake in a test
	}
	return v
}

func TestDocumentsOverTheLimit(t *testing.T) {
	w := newWorld(t).in(t.TempDir())
	write(t, "inline.yaml", nginxDocument+strings.Repeat("#", 1<<16))
	write(t, "huge.yaml", nginxDocument+strings.Repeat("#", 1<<20))
	write(t, "huge.sh", strings.Repeat("echo\n", 1<<18))
	w.ok("component", "create", "inline.yaml", "--semantic-version", "1.0.0") // a file is no inline data
	for want, args := range map[string][]string{
		"at most 65535 are allowed":       {"create", "--data", "file://inline.yaml", "--name", "abc", "--semantic-version", "1.0.0"},
		"larger than 1048576 bytes":       {"create", "huge.yaml", "--semantic-version", "1.0.0"},
		"the content is larger than 1048": {"import", "huge.sh", "--type", "BUILD", "--semantic-version", "1.0.0"},
	} {
		if code, stdout, stderr := w.run(append([]string{"component"}, args...)...); code != WrongInput || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%v = %d, without %q:\n%s", args, code, want, stderr)
		}
	}
}

func TestManagedComponentsAreNotDeleted(t *testing.T) {
	w := newWorld(t).in(t.TempDir())
	for _, more := range [][]string{nil, {"--dry-run"}, {"--cascade", "--yes"}, {"--cascade", "--dry-run"}} {
		args := append([]string{"component", "delete", "aws:update-linux/1.0.0/1"}, more...)
		if code, _, stderr := w.run(args...); code != WrongInput || !strings.Contains(stderr, "come with Slipway") || !strings.Contains(stderr, "--disable") {
			t.Errorf("%v = %d, %s", args, code, stderr)
		}
	}
	w.ok("component", "show", "aws:update-linux/1.0.0/1")
}

func TestDryRunOfADeleteIsRefusedAsTheDelete(t *testing.T) {
	w := stocked(t)
	write(t, "recipe.yaml", "name: web\nparentImage: debian:12\ncomponents:\n  - component: nginx/2.0.0/1\n")
	w.ok("recipe", "create")
	if code, _, stderr := w.run("component", "delete", "nginx/2.0.0/1", "--dry-run"); code != WrongInput || !strings.Contains(stderr, "needed by recipe web/1.0.0") {
		t.Errorf("dry run = %d, %s", code, stderr)
	}
	if got := w.ok("component", "delete", "nginx/1.0.0/1", "--dry-run"); got != "component nginx/1.0.0/1\n" {
		t.Errorf("dry run wrote %q", got)
	}
	w.ok("component", "show", "nginx/1.0.0/1")
}

func TestCompletionOfFlags(t *testing.T) {
	w := stocked(t).set("kms: {keys: {some-key: 'base64key://smGbjm71Nxd1Ig5FS0wj9SlbzAIrnolCz9bQQ6uAhl4='}}\n")
	for want, args := range map[string][]string{
		"tag=\n":                  {"list", "--filter", ""},
		"platform=Windows\n":      {"list", "--filter", "platform="},
		"ThirdParty\n":            {"list", "--owner", ""},
		"macOS\n":                 {"create", "--platform", ""},
		"TEST\n":                  {"import", "--type", ""},
		"nginx/1.2.0/1\tACTIVE\n": {"deprecate", "nginx", "--replaced-by", "nginx/"},
		"some-key\n":              {"rekey", "--all", "--kms-key-id", ""},
	} {
		if got := w.ok(append([]string{"__complete", "component"}, args...)...); !strings.Contains(got, want) || strings.Contains(got, "smGbjm") {
			t.Errorf("%v offers\n%s", args, got)
		}
	}
}

func TestComponentTags(t *testing.T) {
	w := stocked(t)
	w.ok("component", "tag", "nginx/2.0.0/1", "team=web", "stage=production")
	w.ok("component", "untag", "nginx/2.0.0/1", "stage", "absent")
	if got := w.ok("component", "versions", "nginx/2", "--format", "wide"); !strings.Contains(got, " team=web ") {
		t.Errorf("versions:\n%s", got)
	}
	if code, _, stderr := w.run("component", "tag", "nginx/2.0.0", "a=b"); code != WrongInput || !strings.Contains(stderr, "does not name one build") {
		t.Errorf("tag of a version = %d, %s", code, stderr)
	}
}

func TestComponentExportOverwritesNothing(t *testing.T) {
	w := stocked(t)
	write(t, "out.yaml", "mine")
	if code, _, stderr := w.run("component", "export", "nginx", "out.yaml"); code != WrongInput || !strings.Contains(stderr, "--force") {
		t.Errorf("export = %d, %s", code, stderr)
	}
	w.ok("component", "export", "nginx", "out.yaml", "--force")
	if data, _ := os.ReadFile("out.yaml"); string(data) != nginxDocument {
		t.Errorf("exported %q", data)
	}
}

func TestBrokenStores(t *testing.T) {
	w := newWorld(t).in(t.TempDir())
	if err := os.Mkdir(filepath.Join(w.home, "store.db"), 0o755); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := w.run("component", "list"); code != MachineFault || !strings.Contains(stderr, "it is a folder") || !strings.Contains(stderr, "Hint:  move the folder away") {
		t.Errorf("a folder = %d, %s", code, stderr)
	}
	if err := os.Remove(filepath.Join(w.home, "store.db")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(w.home, "store.db"), strings.Repeat("this is no database ", 300))
	code, _, stderr := w.run("component", "list")
	if code != MachineFault || !strings.Contains(stderr, "damaged") || !strings.Contains(stderr, "a copy was kept as") {
		t.Errorf("damaged = %d, %s", code, stderr)
	}
}
