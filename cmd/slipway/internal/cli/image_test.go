package cli

import (
	"encoding/json"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/oci/ocitest"
	"github.com/slipway-oci/slipway/oci/store"
)

// images opens the image store of a world.
func (w *world) images() *store.Store {
	w.t.Helper()
	s, err := store.Open(filepath.Join(w.home, "images"))
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) put(name string) store.Image {
	w.t.Helper()
	return ocitest.Put(w.t, w.images(), ocitest.Image(w.t, ocitest.Files{"etc/greeting": "hello " + name}), name)
}

// host starts a registry and returns its host.
func host(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func TestImageList(t *testing.T) {
	w := newWorld(t)
	if got := w.ok("image", "list", "--format", "json"); got != "[]\n" {
		t.Errorf("list of an empty store = %q", got)
	}
	web := w.put("web:1.0.0-1")
	w.put("db:2")
	if err := w.images().MarkTest(t.Context(), web.Digest(), store.Test{Status: store.Passed, Time: time.Now(), RunID: "20310409-071502-4f2a"}); err != nil {
		t.Fatal(err)
	}
	table := w.ok("image", "list")
	for _, want := range []string{"NAME", "web:1.0.0-1", "passed", "untested", "linux/amd64"} {
		if !strings.Contains(table, want) {
			t.Errorf("the list has no %q:\n%s", want, table)
		}
	}
	tests := []struct {
		args []string
		want int
	}{{nil, 2}, {[]string{"web"}, 1}, {[]string{"web:1.0.0-1"}, 1}, {[]string{"w*"}, 1}, {[]string{"*"}, 2}, {[]string{"we"}, 0}}
	for _, tt := range tests {
		var got []imageView
		if err := json.Unmarshal([]byte(w.ok(append([]string{"image", "list", "--format", "json"}, tt.args...)...)), &got); err != nil {
			t.Fatal(err)
		}
		if len(got) != tt.want {
			t.Errorf("list %q gives %d images, want %d", tt.args, len(got), tt.want)
		}
	}
	if got := w.ok("image", "list", "-q", "web"); got != web.Digest().String()+"\n" {
		t.Errorf("list -q = %q", got)
	}
	if got := w.ok("__complete", "image", "show", ""); !strings.Contains(got, "web:1.0.0-1\n") {
		t.Errorf("completion = %q", got)
	}
}

func TestImageListShowsTheRestBesideABrokenImage(t *testing.T) {
	w := newWorld(t)
	broken := w.put("broken:1").Digest()
	w.put("web:1")
	if err := os.Remove(filepath.Join(w.home, "images", "blobs", "sha256", broken.Hex)); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := w.run("image", "list")
	if code == Success || !strings.Contains(stdout, "web:1") || !strings.Contains(stderr, "broken:1") {
		t.Errorf("list = %d\n%s\n%s", code, stdout, stderr)
	}
}

func TestImageShow(t *testing.T) {
	w := newWorld(t)
	web := w.put("web:1")
	text := w.ok("image", "show", "web:1")
	for _, want := range []string{web.Digest().String(), "linux/amd64", "Layer", "untested"} {
		if !strings.Contains(text, want) {
			t.Errorf("show has no %q:\n%s", want, text)
		}
	}
	var got imageDetail
	if err := json.Unmarshal([]byte(w.ok("image", "show", web.Digest().String(), "--format", "json")), &got); err != nil {
		t.Fatal(err)
	}
	if got.Digest != web.Digest().String() || len(got.Images) != 1 || len(got.Images[0].Layers) != 1 || got.Images[0].Config == nil {
		t.Errorf("show as JSON = %+v", got)
	}
}

func TestImageShowOfAnIndex(t *testing.T) {
	w := newWorld(t)
	if _, err := w.images().PutIndex(t.Context(), ocitest.Index(t, "linux/amd64", "linux/arm64"), "multi:1", nil); err != nil {
		t.Fatal(err)
	}
	var got imageDetail
	if err := json.Unmarshal([]byte(w.ok("image", "show", "multi:1", "--format", "json")), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Images) != 2 || got.Images[1].Platform != "linux/arm64" {
		t.Errorf("images = %+v", got.Images)
	}
}

func TestImageTagDeletePrune(t *testing.T) {
	w := newWorld(t)
	web := w.put("web:1")
	w.ok("image", "tag", "web:1", "web:stable")
	if got := w.ok("image", "delete", "web:1"); got != "web:1\n" {
		t.Errorf("delete = %q", got)
	}
	if got := w.ok("image", "list", "-q", "web:stable"); got != web.Digest().String()+"\n" {
		t.Errorf("the other name points at %q", got)
	}
	code, stdout, stderr := w.run("image", "delete", "web:1", "web:stable")
	if code != WrongInput || stdout != "web:stable\n" || !strings.Contains(stderr, "web:1") {
		t.Errorf("delete of one that is missing = %d, %q, %q", code, stdout, stderr)
	}
	if got := w.ok("image", "prune"); !strings.Contains(got, "0 blobs") {
		t.Errorf("young blobs are pruned: %q", got)
	}
	if got := w.ok("image", "prune", "--grace", "0s", "--dry-run", "--format", "json"); !strings.Contains(got, `"blobs": 3`) {
		t.Errorf("dry run = %s", got)
	}
	if got := w.ok("image", "prune", "--grace", "0s"); !strings.Contains(got, "3 blobs") {
		t.Errorf("prune = %q", got)
	}
}

func TestImagePushAndPull(t *testing.T) {
	w, registry := newWorld(t), host(t)
	digest := w.put("web:1").Digest().String()
	got := w.ok("image", "push", "--untested", "web:1", registry+"/web:a", registry+"/web:b")
	if want := registry + "/web:a@" + digest + "\n" + registry + "/web:b@" + digest + "\n"; got != want {
		t.Errorf("push = %q, want %q", got, want)
	}
	if got := w.ok("image", "push", "--untested", "web:1", registry+"/web:a", "--format", "json", "--progress", "quiet"); !strings.Contains(got, `"status": "present"`) {
		t.Errorf("second push = %s", got)
	}
	other := newWorld(t)
	if got := other.ok("image", "pull", registry+"/web:a"); got != "web:a@"+digest+"\n" {
		t.Errorf("pull = %q", got)
	}
	if got := other.ok("image", "pull", "oci-layout:"+filepath.Join(w.home, "images")+":web:1", "copy:2"); got != "copy:2@"+digest+"\n" {
		t.Errorf("pull of a layout = %q", got)
	}
}

func TestImagePushRefusesWhatFailedItsTests(t *testing.T) {
	w, registry := newWorld(t), host(t)
	digest := w.put("web:1").Digest()
	if err := w.images().MarkTest(t.Context(), digest, store.Test{Status: store.Failed, Time: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr := w.run("image", "push", "web:1", registry+"/web:1"); code != TestFailed || stdout != "" || !strings.Contains(stderr, "--force") {
		t.Errorf("push = %d, %q, %q", code, stdout, stderr)
	}
	w.ok("image", "push", "--force", "web:1", registry+"/web:1")
}

func TestImagePushTakesOnlyWhatWasTested(t *testing.T) {
	w, registry := newWorld(t), host(t)
	digest := w.put("web:1").Digest()
	refused := func(want string, args ...string) {
		t.Helper()
		code, stdout, stderr := w.run(append(append([]string{"image", "push"}, args...), registry+"/web:1", "--progress", "quiet")...)
		if code != TestFailed || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("push %q = %d, %q, %q; want %q", args, code, stdout, stderr, want)
		}
	}
	refused("slipway test web:1 -c", "web:1")
	mark := func(digest v1.Hash, status store.TestStatus) {
		t.Helper()
		if err := w.images().MarkTest(t.Context(), digest, store.Test{Status: status, Time: time.Now(), RunID: "20310409-071502-4f2a"}); err != nil {
			t.Fatal(err)
		}
	}
	mark(digest, store.Failed)
	refused("in run 20310409-071502-4f2a", "web:1", "--untested")
	mark(digest, store.Passed)
	w.ok("image", "push", "web:1", registry+"/web:1", "--progress", "quiet")

	index, err := w.images().PutIndex(t.Context(), ocitest.Index(t, "linux/amd64", "linux/arm64"), "multi:1", nil)
	if err != nil {
		t.Fatal(err)
	}
	children, err := index.Images()
	if err != nil {
		t.Fatal(err)
	}
	for _, child := range children {
		refused("was not tested", "multi:1")
		if _, err := w.images().Add(t.Context(), child.Descriptor, "", nil); err != nil {
			t.Fatal(err)
		}
		mark(child.Digest(), store.Passed)
	}
	w.ok("image", "push", "multi:1", registry+"/multi:1", "--progress", "quiet") // all platforms passed
	mark(children[1].Digest(), store.Failed)
	refused("failed in run", "multi:1")
}

func TestImagePushTellsWhatFailed(t *testing.T) {
	w, registry := newWorld(t), host(t)
	w.put("web:1")
	broken := httptest.NewServer(nil) // answers 404 to everything
	t.Cleanup(broken.Close)
	bad := strings.TrimPrefix(broken.URL, "http://") + "/web:1"
	code, stdout, stderr := w.run("image", "push", "--untested", "web:1", registry+"/web:1", bad, "--progress", "quiet")
	if code != PublishFailed || !strings.HasPrefix(stdout, registry+"/web:1@sha256:") || strings.Contains(stdout, bad) || !strings.Contains(stderr, bad) {
		t.Errorf("push = %d\n%s\n%s", code, stdout, stderr)
	}
}

func TestPullNames(t *testing.T) {
	w, registry := newWorld(t), host(t)
	w.put("web:1")
	w.ok("image", "push", "--untested", "web:1", registry+"/team/web:1", registry+"/team/web:latest")
	if got := w.ok("image", "pull", registry+"/team/web"); !strings.HasPrefix(got, "web:latest@") {
		t.Errorf("pull without a tag = %q", got)
	}
	code, _, stderr := w.run("image", "pull", registry+"/team/web:1", "--platform", "linux/s390x")
	if code != WrongInput || !strings.Contains(stderr, "s390x") {
		t.Errorf("pull for a platform that is not there = %d, %q", code, stderr)
	}
	code, _, _ = w.run("image", "pull", registry+"/team/none:1")
	if code == Success {
		t.Error("pull of a missing image succeeded")
	}
}

func TestPlanFindsParents(t *testing.T) {
	w, registry := newWorld(t).in(t.TempDir()), host(t)
	index := ocitest.Index(t, "linux/amd64", "linux/arm64")
	if _, err := w.images().PutIndex(t.Context(), index, "multi:1", nil); err != nil {
		t.Fatal(err)
	}
	w.put("base:1.2.0-1")
	w.put("base:1.10.0-3")
	failed := w.put("base:1.11.0-1")
	if err := w.images().MarkTest(t.Context(), failed.Digest(), store.Test{Status: store.Failed, Time: time.Now()}); err != nil {
		t.Fatal(err)
	}
	w.ok("image", "push", "--untested", "multi:1", registry+"/multi:1", "--progress", "quiet")
	w.ok("image", "push", "--untested", "base:1.2.0-1", registry+"/base:1", "--progress", "quiet")
	remote := newWorld(t)
	digest := func(d v1.Hash, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		return d.String()
	}
	tests := []struct {
		name, parent, want string
		w                  *world
	}{
		{"index in a registry", registry + "/multi:1", digest(index.Digest()), remote},
		{"image in a registry", registry + "/base:1", w.ok("image", "list", "-q", "base:1.2.0-1"), remote},
		{"registry, but known", registry + "/multi:1", digest(index.Digest()), w},
		{"store", "store:multi:1", digest(index.Digest()), w},
		{"layout", "oci-layout:" + filepath.Join(w.home, "images") + ":multi:1", digest(index.Digest()), remote},
		{"own image", "base/1.x.x", w.ok("image", "list", "-q", "base:1.10.0-3"), w},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			write(t, "recipe.yaml", "name: web\nparentImage: "+tt.parent+"\n")
			var got struct{ Parent struct{ Digest string } }
			if err := json.Unmarshal([]byte(tt.w.ok("plan", "--platform", "linux/amd64", "--format", "json")), &got); err != nil {
				t.Fatal(err)
			}
			if got.Parent.Digest != strings.TrimSpace(tt.want) {
				t.Errorf("parent = %s, want %s", got.Parent.Digest, tt.want)
			}
		})
	}
}

func TestImportOfARootFileSystem(t *testing.T) {
	w := newWorld(t).in(t.TempDir())
	write(t, "base.tar", string(ocitest.Tar(t, ocitest.Files{"etc/os-release": "ID=test\n"})))
	first := w.ok("image", "import", "base.tar", "base:1", "--platform", "linux/arm64", "--env", "LANG=C")
	if !strings.HasPrefix(first, "base:1@sha256:") {
		t.Errorf("import = %q", first)
	}
	if again := newWorld(t).ok("image", "import", "base.tar", "base:1", "--platform", "linux/arm64", "--env", "LANG=C"); again != first {
		t.Errorf("the same archive gives %q, then %q", first, again)
	}
	if text := w.ok("image", "show", "base:1"); !strings.Contains(text, "linux/arm64") || !strings.Contains(text, "LANG=C") {
		t.Errorf("show = %s", text)
	}
	for _, args := range [][]string{{"-"}, {"base.tar", "--platform", "linux/amd64,linux/arm64"}} {
		if code, _, stderr := w.run(append([]string{"image", "import"}, args...)...); code != WrongInput || !strings.Contains(stderr, "Hint:") {
			t.Errorf("import %q = %d, %q", args, code, stderr)
		}
	}
}
