//go:build linux

package integration

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/oci/ocitest"
)

const secretValue = "p@ss word/with+signs-8341"

// wantSecretNowhere fails the test if a secret is in a file below the folders, as it is, in base64 or encoded for a URL. Gzip
// is looked into: layers are.
func wantSecretNowhere(t *testing.T, secret string, folders ...string) {
	t.Helper()
	forms := map[string][]byte{
		"plain": []byte(secret), "query": []byte(url.QueryEscape(secret)), "path": []byte(url.PathEscape(secret)),
		"URL": []byte(strings.ReplaceAll(url.QueryEscape(secret), "+", "%20")),
		// The middle of its base64, which does not depend on what follows it.
		"base64":                []byte(base64.StdEncoding.EncodeToString([]byte(secret))[:len(secret)]),
		"base64 behind 'user:'": []byte(base64.StdEncoding.EncodeToString([]byte("user:" + secret))[8 : 8+len(secret)]),
	}
	files := 0
	look := func(path string, data []byte) {
		files++
		for name, form := range forms {
			if at := bytes.Index(data, form); at >= 0 {
				t.Errorf("%s: the secret (%s) is in it:\n%q", path, name, data[max(0, at-80):min(len(data), at+80)])
			}
		}
	}
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			look(path, data)
			if z, err := gzip.NewReader(bytes.NewReader(data)); err == nil {
				if data, err := io.ReadAll(z); err == nil {
					look(path+" (gzip)", data)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 20 {
		t.Errorf("only %d files were looked into", files)
	}
}

func TestSecretsAreNowhere(t *testing.T) {
	h, registry := newHome(t), ocitest.Distribution(t)
	h.run("image", "import", busyBox(t), "busybox:static").wantCode(0) // small, since every file of the home is looked into
	reports, cache := t.TempDir(), t.TempDir()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(secretValue+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sh := func(lines ...string) step {
		return step{"action": "ExecuteBinary", "inputs": map[string]any{"path": "/bin/sh", "arguments": []string{"-ec", strings.Join(lines, "\n")}}}
	}
	say := sh(
		"t='{{ secrets.TOKEN }}'", "echo \"plain $t\"", "echo \"err $t\" >&2", "printf %s \"$t\" | base64 -w0; echo", "printf %s \"user:$t\" | base64 -w0; echo",
		"printf %s \"$t\" | sed 's/@/%40/; s/ /%20/; s|/|%2F|; s/+/%2B/'; echo", "for i in 1 2 3; do echo \"in the middle $t of a line $i\"; done", "test \"$(cat /run/secrets/TOKEN)\" = \"$t\"")
	passing := component("names-it", build(say), test(say))
	without := component("does-not", build(sh("test ! -e /run/secrets/TOKEN", "test -z \"$(ls -A /run/secrets 2>/dev/null)\"")))
	p := newProject(t, "store:busybox:static", passing, without).target(registry)
	written := 0
	outputs := func(o *outcome) {
		t.Helper()
		written++
		name := filepath.Join(reports, fmt.Sprintf("output-%d", written))
		if err := os.WriteFile(name, []byte(o.stdout+o.stderr), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	secret := []string{"--secret", "id=TOKEN,src=" + file}
	o := h.build(p, append(secret, "--push", "--cache-to", "type=local,dest="+cache)...).wantCode(0)
	if !bytes.Contains([]byte(o.stderr), []byte("plain ***")) {
		t.Errorf("the output does not show that the secret was there:\n%s", o.story())
	}
	outputs(o)
	for name, failing := range map[string]document{
		"build": component("names-it", build(say, sh("echo '{{ secrets.TOKEN }}'", "exit 1"))),
		"text":  component("names-it", build(step{"action": "CopyFile", "inputs": []any{map[string]any{"source": "/none-{{ secrets.TOKEN }}", "destination": "/x"}}})),
		"test":  component("names-it", build(sh("true")), test(say, sh("echo '{{ secrets.TOKEN }}' >&2", "exit 1"))),
	} {
		p.change(failing)
		o := h.run(append([]string{"build", p.dir, "--keep-failed", "--progress", "plain", "--report", "junit=" + filepath.Join(reports, name+".xml")}, secret...)...)
		if o.code != 1 && o.code != 3 {
			t.Errorf("%s: exit code %d", name, o.code)
		}
		outputs(o)
		run := filepath.Base(h.runFolder())
		outputs(h.run("runs", "show", run))
		outputs(h.run("runs", "logs", run))
		outputs(h.run(append([]string{"shell", run}, append(secret, "--", "slipway-runner", "step")...)...).wantCode(1))
		outputs(h.run("shell", run, "--", "sh", "-c", "cat /run/slipway/component/*; ls /run/secrets/*").wantCode(1)) // no secret is there
	}
	outputs(h.run("shell", "latest", "--secret", "id=TOKEN,env=none-of-that-name", "--", "true").wantCode(2))
	wantSecretNowhere(t, secretValue, h.dir, reports, cache)
}

func TestSecretsAreCheckedBeforeAnythingRuns(t *testing.T) {
	h := newHome(t)
	p := newProject(t, "scratch", component("c", build(createFile("/x", "{{ secrets.TOKEN }}"))))
	t.Setenv("TOKN", secretValue)
	o := h.run("build", p.dir, "--secret", "id=TOKN").wantCode(2, `secret "TOKEN" is not given: component c refers to it`, `no component refers to a secret "TOKN"`, `did you mean "TOKEN"?`)
	if bytes.Contains([]byte(o.stderr), []byte(secretValue)) {
		t.Error("the error shows the value")
	}
	if runs, err := filepath.Glob(filepath.Join(h.dir, "runs", "2*")); err != nil || len(runs) > 0 {
		t.Errorf("something ran: %v, %v", runs, err)
	}
	h.run("build", p.dir, "--secret", "id=TOKEN,src=/none").wantCode(2, "/none")
	h.with("TOKEN="+secretValue).run("build", p.dir, "--secret", "id=TOKEN").wantCode(0)
}

// A secret has its plain id in a template, as in any Dockerfile: at its default place, at one of the template's choice
// and as a variable.
func TestSecretsInATemplatesInstructionsAreNowhere(t *testing.T) {
	h, reports := newHome(t), t.TempDir()
	h.run("image", "import", busyBox(t), "busybox:static").wantCode(0)
	p := newProject(t, "store:busybox:static", component("c", build(createFile("/made", "here")), test(exists("/used"))))
	use := func(id, more, commands string) string {
		return fmt.Sprintf(`RUN --mount=type=secret,id=%s%s ["/bin/busybox", "sh", "-ec", %q]`, id, more, commands)
	}
	p.template("FROM {{{ imagebuilder:parentImage }}} AS base",
		use("TOKEN", "", "t=$(cat /run/secrets/TOKEN); test ${#t} = 25; echo \"before $t\"; touch /used"),
		"{{{ imagebuilder:components }}}",
		use("TOKEN", ",target=/token,required=true", "cat /token; cat /token >&2"),
		use("TOKEN", ",env=THE_TOKEN", "echo \"variable $THE_TOKEN\"; printf %s \"$THE_TOKEN\" | base64"),
		use("OTHER", "", "test ! -e /run/secrets/OTHER; echo without"))
	o := h.with("TOKEN="+secretValue).run("build", p.dir, "--secret", "id=TOKEN", "--progress", "plain").
		wantCode(0, "before ***", "variable ***", "without")
	output := func(name string, o *outcome) {
		if err := os.WriteFile(filepath.Join(reports, name), []byte(o.stdout+o.stderr), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	output("passed", o)
	h.run("build", p.dir, "--secret", "id=TOKN,env=HOME").wantCode(2, `"TOKN"`, `did you mean "TOKEN"?`)
	o = h.run("build", p.dir, "--no-cache=c").wantCode(2, "Dockerfile:4: secret TOKEN: not found", "--secret id=TOKEN") // it is required there
	output("missing", o)
	p.write("Dockerfile", strings.Join(around(use("TOKEN", ",required=true", "cat /run/secrets/TOKEN; exit 3")), "\n"))
	o = h.with("TOKEN="+secretValue).run("build", p.dir, "--secret", "id=TOKEN", "--keep-failed", "--report", "html="+filepath.Join(reports, "r.html")).wantCode(1, "***")
	output("failed", o)
	o = h.run("build", p.dir).wantCode(2, "Dockerfile:3: secret TOKEN: not found", "--secret id=TOKEN")
	output("required", o)
	for _, name := range []string{"runs show", "runs logs"} {
		output(name, h.run(append(strings.Fields(name), "latest")...))
	}
	wantSecretNowhere(t, secretValue, h.dir, reports)
}
