//go:build linux

package integration

import (
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/oci/ocitest"
)

// An image that was put upon its newer parent has the files that a build on it would have, and is pushed when its tests
// have passed.
func TestRebasedImageIsTestedBeforeItIsPushed(t *testing.T) {
	t.Parallel()
	h, registry := newHome(t), ocitest.Distribution(t)
	h.base("first")
	p := newProject(t, "store:base:1", component("app", build(createFile("/srv/app", "app"))), component("check", test(exists("/srv/app"), exists("/base")))).rename("web")
	h.build(p).wantCode(0)
	h.run("image", "rebase", "web:1.0.0-1").wantCode(0, "The parent has not changed")
	h.base("second")
	made := strings.TrimSpace(h.run("image", "rebase", "web:1.0.0-1").wantCode(0).stdout)
	name, digest, _ := strings.Cut(made, "@")
	if name != "web:1.0.0-1-rebased" {
		t.Errorf("the answer is %q", made)
	}
	if got := fileIn(t, h, digest, "/base") + " " + fileIn(t, h, digest, "/srv/app"); got != "second app" {
		t.Errorf("its files have %q", got)
	}
	again := h.build(p).wantCode(0).result().Image.Digest
	parent := func(digest string) string {
		t.Helper()
		m, err := h.image(digest).Manifest()
		if err != nil || len(m.Layers) != 2 {
			t.Fatalf("image %s has %d layers, want 2 (%v)", digest, len(m.Layers), err)
		}
		return m.Layers[0].Digest.String() + " " + configOf(t, h.image(digest)).Config.Labels["org.opencontainers.image.base.digest"]
	}
	if got, want := parent(digest), parent(again); got != want {
		t.Errorf("its parent is %s, that of a build %s", got, want)
	}

	target := registry + "/web:rebased"
	h.run("image", "push", name, target).wantCode(3, "slipway test")
	if inRegistry(t, target) {
		t.Error("it was pushed without a test")
	}
	h.run("test", name, "-c", p.dir+"/check.yaml").wantCode(0)
	h.run("image", "push", name, target).wantCode(0)
	if got := digestOf(t, pull(t, target)); got != digest {
		t.Errorf("the registry has %s, want %s", got, digest)
	}
}

func TestRebaseOfAnImageThatCannotBe(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.base("first")
	p := newProject(t, "store:base:1", component("hides", build(createFile("/base", "mine")))).rename("web")
	h.build(p).wantCode(0)
	flat := newProject(t, "store:base:1", component("c", build(createFile("/c", "c")))).rename("flat").template(
		"FROM {{{ imagebuilder:parentImage }}} AS maker", "{{{ imagebuilder:components }}}", "FROM scratch", "COPY --from=maker /c /c")
	h.build(flat).wantCode(0)
	h.build(newProject(t, "scratch", component("c", build(createFile("/c", "c")))).rename("empty")).wantCode(0)
	h.base("second")
	h.run("image", "rebase", "web:1.0.0-1").wantCode(2, "not the same in the parent", ": /base", "--force", "slipway build")
	digest := strings.TrimSpace(h.run("image", "rebase", "--force", "web:1.0.0-1", "web:forced").wantCode(0).stdout)
	if _, digest, _ = strings.Cut(digest, "@"); fileIn(t, h, digest, "/base") != "mine" {
		t.Error("--force did not keep the image's own file")
	}
	h.run("image", "rebase", "flat:1.0.0-1").wantCode(2, "does not begin with the layers of its parent", "several build stages")
	h.run("image", "rebase", "empty:1.0.0-1").wantCode(2, "does not say what its parent is", "--from")
	h.run("image", "rebase", "none:1").wantCode(2, `"none:1"`)
	h.run("image", "rebase", "web:1.0.0-1", "--onto", "store:none:1").wantCode(2, "the new parent", "none:1")
}
