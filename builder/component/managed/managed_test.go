package managed

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/builder/component"
	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/catalog"
	"github.com/slipway-oci/slipway/runner/document"
)

func builtin(t *testing.T) *action.Set {
	t.Helper()
	set, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestCatalogue(t *testing.T) {
	var got []string
	for _, c := range All() {
		got = append(got, c.Name+"/"+c.Version+" "+c.Type)
	}
	want := []string{
		"add-user/1.0.0 BUILD", "ca-certificates/1.0.0 BUILD", "harden-basic/1.0.0 BUILD", "install-packages/1.0.0 BUILD",
		"test-command/1.0.0 TEST", "test-file-permissions/1.0.0 TEST", "test-listening-port/1.0.0 BUILD", "test-no-setuid/1.0.0 TEST",
		"test-non-root-user/1.0.0 BUILD", "timezone-locale/1.0.0 BUILD", "update-linux/1.0.0 BUILD",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("catalogue (-want +got):\n%s", diff)
	}
}

func TestDocumentsAreValidAndDescribed(t *testing.T) {
	set := builtin(t)
	for _, c := range All() {
		t.Run(c.Name, func(t *testing.T) {
			doc, problems := document.Load(c.Name, c.Document, set, document.Options{Inline: true, Workflow: true})
			for _, p := range problems {
				// The tests that start the image have no build phase, on purpose.
				if p.Code != document.CodeNoBuildPhase {
					t.Error(p)
				}
			}
			if doc == nil {
				return
			}
			if doc.Name != c.Name || !strings.HasSuffix(c.Description, ".") || comment(c.Document) == "" {
				t.Errorf("name %q, description %q, comment %q", doc.Name, c.Description, comment(c.Document))
			}
			for _, p := range c.Parameters {
				if !strings.HasSuffix(p.Description, ".") {
					t.Errorf("parameter %s: description %q is no sentence", p.Name, p.Description)
				}
			}
			if _, err := component.Read(c.Name, c.Document, set); err != nil {
				t.Error(err)
			}
			if c.Type == "BUILD" && !strings.HasPrefix(c.Name, "test-") {
				if _, found := doc.Phase("validate"); !found {
					t.Error("it changes the image and has no validate phase")
				}
			}
		})
	}
}

var reference = regexp.MustCompile(`\{\{ (\w+) \}\}\n`)

// scripts gives the scripts of a document with the constants that stand before them put in.
func scripts(t *testing.T, c Component) map[string]string {
	t.Helper()
	doc, _ := document.Load(c.Name, c.Document, builtin(t), document.Options{})
	constants := doc.Variables(nil)
	all := map[string]string{}
	for _, phase := range doc.Phases {
		for _, step := range phase.Steps {
			for _, key := range step.Inputs[0].Keys {
				if key.Name != "arguments" {
					continue
				}
				all[phase.Name+" "+step.Name] = reference.ReplaceAllStringFunc(key.Value.List[1].Text, func(m string) string {
					return constants[reference.FindStringSubmatch(m)[1]]
				})
			}
		}
	}
	return all
}

// TestScriptsAreOfPOSIX has every script read by a shell that knows little more than POSIX, as Alpine's does.
func TestScriptsAreOfPOSIX(t *testing.T) {
	dash, err := exec.LookPath("dash")
	if err != nil {
		t.Skip("dash is not installed (Debian: apt install dash)")
	}
	for _, c := range All() {
		for step, script := range scripts(t, c) {
			cmd := exec.CommandContext(t.Context(), dash, "-n", "-c", script)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s, %s: %v\n%s", c.Name, step, err, out)
			}
			if strings.Contains(script, "{{") {
				t.Errorf("%s, %s: a parameter is put into the text of the script; pass it as an argument", c.Name, step)
			}
		}
	}
}

func TestPage(t *testing.T) {
	path := filepath.Join("..", "..", "..", "docs", "managed-components.md")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, []byte(Page()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(have), Page()); diff != "" {
		t.Errorf("docs/managed-components.md is out of date, write it anew with UPDATE_GOLDEN=1 (-have +want):\n%s", diff)
	}
}

func TestSource(t *testing.T) {
	s := Source{Actions: builtin(t)}
	for _, text := range []string{
		"aws:update-linux", "aws:update-linux/x.x.x", "aws:update-linux/1.x.x", "aws:Update_Linux/1.0.0", "aws:update-linux/1.0.0/1",
		"arn:aws:imagebuilder:us-east-1:aws:component/update-linux/x.x.x",
	} {
		c, err := s.Find(t.Context(), text)
		if err != nil || c.Name != "update-linux" || c.Version != "1.0.0" || c.Build != 1 || c.Platform != "Linux" {
			t.Errorf("%s: %+v, %v", text, c, err)
		}
	}
	for _, test := range []struct{ text, want, hint string }{
		{"aws:update-linux/2.x.x", `component "aws:update-linux/2.x.x" not found in the managed catalogue; there is 1.0.0`, ""},
		{"aws:update-linux/1.0.0/2", `component "aws:update-linux/1.0.0/2" not found in the managed catalogue; there is 1.0.0`, ""},
		{"aws:update-linx", `component "aws:update-linx" not found in the managed catalogue`, `did you mean "aws:update-linux"?`},
		{"update-linux", `component "update-linux" not found`, ""},
	} {
		_, err := s.Find(t.Context(), test.text)
		var missing *component.NotFoundError
		if !errors.As(err, &missing) || err.Error() != test.want || missing.Hint() != test.hint {
			t.Errorf("%s: got %v (%v)\nwant %s (%s)", test.text, err, missing, test.want, test.hint)
		}
	}
}

func TestAllGivesCopies(t *testing.T) {
	first := All()[0]
	before := slices.Clone(first.Document)
	first.Document[0] = 'X'
	if !slices.Equal(All()[0].Document, before) {
		t.Error("a caller changed the catalogue")
	}
}

// run runs a script with nothing in PATH but stubs of the named programs, which write down how they were called, and a
// few real tools. A stub fails when its name ends in "!".
func run(t *testing.T, script string, stubs []string, arguments ...string) (calls, stderr string, ok bool) {
	t.Helper()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh")
	}
	dir := t.TempDir()
	log := filepath.Join(dir, "calls")
	for _, name := range stubs {
		name, fails := strings.CutSuffix(name, "!")
		text := "#!" + shell + "\necho \"" + name + " $*\" >>" + log + "\n"
		if fails {
			text += "exit 1\n"
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"tr", "cat"} {
		tool, err := exec.LookPath(name)
		if err != nil {
			t.Skipf("there is no %s", name)
		}
		if err := os.Symlink(tool, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), shell, append([]string{"-c", script, "stubbed"}, arguments...)...)
	cmd.Env = []string{"PATH=" + dir}
	var errors strings.Builder
	cmd.Stderr = &errors
	failed := cmd.Run()
	data, err := os.ReadFile(log)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(data), errors.String(), failed == nil
}

func TestInstallPackagesWithEveryManager(t *testing.T) {
	var all map[string]string
	for _, c := range All() {
		if c.Name == "install-packages" {
			all = scripts(t, c)
		}
	}
	for _, test := range []struct {
		name       string
		stubs      []string
		recommends string
		install    string
		cleanUp    string
	}{
		{
			"apt",
			[]string{"apt-get", "dpkg-query", "rm"},
			"false",
			"apt-get update\napt-get install --yes --no-install-recommends -o Dpkg::Options::=--force-confold curl g++\n", "apt-get clean\n",
		},
		{
			"apt with recommended",
			[]string{"apt-get", "dpkg-query", "rm"},
			"true",
			"apt-get update\napt-get install --yes --install-recommends -o Dpkg::Options::=--force-confold curl g++\n", "apt-get clean\n",
		},
		{"dnf", []string{"dnf", "yum", "rpm!"}, "false", "dnf install -y --setopt=install_weak_deps=False curl g++\n", "dnf clean all\n"},
		{"yum", []string{"yum", "rpm!"}, "false", "yum install -y curl g++\n", "yum clean all\n"},
		{"microdnf", []string{"microdnf", "rpm!"}, "false", "microdnf install -y curl g++\n", "microdnf clean all\n"},
		{"zypper", []string{"zypper", "rpm!"}, "false", "zypper --non-interactive install --no-recommends curl g++\n", "zypper --non-interactive clean --all\n"},
		{"apk", []string{"apk!"}, "false", "apk add --no-cache curl g++\n", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			calls, stderr, _ := run(t, all["build Install"], test.stubs, "curl, g++", test.recommends)
			var got []string
			for line := range strings.Lines(calls) {
				// Leave out the questions whether something is installed already.
				if line != "\n" && !strings.HasPrefix(line, "rpm ") && !strings.HasPrefix(line, "dpkg-query ") && !strings.HasPrefix(line, "apk info ") {
					got = append(got, line)
				}
			}
			if diff := cmp.Diff(test.install, strings.Join(got, "")); diff != "" {
				t.Errorf("calls (-want +got):\n%s%s", diff, stderr)
			}
			calls, stderr, _ = run(t, all["build RemoveCaches"], test.stubs)
			calls, _, _ = strings.Cut(calls, "rm ")
			if diff := cmp.Diff(test.cleanUp, calls); diff != "" {
				t.Errorf("clean-up (-want +got):\n%s%s", diff, stderr)
			}
		})
	}
	for _, test := range []struct{ name, names, want string }{
		{"no manager", "curl", "the image has none of apt-get, dnf, yum, microdnf, zypper and apk\n"},
		{"an option", "--allow-unauthenticated", "\"--allow-unauthenticated\" is not the name of a package\n"},
		{"nothing", " , \n", "the parameter Names is empty\n"},
	} {
		if _, stderr, ok := run(t, all["build Install"], []string{"rpm!"}, test.names, "false"); ok || stderr != test.want {
			t.Errorf("%s: stderr %q, want %q", test.name, stderr, test.want)
		}
	}
	calls, stderr, ok := run(t, all["build Install"], []string{"dnf", "rpm"}, "curl", "false") // rpm says that it is there
	if !ok || strings.Contains(calls, "dnf") {
		t.Errorf("an installed package is installed again: %s%s", calls, stderr)
	}
}
