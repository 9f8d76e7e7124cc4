package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/builder/component/sealed"
)

// set writes the settings of a world.
func (w *world) set(text string) *world {
	w.t.Helper()
	write(w.t, filepath.Join(w.home, "settings.yaml"), text)
	return w
}

func TestSettingsShow(t *testing.T) {
	w := newWorld(t)
	if got := w.ok("settings", "show"); !strings.Contains(got, "there is none") || !strings.Contains(got, "components.noticeDays             28") {
		t.Errorf("without a file:\n%s", got)
	}
	w.set("components: {noticeDays: 60}\nkms: {keys: {some-key: 'base64key://c2VjcmV0'}}\n")
	got := w.ok("settings", "show")
	if !strings.Contains(got, "components.noticeDays             60") || !strings.Contains(got, "base64key://...") || strings.Contains(got, "c2VjcmV0") {
		t.Errorf("with a file:\n%s", got)
	}
	var tree struct{ AWS struct{ Region string } }
	if err := json.Unmarshal([]byte(w.ok("settings", "show", "aws", "--format", "json")), &tree); err != nil || tree.AWS.Region != "us-east-1" {
		t.Errorf("JSON: %+v, %v", tree, err)
	}
	w.env["SLIPWAY_SETTINGS"] = filepath.Join(t.TempDir(), "mine.yaml")
	if code, _, stderr := w.run("settings", "show"); code != WrongInput || !strings.Contains(stderr, "mine.yaml") {
		t.Errorf("a file that is named and missing = %d, %s", code, stderr)
	}
	write(t, w.env["SLIPWAY_SETTINGS"], "aws: {region: eu-central-1}\n")
	if got := w.ok("settings", "show", "aws.region"); !strings.Contains(got, "eu-central-1") {
		t.Errorf("SLIPWAY_SETTINGS is not heeded:\n%s", got)
	}
	for _, args := range [][]string{{"settings", "show", "aws.regoin"}, {"settings", "shw"}} {
		if code, _, stderr := w.run(args...); code != WrongInput || !strings.Contains(stderr, "did you mean") {
			t.Errorf("%v = %d, %s", args, code, stderr)
		}
	}
}

func TestWrongSettingsAreToldWithTheirPlace(t *testing.T) {
	w := newWorld(t).in(t.TempDir()).set("components:\n  noticeDay: 3\n")
	write(t, "recipe.yaml", "name: web\nparentImage: scratch\n")
	for _, args := range [][]string{{"component", "list"}, {"plan"}, {"validate", "recipe.yaml"}, {"recipe", "list"}} {
		code, _, stderr := w.run(args...)
		if code != WrongInput || !strings.Contains(stderr, `settings.yaml:2:3: unknown setting "components.noticeDay"`) || !strings.Contains(stderr, `did you mean "noticeDays"?`) {
			t.Errorf("%v = %d, %s", args, code, stderr)
		}
	}
	w.ok("version")
}

func TestVER18ARNsFollowTheSettings(t *testing.T) {
	w := stocked(t)
	write(t, "recipe.yaml", "name: web\nparentImage: debian:12\ncomponents:\n  - component: nginx\n")
	w.ok("recipe", "create")
	w.set("aws: {partition: aws-cn, region: cn-north-1, account: '123456789012'}\n")
	for want, args := range map[string][]string{
		`"arn:aws-cn:imagebuilder:cn-north-1:123456789012:component/nginx/1.0.0"`:      {"component", "list", "--format", "json"},
		`"arn:aws-cn:imagebuilder:cn-north-1:123456789012:component/nginx/2.0.0/1"`:    {"component", "show", "nginx", "--format", "json"},
		`"arn:aws-cn:imagebuilder:cn-north-1:123456789012:container-recipe/web/1.0.0"`: {"recipe", "list", "--format", "json"},
		`"arn:aws-cn:imagebuilder:cn-north-1:aws:component/update-linux/1.0.0/1"`:      {"component", "show", "aws:update-linux", "--format", "json"},
	} {
		if got := w.ok(args...); !strings.Contains(got, want) {
			t.Errorf("%v has no %s:\n%s", args, want, got)
		}
	}
	w.set("")
	if got := w.ok("component", "show", "nginx", "--format", "json"); !strings.Contains(got, `"arn:aws:imagebuilder:us-east-1:000000000000:component/nginx/2.0.0/1"`) {
		t.Errorf("without the setting:\n%s", got)
	}
	w.ok("component", "show", "arn:aws-cn:imagebuilder:cn-north-1:123456789012:component/nginx/2.0.0/1") // as it was
}

func TestCOMP11UniqueVersionsBySetting(t *testing.T) {
	w := stocked(t).set("components: {requireUniqueVersions: true}\n")
	w.ok("component", "create", "nginx.yaml", "--semantic-version", "1.0.0") // the same content
	write(t, "nginx.yaml", nginxDocument+"# changed\n")
	code, _, stderr := w.run("component", "create", "nginx.yaml", "--semantic-version", "1.0.0")
	if code != WrongInput || !strings.Contains(stderr, "with other content") || !strings.Contains(stderr, "the next free version is 1.0.1") {
		t.Errorf("other content = %d, %s", code, stderr)
	}
	w.set("")
	if got := w.ok("component", "create", "nginx.yaml", "--semantic-version", "1.0.0"); got != "nginx/1.0.0/2\n" {
		t.Errorf("without the setting: %q", got)
	}
}

func TestREC04ComponentsPerRecipeBySetting(t *testing.T) {
	w := stocked(t)
	write(t, "recipe.yaml", "name: web\nparentImage: scratch\ncomponents:\n"+strings.Repeat("  - component: nginx\n", 21))
	for _, args := range [][]string{{"plan"}, {"recipe", "create"}, {"validate", "recipe.yaml"}} {
		code, stdout, stderr := w.run(args...)
		if code != WrongInput || !strings.Contains(stdout+stderr, "components has 21 entries; at most 20 are allowed") {
			t.Errorf("%v = %d, %s%s", args, code, stdout, stderr)
		}
	}
	w.set("limits: {componentsPerRecipe: 21}\n")
	for _, args := range [][]string{{"plan", "--platform", "linux/amd64"}, {"recipe", "create"}, {"validate", "recipe.yaml"}} {
		w.ok(args...)
	}
	w.set("limits: {componentsPerRecipe: 3}\n")
	w.ok("plan", "web", "--platform", "linux/amd64") // it is kept, and was within the limits then
}

func TestDIST04RegistriesBySetting(t *testing.T) {
	w := newWorld(t).in(t.TempDir())
	write(t, "recipe.yaml", "name: web\nparentImage: scratch\ntargetRepository: {service: ECR, repositoryName: acme/web}\n")
	if code, _, stderr := w.run("plan", "--platform", "linux/amd64"); code != WrongInput || !strings.Contains(stderr, "registries.default") {
		t.Errorf("without a registry = %d, %s", code, stderr)
	}
	for text, want := range map[string]string{
		"registries: {default: ghcr.io/team}":                                                   "ghcr.io/team/acme/web",
		"registries: {default: ghcr.io, us-east-1: 'localhost:5000'}":                           "localhost:5000/acme/web",
		"registries: {default: ghcr.io, us-east-1: 'localhost:5000'}\naws: {region: eu-west-1}": "ghcr.io/acme/web",
		"registries: {eu-west-1: ecr}\naws: {region: eu-west-1, account: '123456789012'}":       "123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme/web",
	} {
		if got := w.set(text).ok("plan", "--platform", "linux/amd64"); !strings.Contains(got, " "+want+":1.0.0-<build>") {
			t.Errorf("%s: no %s:\n%s", text, want, got)
		}
	}
}

const cliKey = "base64key://smGbjm71Nxd1Ig5FS0wj9SlbzAIrnolCz9bQQ6uAhl4="

func TestKMS03KMS04KeysOfTheSettings(t *testing.T) {
	id, err := sealed.Fingerprint(cliKey)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t).in(t.TempDir())
	write(t, "nginx.yaml", nginxDocument)
	code, stdout, stderr := w.run("--debug", "component", "create", "nginx.yaml", "--semantic-version", "1.0.0", "--kms-key-id", cliKey)
	if code != Success || !strings.Contains(stderr, "add it to kms.keys in the settings as "+id) {
		t.Fatalf("create = %d, %s", code, stderr)
	}
	said := stdout + stderr
	_, stdout, stderr = w.run("--debug", "component", "show", "nginx") // metadata only
	said += stdout + stderr
	if !strings.Contains(stdout, "with "+id) || !strings.Contains(stderr, "is not in kms.keys") {
		t.Errorf("show without the key: %s%s", stdout, stderr)
	}
	code, _, stderr = w.run("component", "export", "nginx")
	said += stderr
	if code != WrongInput || !strings.Contains(stderr, `key "`+id+`" is not in kms.keys`) {
		t.Errorf("export without the key = %d, %s", code, stderr)
	}
	said += w.ok("component", "list", "--format", "json")
	for what, secret := range map[string]string{"key": cliKey[len("base64key://"):], "clear text": "echo {{ ListenPort }}"} {
		if strings.Contains(said, secret) {
			t.Errorf("the %s is in what was written:\n%s", what, said)
		}
	}
	w.set("kms: {keys: {'" + id + "': '" + cliKey + "'}}\n")
	if got := w.ok("component", "export", "nginx"); got != nginxDocument {
		t.Errorf("with the key:\n%s", got)
	}
	write(t, "recipe.yaml", "name: web\nparentImage: scratch\ncomponents:\n  - component: nginx\n")
	w.ok("plan", "--platform", "linux/amd64")
	w.set("kms: {keys: {'" + id + "': 'base64key://" + strings.Repeat("A", 43) + "='}}\n")
	if code, _, stderr := w.run("plan"); code != WrongInput || !strings.Contains(stderr, "is another key") {
		t.Errorf("a wrong key = %d, %s", code, stderr)
	}
}

func TestKMS02UnmappedKeyBySetting(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"} {
		t.Setenv(name, "")
	}
	for _, name := range []string{"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"} {
		t.Setenv(name, "/nonexistent")
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	const arn = "arn:aws:kms:eu-central-1:123456789012:alias/builds"
	w := newWorld(t).in(t.TempDir())
	write(t, "nginx.yaml", nginxDocument)
	create := []string{"component", "create", "nginx.yaml", "--semantic-version", "1.0.0", "--kms-key-id", arn, "--format", "json"}
	if code, _, stderr := w.run(create...); code != WrongInput || !strings.Contains(stderr, arn) || !strings.Contains(stderr, "kms.onUnmappedKey") {
		t.Errorf("unmapped = %d, %s", code, stderr)
	}
	w.set("kms: {onUnmappedKey: ignore}\n")
	if code, _, stderr := w.run(create...); code != Success || !strings.Contains(stderr, "stored in clear text") {
		t.Errorf("ignored = %d, %s", code, stderr)
	}
	if got := w.ok("component", "show", "nginx", "--format", "json"); !strings.Contains(got, `"encrypted": false`) {
		t.Errorf("show:\n%s", got)
	}
}

var otherCLIKey = "base64key://" + strings.Repeat("B", 42) + "A="

// fingerprint is the id of a local key.
func fingerprint(t *testing.T, key string) string {
	t.Helper()
	id, err := sealed.Fingerprint(key)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestDefaultKeyAndRekey(t *testing.T) {
	first, second := cliKey, otherCLIKey
	firstID, secondID := fingerprint(t, first), fingerprint(t, second)
	keys := "kms: {keys: {'" + firstID + "': '" + first + "', '" + secondID + "': '" + second + "'}}\n"
	w := newWorld(t).in(t.TempDir()).set(keys + "store: {defaultKey: '" + firstID + "'}\n")
	write(t, "nginx.yaml", nginxDocument)
	w.ok("component", "create", "nginx.yaml", "--semantic-version", "1.0.0")
	w.set(keys)
	w.ok("component", "create", "nginx.yaml", "--semantic-version", "1.1.0") // in clear text
	if got := w.ok("component", "rekey", "--all", "--from", firstID, "--kms-key-id", secondID); got != "nginx/1.0.0/1 "+secondID+"\n" {
		t.Errorf("rekey wrote %q", got)
	}
	if got := w.ok("component", "rekey", "nginx", "--kms-key-id", secondID); !strings.Contains(got, "nginx/1.1.0/1 "+secondID) {
		t.Errorf("rekey of clear text wrote %q", got)
	}
	w.set("kms: {keys: {'" + secondID + "': '" + second + "'}}\n") // the old key is gone
	for _, reference := range []string{"nginx/1.0.0", "nginx/1.1.0"} {
		if got := w.ok("component", "export", reference); got != nginxDocument {
			t.Errorf("%s is now\n%s", reference, got)
		}
	}
	if got := w.ok("component", "rekey", "nginx/1.1.0", "--clear"); got != "nginx/1.1.0/1 clear\n" {
		t.Errorf("rekey --clear wrote %q", got)
	}
	for _, args := range [][]string{{}, {"nginx"}, {"nginx", "--all", "--clear"}, {"nginx", "--clear", "--kms-key-id", secondID}, {"none", "--clear"}} {
		if code, _, _ := w.run(append([]string{"component", "rekey"}, args...)...); code != WrongInput {
			t.Errorf("rekey %v = %d", args, code)
		}
	}
}

func TestRecipeRekey(t *testing.T) {
	first, second := cliKey, otherCLIKey
	firstID, secondID := fingerprint(t, first), fingerprint(t, second)
	w := newWorld(t).in(t.TempDir()).set("kms: {keys: {'" + firstID + "': '" + first + "', '" + secondID + "': '" + second + "'}}\n")
	const text = "name: web\nparentImage: scratch\ndockerfileTemplateData: |\n  FROM {{{ imagebuilder:parentImage }}}\n  ENV WORD=hidden\n"
	write(t, "recipe.yaml", text+"kmsKeyId: "+first+"\n")
	w.ok("recipe", "create")
	write(t, "recipe.yaml", text+"semanticVersion: 1.1.0\n")
	w.ok("recipe", "create")
	if got := w.ok("recipe", "rekey", "--all", "--from", first, "--kms-key-id", secondID); got != "web/1.0.0 "+secondID+"\n" {
		t.Errorf("rekey wrote %q", got)
	}
	if code, stdout, stderr := w.run("recipe", "rekey", "web", "--from", firstID, "--kms-key-id", secondID); code != Success || stdout != "" || !strings.Contains(stderr, "nothing of it is encrypted with "+firstID) {
		t.Errorf("again = %d, %q, %q", code, stdout, stderr)
	}
	var views []recipeView
	if err := json.Unmarshal([]byte(w.ok("recipe", "rekey", "web/1.1.x", "--kms-key-id", secondID, "--format", "json")), &views); err != nil || len(views) != 1 || !views[0].Encrypted || views[0].KMSKeyID != secondID {
		t.Errorf("rekey of clear text: %+v, %v", views, err)
	}
	w.set("kms: {keys: {'" + secondID + "': '" + second + "'}}\n") // the old key is gone
	if got := w.ok("recipe", "show", "web/1.0.0", "--format", "file"); got != text+"kmsKeyId: "+first+"\n" {
		t.Errorf("the file is now\n%s", got)
	}
	w.ok("plan", "web/1.1.0", "--platform", "linux/amd64")
	data, err := os.ReadFile(filepath.Join(w.home, "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"WORD=hidden", first, second} {
		if strings.Contains(string(data), secret) {
			t.Errorf("the store holds %q", secret)
		}
	}
	for want, args := range map[string][]string{
		"everybody could read": {"web/1.0.0", "--clear"}, "either references or --all": {}, "either --kms-key-id or --clear": {"web"},
		"not found": {"none", "--clear"}, "is not a key": {"web", "--from", "base64key://short", "--clear"},
	} {
		if code, _, stderr := w.run(append([]string{"recipe", "rekey"}, args...)...); code != WrongInput || !strings.Contains(stderr, want) {
			t.Errorf("rekey %v = %d, without %q:\n%s", args, code, want, stderr)
		}
	}
}

func TestSUP03DisabledAtTheEndBySetting(t *testing.T) {
	w := newWorld(t).in(t.TempDir())
	write(t, "nginx.yaml", nginxDocument)
	write(t, "recipe.yaml", "name: web\nparentImage: scratch\ncomponents:\n  - component: nginx/1.0.0/1\n")
	w.ok("component", "create", "nginx.yaml", "--semantic-version", "1.0.0")
	w.ok("recipe", "create")
	w.ok("component", "deprecate", "nginx/1.0.0", "--support-end", "2020-04-09", "--replaced-by", "nginx/2.x.x")
	const warning = "support ended 2020-04-09; use nginx/2.x.x instead"
	for _, args := range [][]string{
		{"plan", "--platform", "linux/amd64"}, {"component", "list"}, {"component", "versions", "nginx"}, {"component", "show", "nginx"}, {"recipe", "show", "web"},
	} {
		if code, stdout, stderr := w.run(args...); code != Success || !strings.Contains(stdout+stderr, warning) {
			t.Errorf("%v = %d, no warning:\n%s%s", args, code, stdout, stderr)
		}
	}
	var notices []struct {
		Type, Component, SupportEnd string
		AffectedRecipes             []struct{ ARN, Reference string }
	}
	for _, want := range []int{1, 0} { // an end in the past has one notice, and it is taken once
		if err := json.Unmarshal([]byte(w.ok("component", "notices", "--take", "--format", "json")), &notices); err != nil || len(notices) != want {
			t.Fatalf("%d notices, %v; want %d", len(notices), err, want)
		}
		if want == 1 && (notices[0].Type != supportEndType || len(notices[0].AffectedRecipes) != 1 || !strings.HasSuffix(notices[0].AffectedRecipes[0].ARN, "/web/1.0.0")) {
			t.Errorf("notice %+v", notices[0])
		}
	}
	w.set("components: {disableAtSupportEnd: true}\n") // also for an end that was noticed before
	if code, _, stderr := w.run("plan"); code != WrongInput || !strings.Contains(stderr, "is disabled: support ended 2020-04-09") {
		t.Errorf("plan of a disabled component = %d, %s", code, stderr)
	}
	if got := w.ok("component", "notices", "--format", "json"); got != "[]\n" {
		t.Errorf("a third notice: %s", got)
	}
	if got := w.ok("component", "list", "--support-ending"); !strings.Contains(got, "web/1.0.0") {
		t.Errorf("list --support-ending:\n%s", got)
	}
}

func TestNoticeDaysBySetting(t *testing.T) {
	w := stocked(t)
	w.ok("component", "create", "nginx.yaml", "--semantic-version", "3.0.0", "--support-end", "2099-12-31")
	w.set("components: {noticeDays: 3650}\n")
	if got := w.ok("component", "show", "nginx/3.0.0"); !strings.Contains(got, "ACTIVE") {
		t.Errorf("ten years before:\n%s", got)
	}
}
