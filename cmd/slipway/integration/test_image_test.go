//go:build linux

package integration

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/oci/ocitest"
)

func TestAnyImageCanBeTested(t *testing.T) {
	h, registry := shared(t), ocitest.Distribution(t)
	p := newProject(t, debian, greeting("hello"))
	digest := h.build(p).digest()
	h.run("image", "push", p.pointer(1), registry+"/tested:1").wantCode(0)
	layout := filepath.Join(t.TempDir(), "layout")
	skopeo := needs(t, "skopeo", "skopeo")
	if out, err := exec.CommandContext(t.Context(), skopeo, "copy", "--src-tls-verify=false", "docker://"+registry+"/tested:1", "oci:"+layout+":1").CombinedOutput(); err != nil {
		t.Fatalf("skopeo: %v\n%s", err, out)
	}
	d := componentWith("smoke", parameter("Word", "nothing"), build(bash("exit 9")), test(bash(`test "$(cat /etc/greeting)" = '{{ Word }}'`)), hostTest(exists("/etc/greeting")))
	p.write("smoke.yaml", d.text)
	smoke := filepath.Join(p.dir, "smoke.yaml")
	other := newHome(t)
	for _, tt := range []struct {
		name, image string
		home        *home
	}{
		{"a name in the store", p.pointer(1), h},
		{"a digest in the store", digest, h},
		{"a registry", registry + "/tested:1", other},
		{"an image layout", "oci-layout:" + layout + ":1", other},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := tt.home.of(t)
			junit := filepath.Join(t.TempDir(), "tests.xml")
			o := h.run("test", tt.image, "-c", smoke, "-p", "Word=hello", "--format", "json", "--report", "junit="+junit).wantCode(0)
			r := o.result()
			if r.Kind != "test" || r.Image.Digest != digest || len(r.Components) != 0 {
				t.Errorf("result %s", o.stdout)
			}
			want := "smoke test Step1 success, smoke container-host-test Step1 success"
			if got := strings.Join(steps(r.Tests), ", "); got != want {
				t.Errorf("tests %q, want %q", got, want)
			}
			wantFile(t, junit, `tests="2"`)
			h.run("runs", "logs", r.RunID).wantCode(0)
			if shown := h.run("runs", "show", r.RunID).wantCode(0).stdout; !strings.Contains(shown, "Tested") {
				t.Errorf("runs show:\n%s", shown)
			}
			if got := strings.TrimSpace(h.run("test", tt.image, "-c", smoke, "-p", "smoke.Word=hello", "--test-isolation", "each", "--cache-tests").wantCode(0).stdout); got != digest {
				t.Errorf("stdout %q, want the digest", got)
			}
			h.wantNothingLeft()
		})
	}
	h.run("test", p.pointer(1), "-c", smoke).wantCode(3, "smoke", "Step1")
	h.run("test", p.pointer(1), "-c", smoke, "-p", "Wrod=x").wantCode(2, "Wrod", "Word")
	h.run("test", "store:not-there:1", "-c", smoke).wantCode(2, "not-there")
	h.run("test", p.pointer(1)).wantCode(2, "-c")
	h.run("test", p.pointer(1), "-c", smoke, "--platform", "linux/s390x").wantCode(2, "s390x")
	p.write("builds.yaml", component("builds", build(bash("true"))).text)
	h.run("test", p.pointer(1), "-c", filepath.Join(p.dir, "builds.yaml")).wantCode(2, "has no test and no container-host-test phase")
}

func TestPushTakesOnlyWhatWasTested(t *testing.T) {
	h, registry := newHome(t), ocitest.Distribution(t)
	h.run("image", "import", debianTar(t), "plain:1").wantCode(0)
	p := newProject(t, debian)
	p.write("good.yaml", component("good", test(bash("true"))).text).write("bad.yaml", component("bad", test(bash("false"))).text)
	good, bad := filepath.Join(p.dir, "good.yaml"), filepath.Join(p.dir, "bad.yaml")

	target := registry + "/plain:1"
	h.run("image", "push", "plain:1", target).wantCode(3, "was not tested", "slipway test plain:1 -c", "--untested")
	failed := h.run("test", "plain:1", "-c", bad, "--format", "json").wantCode(3).result()
	h.run("image", "push", "plain:1", target).wantCode(3, "failed in run "+failed.RunID, "slipway runs logs "+failed.RunID)
	h.run("image", "push", "--untested", "plain:1", target).wantCode(3, "failed in run")
	// Other tests do not make good for those that failed.
	h.run("test", "plain:1", "-c", good).wantCode(0, "stays marked failed")
	h.run("image", "push", "plain:1", target).wantCode(3, "failed in run")
	if inRegistry(t, target) {
		t.Fatal("it was pushed")
	}
	// The same component does, once its test is mended.
	p.write("bad.yaml", component("bad", test(bash("true"))).text)
	h.run("test", "plain:1", "-c", bad, "-c", good).wantCode(0)
	h.run("image", "push", "plain:1", target).wantCode(0)

	other := newHome(t)
	other.run("image", "pull", target, "pulled:1").wantCode(0)
	other.run("image", "push", "pulled:1", registry+"/pulled:1").wantCode(3, "was not tested")
	other.run("image", "push", "--untested", "pulled:1", registry+"/pulled:1").wantCode(0)
}
