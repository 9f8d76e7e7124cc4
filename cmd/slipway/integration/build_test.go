//go:build linux

package integration

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/oci/ocitest"
)

// greeting is the smallest whole component: it builds, validates and tests.
func greeting(text string) document {
	return component("greeting",
		build(createFile("/etc/greeting", text)),
		validate(exists("/etc/greeting")),
		test(bash(`test "$(cat /etc/greeting)" = '`+text+`'`)))
}

func TestMainJobPushesTheTestedDigest(t *testing.T) {
	h, registry := shared(t), ocitest.Distribution(t)
	p := newProject(t, debian, greeting("hello")).target(registry)
	o := h.run("build", p.dir, "--progress", "plain").wantCode(0)
	digest := strings.TrimSpace(o.stdout)
	repository := registry + "/" + p.name
	if got := digestOf(t, pull(t, repository+"@"+digest)); got != digest {
		t.Errorf("pulled %s, want %s, which stdout named", got, digest)
	}
	if got := digestOf(t, pull(t, repository+":1.0.0-1")); got != digest {
		t.Errorf("tag 1.0.0-1 is %s, want %s", got, digest)
	}
	if got := h.pointers()[p.pointer(1)]; got != digest {
		t.Errorf("%s in the store is %s, want %s", p.pointer(1), got, digest)
	}
	layers := layersOf(t, pull(t, repository+"@"+digest))
	want := map[string]string{"/etc/greeting": "hello"}
	if diff := cmp.Diff(want, filesOf(t, layers[len(layers)-1])); diff != "" {
		t.Errorf("last layer (-want +got):\n%s", diff)
	}
	h.wantNothingLeft()
}

func TestImageStoreIsAnOCILayoutForOthers(t *testing.T) {
	skopeo := needs(t, "skopeo", "skopeo")
	h := shared(t)
	p := newProject(t, debian, greeting("hello"))
	digest := h.build(p).digest()
	reference := "oci:" + filepath.Join(h.dir, "images") + ":" + p.pointer(1)
	out, err := exec.CommandContext(t.Context(), skopeo, "inspect", reference).Output()
	if err != nil {
		t.Fatalf("skopeo inspect %s: %v", reference, err)
	}
	var got struct{ Digest string }
	if err := json.Unmarshal(out, &got); err != nil || got.Digest != digest {
		t.Errorf("skopeo sees %q (%v), want %q", got.Digest, err, digest)
	}
}

func TestUnchangedRebuildRunsNothingAndGivesTheSameDigest(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian,
		component("one", build(bash("date +%N > /one")), validate(exists("/one"))),
		component("two", build(bash("date +%N > /two"))))
	first, second := h.build(p), h.build(p)
	if first.digest() != second.digest() {
		t.Errorf("digests %s and %s differ", first.digest(), second.digest())
	}
	if !second.result().Image.Unchanged {
		t.Error("the result does not say that the image is unchanged")
	}
	for _, c := range second.result().Components {
		if !c.Cached || c.Status != "success" {
			t.Errorf("component %s: cached %v, status %s", c.Name, c.Cached, c.Status)
		}
	}
	for _, e := range second.events {
		if e.Type == event.StepEnd && e.Stage == event.StageBuild && !e.Cached {
			t.Errorf("step %s/%s/%s ran again", e.Component, e.Phase, e.Step)
		}
	}
	want := first.trail(event.StepStart, event.StepEnd)
	if diff := cmp.Diff(want, second.trail(event.StepStart, event.StepEnd)); diff != "" {
		t.Errorf("steps shown by the rebuild (-first +second):\n%s", diff)
	}
}

func TestResultHasTheShapeOfTheReference(t *testing.T) {
	h, registry := shared(t), ocitest.Distribution(t)
	p := newProject(t, debian, greeting("hello")).target(registry)
	o := h.build(p).wantCode(0)
	r := o.result()
	digest := o.digest()
	if r.Status != result.Succeeded || r.Stage != "publish" || r.Error != nil {
		t.Errorf("status %s at %s, error %v", r.Status, r.Stage, r.Error)
	}
	wantRecipe := result.Recipe{Name: p.name, Version: "1.0.0", Build: 1, File: filepath.Join(p.dir, "recipe.yaml")}
	if diff := cmp.Diff(wantRecipe, r.Recipe); diff != "" {
		t.Errorf("recipe (-want +got):\n%s", diff)
	}
	if r.Parent.Reference != debian || r.Parent.Digest == "" {
		t.Errorf("parent %+v", r.Parent)
	}
	if len(r.Image.Layers) != 2 || r.Image.Size == 0 || r.Image.Platforms[0] == "" || r.Image.ConfigDigest == "" {
		t.Errorf("image %+v", r.Image)
	}
	wantTargets := []result.Target{{Reference: registry + "/" + p.name + ":1.0.0-1", Digest: digest, Status: "pushed"}}
	if diff := cmp.Diff(wantTargets, r.Targets); diff != "" {
		t.Errorf("targets (-want +got):\n%s", diff)
	}
	wantTrail := []string{"greeting build Step1 success", "greeting validate Step1 success", "greeting test Step1 success"}
	if diff := cmp.Diff(wantTrail, steps(slices.Concat(r.Components, r.Tests))); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	if r.Timings.Total < r.Timings.Build+r.Timings.Commit+r.Timings.Test+r.Timings.Publish || r.Timings.Publish == 0 {
		t.Errorf("timings %+v do not add up", r.Timings)
	}
	if r.StartTime.IsZero() || r.EndTime.Before(r.StartTime) {
		t.Errorf("from %v to %v", r.StartTime, r.EndTime)
	}
}

// steps names the steps of components with their outcomes.
func steps(components []result.Component) []string {
	var list []string
	for _, c := range components {
		for _, ph := range c.Phases {
			for _, s := range ph.Steps {
				list = append(list, strings.Join([]string{c.Name, ph.Name, s.Name, s.Status}, " "))
			}
		}
	}
	return list
}

func TestRunFolderKeepsTheRecord(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("talk", build(bash("echo said in build")), test(bash("echo said in test"))))
	o := h.build(p).wantCode(0)
	for n, o := range []*outcome{o, h.build(p).wantCode(0)} { // the second from the cache
		folder := o.result().RunFolder
		recorded, err := os.ReadFile(filepath.Join(folder, "result.json"))
		if err != nil {
			t.Fatal(err)
		}
		if string(recorded) != o.stdout {
			t.Errorf("build %d: result.json differs from stdout:\n%s", n+1, cmp.Diff(o.stdout, string(recorded)))
		}
		for file, text := range map[string]string{
			"events.jsonl": `"type":"build.end"`,
			"ApplyBuildComponents/01-talk/console.log":         "said in build",
			"ApplyBuildComponents/01-talk/detailedoutput.json": `"Step1"`,
			"ApplyBuildComponents/01-talk/application.log":     "",
			"ApplyTestComponents/01-talk/console.log":          "said in test",
			"ApplyTestComponents/01-talk/detailedoutput.json":  `"Step1"`,
		} {
			if got, err := os.ReadFile(filepath.Join(folder, file)); err != nil || !strings.Contains(string(got), text) {
				t.Errorf("build %d: %s (%v) does not contain %q:\n%s", n+1, file, err, text, got)
			}
		}
	}
}

func TestTextOutputIsTheDigestAlone(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("c", build(bash("echo noise; echo more noise >&2"))))
	digest := h.build(p).digest()
	if got := h.run("build", p.dir).wantCode(0).stdout; got != digest+"\n" {
		t.Errorf("stdout %q, want %q", got, digest+"\n")
	}
	quiet := h.run("build", p.dir, "--progress", "quiet").wantCode(0)
	if quiet.stderr != "" || quiet.stdout != digest+"\n" {
		t.Errorf("quiet: stdout %q, stderr %q", quiet.stdout, quiet.stderr)
	}
}
