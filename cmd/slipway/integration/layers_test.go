//go:build linux

package integration

import (
	"archive/tar"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/builder/event"
)

// bare imports an image with one program and no folder for mounts, and returns its reference.
func bare(t *testing.T, h *home) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bare.tar")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(runner(t))
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(f)
	for _, header := range []*tar.Header{
		{Typeflag: tar.TypeDir, Name: "bin/", Mode: 0o755},
		{Typeflag: tar.TypeReg, Name: "bin/tool", Mode: 0o755, Size: int64(len(program))},
	} {
		if err := w.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Write(program); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	h.run("image", "import", path, "bare:1").wantCode(0)
	return "store:bare:1"
}

func TestWF06LayersHoldWhatComponentsDidAndNothingElse(t *testing.T) {
	h := shared(t)
	for _, tt := range []struct {
		name, parent string
		step         step
	}{
		{"debian", debian, bash("echo in /tmp > /tmp/left; rm /tmp/left; ls -l /proc/self/exe /sys /dev/null; cat /etc/resolv.conf /etc/hosts")},
		{"scratch", "scratch", exists("/data/one")},
		{"bare", bare(t, h), execute("/bin/tool", "--version")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := h.of(t)
			p := newProject(t, tt.parent,
				component("one", build(createFile("/data/one", "1")), validate(exists("/data/one"))),
				component("nothing", build(tt.step)),
				component("two", build(createFile("/two", "2"))))
			layers := layersOf(t, h.image(h.build(p).digest()))
			if len(layers) < 3 {
				t.Fatalf("%d layers", len(layers))
			}
			for n, want := range []map[string]string{{"/data/one": "1"}, {}, {"/two": "2"}} {
				layer := layers[len(layers)-3+n]
				if diff := cmp.Diff(want, filesOf(t, layer)); diff != "" {
					t.Errorf("layer of component %d (-want +got):\n%s", n+1, diff)
				}
			}
		})
	}
}

func TestWF06TestsLeaveNothingInAnImageWithoutFolders(t *testing.T) {
	h := shared(t)
	p := newProject(t, bare(t, h), component("c", build(createFile("/a", "a")), test(createFile("/made/by/test", "x"), exists("/a"))))
	digest := h.build(p).digest()
	for _, layer := range layersOf(t, h.image(digest)) {
		for path := range filesOf(t, layer) {
			if path != "/a" && path != "/bin/tool" {
				t.Errorf("%s is in the image", path)
			}
		}
	}
}

func TestWF01PhasesRunInOrder(t *testing.T) {
	h := shared(t)
	ok := func() step { return bash("true") }
	p := newProject(t, debian,
		component("one", test(ok()), hostTest(ok()), validate(ok()), build(ok())), // phases run as the document orders them
		component("check", test(ok())),
		component("two", build(ok()), validate(ok()), test(ok())))
	p.template("FROM {{{ imagebuilder:parentImage }}}", "{{{ imagebuilder:components }}}", `CMD ["sleep", "60"]`)
	o := h.build(p).wantCode(0)
	want := []string{
		"build one validate", "build one build", "build two build", "build two validate",
		"test one test", "test two test", "test check test", "test one container-host-test",
	}
	if diff := cmp.Diff(want, o.trail(event.PhaseStart)); diff != "" {
		t.Errorf("phases (-want +got):\n%s", diff)
	}
	stages := []string{"resolve", "build", "commit", "test", "publish"}
	if diff := cmp.Diff(stages, o.trail(event.StageStart)); diff != "" {
		t.Errorf("stages (-want +got):\n%s", diff)
	}
}

func TestWF03OtherPhasesDoNotRunInTheBuildStage(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("c",
		build(bash("echo b > /b")),
		test(bash("test ! -e /custom", "echo t > /t")),
		newPhase("custom", []step{bash("echo c > /custom")})))
	layers := layersOf(t, h.image(h.build(p).digest()))
	if diff := cmp.Diff(map[string]string{"/b": "b\n"}, filesOf(t, layers[1:]...)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestWF04OneLayerForEachComponent(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian,
		component("one", build(bash("echo 1 > /one")), validate(exists("/one"))),
		component("two", build(bash("echo 2 > /two"), bash("echo 3 > /three"))),
		component("check", test(bash("true"))))
	config := configOf(t, h.image(h.build(p).digest()))
	var created []string
	for _, entry := range config.History {
		if strings.Contains(entry.CreatedBy, "slipway component") {
			created = append(created, entry.CreatedBy)
		}
	}
	if len(created) != 2 || !strings.Contains(created[0], "one/") || !strings.Contains(created[1], "two/") {
		t.Errorf("history of components: %q", created)
	}
	if got := len(config.RootFS.DiffIDs); got != 3 {
		t.Errorf("%d layers, want the parent's and 2", got)
	}
}

func TestWF05ChangeRunsThatComponentAndLaterOnesAgain(t *testing.T) {
	h := shared(t)
	two := func(value string) document {
		return componentWith("two", parameter("Value", value), build(bash("echo '{{ Value }}' > /two")))
	}
	p := newProject(t, debian,
		component("one", build(bash("date +%N > /one"))), two("a"), component("three", build(bash("date +%N > /three"))))
	h.build(p).wantCode(0)
	for _, tt := range []struct {
		name string
		do   func() *outcome
	}{
		{"parameter", func() *outcome { return h.build(p, "--param", "Value=b") }},
		{"document", func() *outcome { return h.build(p.change(two("c"))) }},
	} {
		cached := map[string]bool{}
		for _, c := range tt.do().wantCode(0).result().Components {
			cached[c.Name] = c.Cached
		}
		if diff := cmp.Diff(map[string]bool{"one": true, "two": false, "three": false}, cached); diff != "" {
			t.Errorf("%s changed, cached components (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestWF07RunnerVariablesAreNotInTheImage(t *testing.T) {
	h := shared(t).with("HTTP_PROXY=http://user:password@proxy.invalid:3128")
	p := newProject(t, debian, component("c", build(bash("env"))))
	p.template("FROM {{{ imagebuilder:parentImage }}}", "ARG WORD=argument", "ENV KEPT=yes", "{{{ imagebuilder:components }}}")
	o := h.build(p).wantCode(0)
	img := h.image(o.digest())
	for _, v := range configOf(t, img).Config.Env {
		if name, _, _ := strings.Cut(v, "="); name != "PATH" && name != "KEPT" {
			t.Errorf("the image has the variable %s", v)
		}
	}
	raw, err := img.RawConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"password", "SLIPWAY", "TOE_"} { // the history shows the template's own lines
		if strings.Contains(string(raw), secret) {
			t.Errorf("the image config contains %q: %s", secret, raw)
		}
	}
}

func TestWF09TestContainerIsFresh(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("c",
		build(bash("echo x > here", "echo x > /dev/shm/shm", "echo x > /var/lib/amazon/toe/mine", "echo kept > /kept")),
		test(bash("test -e /kept", "test ! -e here", "test ! -e /dev/shm/shm", "test ! -e /var/lib/amazon/toe/mine"))))
	h.build(p.add("workingDirectory: /scratch/work")).wantCode(0)
}

func TestWF10WritesOfTestsAreNotPublished(t *testing.T) {
	h := shared(t)
	without := newProject(t, debian, component("c", build(bash("echo a > /a"))))
	with := newProject(t, debian, component("c", build(bash("echo a > /a"))), component("check", test(bash("echo t > /t; rm /a"))))
	for _, p := range []*project{without, with} {
		layers := layersOf(t, h.image(h.build(p).digest()))
		if diff := cmp.Diff(map[string]string{"/a": "a\n"}, filesOf(t, layers[1:]...)); diff != "" {
			t.Errorf("files (-want +got):\n%s", diff)
		}
	}
}

func TestWF12SkippedTestsDoNotStopPublishing(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("c", build(bash("true")), test(bash("false"))))
	o := h.build(p, "--skip-tests").wantCode(0)
	if r := o.result(); len(r.Tests) != 0 {
		t.Errorf("tests %+v ran", r.Tests)
	}
}

func TestWF13NoTestPhaseStartsNoContainer(t *testing.T) {
	h := shared(t)
	o := h.build(newProject(t, debian, component("c", build(bash("true"))))).wantCode(0)
	for _, e := range o.events {
		if e.Stage == event.StageTest && (e.Type == event.ComponentStart || e.Type == event.StageEnd && e.Status != event.Skipped) {
			t.Errorf("event of the test stage: %+v", e)
		}
	}
}

func TestWF15HostTestReachesTheImagesOwnProcess(t *testing.T) {
	h := shared(t)
	check := hostTest(bash(`test "$(tr '\0' ' ' < /proc/1/cmdline)" = "sleep 60 "`, `test -n "$TEST_IMAGE_DIGEST"`, `test "$TEST_TARGET_HOST" = 127.0.0.1`))
	p := newProject(t, debian, component("c", build(bash("true")), check))
	p.template("FROM {{{ imagebuilder:parentImage }}}", "{{{ imagebuilder:components }}}", `ENTRYPOINT ["sleep"]`, `CMD ["60"]`)
	h.build(p).wantCode(0)
	p.template("FROM {{{ imagebuilder:parentImage }}}", "{{{ imagebuilder:components }}}", `CMD ["sh", "-c", "exit 7"]`)
	p.recipe = strings.Replace(p.recipe, "dockerfileTemplateUri: ./Dockerfile\n", "", 1)
	p.add()
	p.change(component("c", build(bash("true")), hostTest(bash("sleep 20"))))
	h.build(p).wantCode(3, "7")
}

func TestWF17RestartIsRunAgain(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("c", build(
		bash("sleep 1000 & echo $! > /pid", "echo run >> /runs", "test $(wc -l < /runs) = 2 || exit 194", "! kill -0 $(cat /pid) || true"),
		bash("echo after >> /runs"))))
	layers := layersOf(t, h.image(h.build(p).digest()))
	if got := filesOf(t, layers[1:]...)["/runs"]; got != "run\nrun\nafter\n" {
		t.Errorf("/runs is %q", got)
	}
}

func TestWF18LabelsSayWhatTheImageIs(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("c", build(bash("true"))), component("check", test(bash("true"))))
	p.add("description: An image with labels").template("FROM {{{ imagebuilder:parentImage }}}", "{{{ imagebuilder:components }}}",
		"LABEL org.opencontainers.image.title=mine")
	r := h.build(p).wantCode(0).result()
	img := h.image(r.Image.Digest)
	config := configOf(t, img)
	want := map[string]string{
		"org.opencontainers.image.title":       "mine",
		"org.opencontainers.image.version":     "1.0.0",
		"org.opencontainers.image.description": "An image with labels",
		"org.opencontainers.image.base.name":   debian,
		"org.opencontainers.image.base.digest": r.Parent.Digest,
		"io.slipway.recipe":                    p.name + "/1.0.0",
		"io.slipway.components":                "c/0.0.0@" + r.Components[0].Digest + ",check/0.0.0@" + r.Tests[0].Digest,
	}
	if diff := cmp.Diff(want, config.Config.Labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if again := h.build(p).wantCode(0).result(); again.Recipe.Build != 2 || again.Image.Digest != r.Image.Digest {
		t.Errorf("build %d has digest %s, build 1 has %s", again.Recipe.Build, again.Image.Digest, r.Image.Digest)
	}
}

func TestREC13WorkingDirectory(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("c",
		build(bash(`test "$PWD" = /opt/not/there`, "echo scratch > file", "pwd > /pwd")), test(bash(`test "$PWD" = /opt/not/there`))))
	p.add("workingDirectory: /opt/not/there")
	img := h.image(h.build(p).digest())
	if diff := cmp.Diff(map[string]string{"/pwd": "/opt/not/there\n"}, filesOf(t, layersOf(t, img)[1:]...)); diff != "" {
		t.Errorf("files of a missing working directory (-want +got):\n%s", diff)
	}
	if got := configOf(t, img).Config.WorkingDir; got != "" && got != "/" {
		t.Errorf("WorkingDir of the image is %q", got)
	}

	p = newProject(t, debian, component("c", build(bash("echo here > file")))).rename(p.name + "-existing").add("workingDirectory: /srv")
	img = h.image(h.build(p).digest())
	if diff := cmp.Diff(map[string]string{"/srv/file": "here\n"}, filesOf(t, layersOf(t, img)[1:]...)); diff != "" {
		t.Errorf("files of an existing working directory (-want +got):\n%s", diff)
	}
}

// fileIn reads a file of an image, topmost layer first.
func fileIn(t *testing.T, h *home, digest, path string) string {
	t.Helper()
	for _, layer := range slices.Backward(layersOf(t, h.image(digest))) {
		if e, ok := entries(t, layer)[path]; ok {
			return e.content
		}
	}
	t.Errorf("%s is not in the image", path)
	return ""
}

func TestImageStoreMayBeOnAnotherFileSystem(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	if err := os.Symlink(mountTmpfs(t, 20), filepath.Join(h.dir, "images")); err != nil {
		t.Fatal(err)
	}
	h.base("first")
	p := newProject(t, "store:base:1", fileWith("a", "a"), component("b", build(createFile("/b", "b")), test(exists("/a"))))
	digest := h.build(p).wantCode(0).digest()
	if got := fileIn(t, h, digest, "/b"); got != "b" {
		t.Errorf("/b is %q", got)
	}
	if again := h.build(p, "--no-cache=b").wantCode(0).result(); !again.Components[0].Cached {
		t.Error("the first component ran again")
	}
}
