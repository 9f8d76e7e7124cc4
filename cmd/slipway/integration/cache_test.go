//go:build linux

package integration

import (
	"archive/tar"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/oci/ocitest"
)

// reasons are why components ran, by name; "cached" for those that did not.
func (o *outcome) reasons() map[string]string {
	o.t.Helper()
	why := map[string]string{}
	for _, c := range o.result().Components {
		why[c.Name] = c.Why
		if c.Cached {
			why[c.Name] = "cached"
		}
	}
	return why
}

func (o *outcome) wantReasons(what string, want map[string]string) *outcome {
	o.t.Helper()
	got := o.reasons()
	for name, text := range want {
		if matched, err := regexp.MatchString("^"+text+"$", got[name]); err != nil || !matched {
			o.t.Errorf("%s: component %q: %q, want %q", what, name, got[name], text)
		}
	}
	if len(got) != len(want) {
		o.t.Errorf("%s: %v, want %v", what, got, want)
	}
	return o
}

// base imports an image of one file as base:1.
func (h *home) base(content string) {
	h.t.Helper()
	archive := filepath.Join(h.t.TempDir(), "base.tar")
	if err := os.WriteFile(archive, ocitest.Tar(h.t, ocitest.Files{"base": content}), 0o600); err != nil {
		h.t.Fatal(err)
	}
	h.run("image", "import", archive, "base:1").wantCode(0)
}

// fileWith is a component that makes a file named after it, with a parameter in it.
func fileWith(name, text string) document {
	return componentWith(name, parameter("Word", "one"), build(createFile("/"+name, text+" {{ Word }}")))
}

const digests = "sha256:[0-9a-f]{12}"

func TestReasonsWhyComponentsRun(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.base("first")
	p := newProject(t, "store:base:1", fileWith("a", "a"), fileWith("b", "b"), fileWith("c", "c"))
	behind := func(name string) string { return fmt.Sprintf("component %q before it ran again", name) }
	all := func(a, b, c string) map[string]string { return map[string]string{"a": a, "b": b, "c": c} }

	h.build(p).wantReasons("first build", all("first build of this recipe", behind("a"), behind("a")))
	h.build(p).wantReasons("unchanged", all("cached", "cached", "cached"))
	h.build(p.change(fileWith("b", "b again"))).wantReasons("document",
		all("cached", "its document changed from "+digests+" to "+digests, behind("b")))
	h.build(p, "-p", "c.Word=two").wantReasons("parameter", all("cached", "cached", "parameter Word changed"))
	h.build(p, "-p", "c.Word=two", "--no-cache=b").wantReasons("one component without cache", all("cached", "--no-cache asks for it", behind("b")))
	h.build(p, "-p", "c.Word=two", "--no-cache").wantReasons("no cache", all("--no-cache asks for it", "--no-cache asks for it", "--no-cache asks for it"))
	h.build(p, "-p", "c.Word=two").wantReasons("with the cache again", all("cached", "cached", "cached"))
	h.base("second")
	h.build(p, "-p", "c.Word=two").wantReasons("parent", all("the parent image changed from "+digests+" to "+digests, behind("a"), behind("a")))
	h.run("builder", "prune").wantCode(0)
	h.build(p, "-p", "c.Word=two").wantReasons("pruned", all("nothing changed, but the builder does not have its result any more: its cache was pruned, or it is another builder", behind("a"), behind("a")))
	p.write("recipe.yaml", strings.Replace(p.recipe, "./b.yaml\n", "./b.yaml\n    cache: false\n", 1))
	h.build(p, "-p", "c.Word=two").wantReasons("cache: false", all("cached", "cache: false in the recipe asks for it", behind("b")))
	p.write("recipe.yaml", strings.Replace(p.recipe, "  - component: ./b.yaml\n", "", 1))
	h.build(p, "-p", "c.Word=two").wantReasons("order", map[string]string{"a": "cached", "c": "the order of the components changed"})
	h.run("build", p.dir, "--no-cache=d").wantCode(2, `no component "d" runs in the build stage`, `these do: ["a" "c"]`)
}

func TestNoCacheRunsTheTemplatesInstructionsAgain(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.run("image", "import", busyBox(t), "busybox:static").wantCode(0)
	stamp := `RUN ["/bin/busybox", "sh", "-ec", "busybox dd if=/dev/urandom bs=16 count=1 of=/%s 2>/dev/null"]`
	p := newProject(t, "store:busybox:static", fileWith("a", "a")).template("FROM {{{ imagebuilder:parentImage }}}",
		fmt.Sprintf(stamp, "before"), "{{{ imagebuilder:components }}}", fmt.Sprintf(stamp, "behind"))
	stamps := func(args ...string) [2]string {
		t.Helper()
		digest := h.build(p, args...).digest()
		return [2]string{fileIn(t, h, digest, "/before"), fileIn(t, h, digest, "/behind")}
	}
	first := stamps()
	if again := stamps(); again != first {
		t.Errorf("an unchanged build made %q, then %q", first, again)
	}
	if one := stamps("--no-cache=a"); one[0] != first[0] || one[1] == first[1] {
		t.Errorf("--no-cache=a made %q after %q, want only what is behind it again", one, first)
	}
	if all := stamps("--no-cache"); all[0] == first[0] || all[1] == first[1] {
		t.Errorf("--no-cache made %q after %q, want all of it again", all, first)
	}
}

func TestReasonIsAFileOfTheTemplate(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	p := newProject(t, "scratch", fileWith("a", "a"))
	p.template("FROM {{{ imagebuilder:parentImage }}}", "COPY file /file", "{{{ imagebuilder:components }}}").write("file", "1")
	h.build(p).wantCode(0)
	h.build(p.write("file", "2")).wantReasons("file", map[string]string{"a": `the template's instruction "COPY file /file" before it ran again: what it reads changed`})
}

// download fails until the server has the file.
func download(url, to string) step {
	return step{"action": "WebDownload", "inputs": []any{map[string]any{"source": url, "destination": to}}}
}

func TestFailedComponentIsNeverCached(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	var there atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		if !there.Load() {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		fmt.Fprint(w, "content")
	}))
	defer server.Close()
	h := newHome(t)
	loop := step{"action": "CreateFile", "loop": map[string]any{"name": "n", "forEach": []string{"x", "y"}}, "inputs": []any{map[string]any{"path": "/loop-{{ n.value }}", "content": "{{ n.value }}"}}}
	p := newProject(t, "scratch", fileWith("first", "f"), component("flaky", build(loop, download(server.URL+"/file", "/file"))), fileWith("last", "l"))
	h.build(p).wantCode(1)
	h.build(p).wantCode(1).wantReasons("failing again", map[string]string{"first": "cached", "flaky": "it failed the last time"})
	before := calls.Load()
	there.Store(true) // mended outside: nothing that the builder knows of has changed
	o := h.build(p).wantCode(0).wantReasons("mended", map[string]string{
		"first": "cached", "flaky": "it failed the last time", "last": `component "flaky" before it ran again`,
	})
	if calls.Load() == before {
		t.Error("the failed component was taken from the cache")
	}
	if got := h.file(o.digest(), "file"); got != "content" {
		t.Errorf("/file holds %q", got)
	}
	before = calls.Load()
	h.build(p).wantCode(0).wantReasons("unchanged", map[string]string{"first": "cached", "flaky": "cached", "last": "cached"})
	if calls.Load() != before {
		t.Error("what succeeded ran again")
	}
	for name, want := range map[string]string{"loop-x": "x", "loop-y": "y"} {
		if got := h.file(o.digest(), name); got != want {
			t.Errorf("/%s holds %q, want %q", name, got, want)
		}
	}
}

// file reads a file of an image.
func (h *home) file(digest, name string) string {
	h.t.Helper()
	content := "(none)"
	for _, layer := range layersOf(h.t, h.image(digest)) {
		r, err := layer.Uncompressed()
		if err != nil {
			h.t.Fatal(err)
		}
		for archive := tar.NewReader(r); ; {
			header, err := archive.Next()
			if err != nil {
				break
			}
			if strings.TrimPrefix(header.Name, "/") == name {
				data := make([]byte, header.Size)
				_, _ = archive.Read(data)
				content = string(data)
			}
		}
		_ = r.Close()
	}
	return content
}

func TestReasonIsAnInterruptedBuild(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("slow", build(bash("echo ready", "[ -e /nothing ] || sleep 60"))))
	b := h.startBuild(p)
	b.await("build", atStep(event.StageBuild))
	b.signal(syscall.SIGINT)
	b.wait().wantCode(130)
	again := h.startBuild(p)
	again.await("why", func(e event.Event) bool {
		return e.Type == event.ComponentStart && e.Message == "it was interrupted the last time"
	})
	again.signal(syscall.SIGINT)
	again.wait().wantCode(130)
}

func TestComponentWithoutCacheGivesANewLayerToThoseBehind(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("first", build(bash("cat /proc/sys/kernel/random/uuid > /first"))), component("second", build(bash("cat /first > /second"))))
	p.template("FROM {{{ imagebuilder:parentImage }}}", "{{{ imagebuilder:components }}}", "RUN cat /second > /third")
	seen := map[string]bool{}
	for _, flags := range [][]string{nil, {"--no-cache=first"}} {
		digest := h.build(p, flags...).digest()
		first, second, third := h.file(digest, "first"), h.file(digest, "second"), h.file(digest, "third")
		if first != second || second != third || seen[first] {
			t.Errorf("%v: files %q, %q and %q; seen %v", flags, first, second, third, seen)
		}
		seen[first] = true
		if again := h.build(p); again.digest() != digest {
			t.Errorf("the build after %v gives %s, want %s", flags, again.digest(), digest)
		}
	}
}

// TestCachesOutsideTheBuilder takes components from a registry and from a folder into an empty home: their files, which
// another run would give another content, and their logs.
func TestCachesOutsideTheBuilder(t *testing.T) { //nolint:tparallel // both count the calls of one server
	t.Parallel()
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "call ", calls.Add(1))
	}))
	defer server.Close()
	registry, folder := ocitest.Distribution(t), filepath.Join(t.TempDir(), "cache")
	p := newProject(t, "store:base:1", component("one", build(download(server.URL, "/one"))),
		component("two", build(step{"action": "CopyFile", "inputs": []any{map[string]any{"source": "/one", "destination": "/two"}}})))
	for _, cache := range []struct{ name, from, to string }{
		{"registry", registry + "/cache:main", registry + "/cache:main"},
		{"local", "type=local,src=" + folder, "type=local,dest=" + folder},
	} {
		t.Run(cache.name, func(t *testing.T) {
			first, other := newHome(t), newHome(t)
			first.base("base")
			other.base("base")
			digest := first.build(p, "--cache-to", cache.to).digest()
			before := calls.Load()
			o := other.build(p, "--cache-from", cache.from)
			o.wantCode(0).wantReasons("from the cache", map[string]string{"one": "cached", "two": "cached"})
			if got := o.digest(); got != digest || calls.Load() != before {
				t.Errorf("digest %s, want %s; %d downloads, want %d", got, digest, calls.Load(), before)
			}
			for name, action := range map[string]string{"one": "WebDownload", "two": "CopyFile"} {
				console, err := filepath.Glob(filepath.Join(other.runFolder(), "ApplyBuildComponents", "*-"+name, "console.log"))
				if err != nil || len(console) != 1 {
					t.Fatalf("no log of %s from the cache: %v", name, err)
				}
				if text, err := os.ReadFile(console[0]); err != nil || !strings.Contains(string(text), action+": FINISHED EXECUTION") {
					t.Errorf("the log of %s from the cache (%v):\n%s", name, err, text)
				}
			}
		})
	}
	newHome(t).run("build", newProject(t, "scratch", fileWith("a", "a")).dir, "--cache-from", registry+"/none:main").wantCode(0)
}
