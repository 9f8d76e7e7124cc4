//go:build linux

package integration

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/oci/ocitest"
)

// These tests wait most of the time, for the next attempt. They run side by side in the shared home, so none of them
// can look for what a build leaves behind.

// large makes a layer of some megabytes that nothing else has.
func large() document {
	return component("large", build(bash("head -c 8000000 /dev/urandom > /large")), test(exists("/large")))
}

func TestUploadThatBreaksOffIsTriedAgain(t *testing.T) {
	t.Parallel()
	h := shared(t)
	proxy := ocitest.FaultProxy(t, ocitest.Distribution(t), ocitest.Fault{CutUpload: 1_000_000, Times: 2})
	p := newProject(t, debian, large()).target(proxy.Host)
	o := h.build(p)
	if got := digestOf(t, pull(t, proxy.Host+"/"+p.name+":1.0.0-1")); got != o.digest() {
		t.Errorf("the registry has %s, want %s", got, o.digest())
	}
}

// TestBlobsTravelWhileTestsRun lets tests end only when the registry has the image's blobs. A tag that is seen then, or
// after a test that failed, is one too early.
func TestBlobsTravelWhileTestsRun(t *testing.T) {
	registry := ocitest.FaultProxy(t, ocitest.Distribution(t))
	gate := ocitest.Serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		for registry.Count(http.MethodPut, "/blobs/") < 2 && r.Context().Err() == nil {
			time.Sleep(10 * time.Millisecond)
		}
	}))
	wait := step{"action": "WebDownload", "inputs": []any{map[string]any{"source": "http://" + gate.Host + "/", "destination": "/got"}}}
	for name, last := range map[string]step{"passes": exists("/got"), "fails": exists("/nothing")} {
		t.Run(name, func(t *testing.T) {
			registry.Reset()
			h := shared(t)
			p := newProject(t, "scratch", component(name, build(createFile("/"+name, name)), test(wait, last))).target(registry.Host)
			o := h.build(p)
			tagged := registry.Count(http.MethodPut, "/manifests/1.0.0-1")
			if name == "passes" && (o.code != 0 || tagged != 1) || name == "fails" && (o.code != 3 || tagged != 0) {
				t.Errorf("exit code %d, %d tags written\n%s", o.code, tagged, o.story())
			}
			if n := registry.Count(http.MethodPut, "/blobs/"); n != 2 {
				t.Errorf("%d blobs were sent, want the layer and the config once", n)
			}
		})
	}
}

func TestFailedPublishIsExit4AndPushGoesOn(t *testing.T) {
	t.Parallel()
	h := shared(t)
	proxy := ocitest.FaultProxy(t, ocitest.Distribution(t), ocitest.Fault{Method: "PUT", Path: "/manifests/", Status: 503, Times: -1})
	p := newProject(t, debian, large()).target(proxy.Host)
	reference := proxy.Host + "/" + p.name + ":1.0.0-1"
	r := h.build(p).wantCode(4, "503").result()
	if want := "slipway image push " + p.pointer(1) + " " + reference; !strings.Contains(r.Error.Hint, want) {
		t.Errorf("hint %q does not contain %q", r.Error.Hint, want)
	}
	if r.Error.Code != 4 || r.Stage != "publish" || len(r.Targets) != 1 || r.Targets[0].Status != "failed" || r.Tests[0].Status != "success" {
		t.Errorf("stage %s, error %+v, targets %+v", r.Stage, r.Error, r.Targets)
	}
	proxy.Set()
	proxy.Reset()
	h.run("image", "push", p.pointer(1), reference).wantCode(0)
	if got := digestOf(t, pull(t, reference)); got != r.Image.Digest {
		t.Errorf("the registry has %s, want %s, which was tested", got, r.Image.Digest)
	}
	if n := proxy.Count("PATCH", "/blobs/"); n != 0 {
		t.Errorf("%d blobs were sent again", n)
	}
}

func TestUploadThatAlwaysBreaksOffIsExit4(t *testing.T) {
	t.Parallel()
	h := shared(t)
	proxy := ocitest.FaultProxy(t, ocitest.Distribution(t), ocitest.Fault{CutUpload: 4_000_000, Times: -1})
	p := newProject(t, debian, large()).target(proxy.Host)
	r := h.build(p).wantCode(4).result()
	proxy.Set()
	h.run("image", "push", p.pointer(1), r.Targets[0].Reference).wantCode(0)
	if got := digestOf(t, pull(t, r.Targets[0].Reference)); got != r.Image.Digest {
		t.Errorf("the registry has %s, want %s", got, r.Image.Digest)
	}
}

func TestWF24OneTargetFailsTheOtherHasTheImage(t *testing.T) {
	t.Parallel()
	h := shared(t)
	good := ocitest.Distribution(t)
	bad := ocitest.FaultProxy(t, good, ocitest.Fault{Status: 403, Times: -1})
	p := newProject(t, debian, greeting("two targets"))
	r := h.build(p, "--push", "--tag", good+"/good:1", "--tag", bad.Host+"/bad:1").wantCode(4, "403").result()
	var got []string
	for _, target := range r.Targets {
		got = append(got, strings.Split(target.Reference, "/")[1]+" "+target.Status)
	}
	if diff := cmp.Diff([]string{"good:1 pushed", "bad:1 failed"}, got); diff != "" {
		t.Errorf("targets (-want +got):\n%s", diff)
	}
	if got := digestOf(t, pull(t, good+"/good:1")); got != r.Image.Digest {
		t.Errorf("the good target has %s, want %s", got, r.Image.Digest)
	}
	bad.Set()
	h.run("image", "push", p.pointer(1), bad.Host+"/bad:1").wantCode(0)
	if got := digestOf(t, pull(t, bad.Host+"/bad:1")); got != r.Image.Digest {
		t.Errorf("after the retry the other has %s, want %s", got, r.Image.Digest)
	}
}

func TestUnreachableTargetIsExit4(t *testing.T) {
	t.Parallel()
	h := shared(t)
	p := newProject(t, debian, greeting("nowhere")).target("127.0.0.1:1")
	h.run("build", p.dir).wantCode(4, "127.0.0.1:1", "refused", "slipway image push")
}

func TestParentFromARegistry(t *testing.T) {
	t.Parallel()
	h, registry := shared(t), ocitest.Distribution(t)
	parent := newProject(t, debian, component("c", build(bash("echo parent > /parent")))).rename("registry-parent").target(registry)
	parentDigest := h.build(parent).digest()
	other := newHome(t) // has nothing
	p := newProject(t, registry+"/registry-parent:1.0.0-1", component("d", build(bash("cat /parent > /child")), test(bash("grep parent /child"))))
	o := other.build(p)
	if got := o.wantCode(0).result().Parent.Digest; got != parentDigest {
		t.Errorf("parent digest %s, want %s", got, parentDigest)
	}
	parentLayers := layersOf(t, h.image(parentDigest))
	for n, layer := range layersOf(t, other.image(o.digest()))[:len(parentLayers)] {
		got, _ := layer.Digest()
		want, _ := parentLayers[n].Digest()
		if got != want {
			t.Errorf("layer %d is %s, want the parent's %s", n, got, want)
		}
	}
	for _, e := range other.build(p).wantCode(0).events {
		if e.Type == event.Progress {
			t.Errorf("the second build transfers %s", e.Name)
		}
	}
	other.wantNothingLeft()
}

func TestParentDownloadThatBreaksOffGoesOn(t *testing.T) {
	t.Parallel()
	h, registry := shared(t), ocitest.Distribution(t)
	parent := newProject(t, debian, large()).rename("broken-parent").target(registry)
	h.build(parent).wantCode(0)
	proxy := ocitest.FaultProxy(t, registry, ocitest.Fault{Method: "GET", Path: "/blobs/", CutDownload: 3_000_000, Times: 3})
	p := newProject(t, proxy.Host+"/broken-parent:1.0.0-1", component("d", build(bash("true"))))
	newHome(t).build(p).wantCode(0)
}
