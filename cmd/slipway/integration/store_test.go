//go:build linux

package integration

import (
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/oci/ocitest"
)

// wrote fails the test unless a command succeeded and wrote a text.
func (o *outcome) wrote(text string) {
	o.t.Helper()
	o.wantCode(0)
	if o.stdout != text {
		o.t.Errorf("slipway %q wrote %q, want %q", o.args[1:], o.stdout, text)
	}
}

// keep puts a component into the store of a home.
func (h *home) keep(d document, version string) {
	h.t.Helper()
	dir := h.t.TempDir()
	put(h.t, dir, "component.yaml", d.text)
	h.run("component", "create", filepath.Join(dir, "component.yaml"), "--name", d.name, "--semantic-version", version).wrote(d.name + "/" + version + "/1\n")
}

// startStored builds a recipe of the store.
func (h *home) startStored(reference string, args ...string) *process {
	h.t.Helper()
	return h.start(append([]string{"build", reference, "--progress", "json", "--format", "json"}, args...)...)
}

// unchanged is what a shell or a component document would read as its own.
const unchanged = `{{ .Names }} {{ loop.value }} {{ secrets.X }} $HOME "quoted"`

// TestIMP06IMP12StoredRecipeOfImportedScripts builds a recipe of the store whose components are scripts in the store.
func TestIMP06IMP12StoredRecipeOfImportedScripts(t *testing.T) {
	h := shared(t)
	dir, registry := t.TempDir(), ocitest.Distribution(t)
	put(t, dir, "restart.sh", "#!/bin/bash\nif [ ! -e /restarted ]; then touch /restarted; exit 194; fi\ncat > /kept <<'END'\n"+unchanged+"\nEND\n")
	put(t, dir, "check.sh", "test -e /restarted\ncat > /expected <<'END'\n"+unchanged+"\nEND\ncmp /kept /expected\n")
	put(t, dir, "fails.sh", "false\nexit 7\n")
	for name, kind := range map[string]string{"restart": "BUILD", "check": "TEST", "fails": "BUILD"} {
		h.run("component", "import", filepath.Join(dir, name+".sh"), "--name", "imported-"+name, "--semantic-version", "1.2.0", "--type", kind).
			wrote("imported-" + name + "/1.2.0/1\n")
	}
	put(t, dir, "recipe.yaml", "name: imported\nsemanticVersion: 1.x.x\nparentImage: "+debian+"\ncomponents:\n  - component: imported-restart/1.x.x\n"+
		"  - component: imported-check\n  - component: imported-fails/1.2.0/1\ntargetRepository: {service: OCI, repositoryName: "+registry+"/imported}\n")
	h.run("recipe", "create", dir).wrote("imported/1.0.0\n")
	text, err := os.ReadFile(filepath.Join(dir, "recipe.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	put(t, dir, "recipe.yaml", strings.ReplaceAll(string(text), "  - component: imported-fails/1.2.0/1\n", ""))
	h.run("recipe", "create", dir).wrote("imported/1.1.0\n")
	if err := os.RemoveAll(dir); err != nil { // nothing but the store is left
		t.Fatal(err)
	}
	r := h.startStored("imported/1.0.0").wait().wantCode(1).result()
	if r.Error == nil || !strings.Contains(r.Error.Message, "7") || r.Recipe.Build != 1 {
		t.Errorf("a script with exit code 7: build %d, %+v", r.Recipe.Build, r.Error)
	}
	o := h.startStored("imported").wait()
	if got := digestOf(t, pull(t, registry+"/imported:1.1.0-1")); got != o.digest() {
		t.Errorf("the registry has %s, want %s", got, o.digest())
	}
	if r := o.result(); r.Recipe.Version != "1.1.0" || len(r.Tests) != 1 || r.Components[0].Version != "1.2.0/1" && r.Components[0].Version != "1.2.0" {
		t.Errorf("recipe %+v, tests %+v, components %+v", r.Recipe, r.Tests, r.Components)
	}
}

// TestVER16FailedAndCancelledBuildsKeepTheirNumber: 20 at once are tested where the numbers are given.
func TestVER16FailedAndCancelledBuildsKeepTheirNumber(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("c", build(bash("exit 3"))))
	if n := h.build(p).wantCode(1).result().Recipe.Build; n != 1 {
		t.Errorf("the failed build is %d", n)
	}
	p.change(component("c", build(bash("echo ready; sleep 1000"))))
	b := h.startBuild(p)
	b.await("build", atStep(event.StageBuild))
	b.signal(syscall.SIGINT)
	b.wait().wantCode(130)
	p.change(component("c", build(bash("true"))))
	if n := h.build(p).wantCode(0).result().Recipe.Build; n != 3 {
		t.Errorf("after a failed and a cancelled build the next one is %d, want 3", n)
	}
}

// TestSUP03BuildAfterTheEndOfSupport works with a warning, and not at all when the settings say so.
func TestSUP03BuildAfterTheEndOfSupport(t *testing.T) {
	h := newHome(t)
	dir := t.TempDir()
	put(t, dir, "old.yaml", component("old", build(createFile("/old", "old"))).text)
	put(t, dir, "recipe.yaml", "name: old-web\nparentImage: scratch\ncomponents:\n  - component: old-one/1.0.0/1\n")
	h.run("component", "create", filepath.Join(dir, "old.yaml"), "--name", "old-one", "--semantic-version", "1.0.0",
		"--support-end", "2020-04-09", "--replaced-by", "new-one/1.x.x").wantCode(0)
	h.run("recipe", "create", dir).wrote("old-web/1.0.0\n")
	const warning = "support ended 2020-04-09; use new-one/1.x.x instead"
	if r := h.startStored("old-web").wait().wantCode(0).result(); !strings.Contains(strings.Join(r.Warnings, "\n"), warning) {
		t.Errorf("the result does not warn: %q", r.Warnings)
	}
	h.run("build", "old-web", "--progress", "plain").wantCode(0, warning)
	put(t, h.dir, "settings.yaml", "components: {disableAtSupportEnd: true}\n")
	h.run("build", "old-web", "--progress", "plain").wantCode(2, "is disabled: support ended 2020-04-09")
}

// TestCOMP08SourcesOfTheCommandLine reads a document by every scheme from real servers, byte for byte and once.
func TestCOMP08SourcesOfTheCommandLine(t *testing.T) {
	bucket, env := s3Server(t)
	const text = "# Ünit, with\ttabs and trailing blanks  \r\n" + nginxYAML + "\n\n# end"
	web := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, text) }))
	t.Cleanup(web.Close)
	dir, registry := t.TempDir(), ocitest.Distribution(t)
	put(t, dir, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw})))
	put(t, dir, "nginx.yaml", text)
	put(t, bucket, "docs/nginx.yaml", text)
	h := (&home{t: t, dir: t.TempDir()}).with(append(env, "SSL_CERT_FILE="+filepath.Join(dir, "ca.pem"))...)
	h.run("component", "create", filepath.Join(dir, "nginx.yaml"), "--name", "to-push", "--semantic-version", "1.4.2").wantCode(0)
	h.run("component", "push", "to-push", registry+"/components/nginx").wantCode(0)
	for scheme, uri := range map[string]string{
		"file": "file://" + filepath.Join(dir, "nginx.yaml"), "s3": "s3://bucket/docs/nginx.yaml", "https": web.URL + "/nginx.yaml",
		"oci": "oci://" + registry + "/components/nginx:1.x.x",
	} {
		name := "from-" + scheme
		h.run("component", "create", "--name", name, "--semantic-version", "1.0.0", "--uri", uri).wrote(name + "/1.0.0/1\n")
		h.run("component", "export", name).wrote(text)
		h.run("component", "create", "--name", name, "--semantic-version", "2.0.0", "--uri", uri+"#sha256="+strings.Repeat("0", 64)).
			wantCode(2, "not sha256:"+strings.Repeat("0", 64))
	}
	put(t, bucket, "docs/nginx.yaml", "changed")
	h.run("component", "export", "from-s3").wrote(text)
	h.run("component", "create", "--name", "other", "--semantic-version", "1.0.0", "--uri", "s3://bucket/none.yaml").wantCode(2, "s3://bucket/none.yaml")
	h.run("component", "create", "--name", "other", "--semantic-version", "1.0.0", "--uri", "ftp://host/nginx.yaml").
		wantCode(2, `unknown scheme "ftp"`, "s3://BUCKET/KEY", "oci://")
}

// TestReadOnlyStore lists what is there for somebody who may not write, and refuses to change it.
func TestReadOnlyStore(t *testing.T) {
	needsRoot(t)
	dir, err := os.MkdirTemp("", "slipway-read-only-") //nolint:usetesting // another user must reach it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	h := &home{t: t, dir: dir}
	h.keep(component("nginx", build(createFile("/a", "a"))), "1.0.0")
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	setpriv := needs(t, "setpriv", "util-linux")
	nobody := *h
	nobody.user = []string{setpriv, "--reuid=65534", "--regid=65534", "--clear-groups"}
	nobody.bin = programForAll(t)
	if o := nobody.run("component", "list").wantCode(0); !strings.Contains(o.stdout, "nginx") {
		t.Errorf("list:\n%s", o.stdout)
	}
	nobody.run("component", "delete", "nginx/1.0.0/1").wantCode(5, "cannot be written", "SLIPWAY_HOME")
}

// TestFullDiskUnderTheStore: what was acknowledged stays, and the rest is refused with the reason.
func TestFullDiskUnderTheStore(t *testing.T) {
	h := &home{t: t, dir: mountTmpfs(t, 1)}
	file := filepath.Join(t.TempDir(), "large.yaml")
	var kept []string
	for i := range 20 {
		put(t, filepath.Dir(file), "large.yaml", component("large", build(createFile("/a", "a"))).text+fmt.Sprintf("# %d ", i)+strings.Repeat("x", 100_000)+"\n")
		o := h.run("component", "create", file, "--semantic-version", "1.0.0")
		if o.code != 0 {
			o.wantCode(5, "full", "make room on the disk")
			break
		}
		kept = append(kept, strings.TrimSpace(o.stdout))
	}
	if len(kept) == 0 || len(kept) == 20 {
		t.Fatalf("%d components fit on the disk", len(kept))
	}
	listed := h.run("component", "versions").wantCode(0).stdout
	for _, reference := range kept {
		if !strings.Contains(listed, reference+" ") {
			t.Errorf("%s is lost:\n%s", reference, listed)
		}
	}
	if got := strings.Count(listed, "\n") - 1; got != len(kept) {
		t.Errorf("%d builds, want %d:\n%s", got, len(kept), listed)
	}
}

// programForAll is a copy of the program that every user can run.
func programForAll(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "slipway-bin-") //nolint:usetesting // another user must reach it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "slipway")
	copyFile(t, program, path)
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}
