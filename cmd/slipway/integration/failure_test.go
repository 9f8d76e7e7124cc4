//go:build linux

package integration

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/oci/ocitest"
)

func TestWF08FailingComponentEndsTheBuild(t *testing.T) {
	h, registry := shared(t), ocitest.Distribution(t)
	bad := func() step { return bash("echo about to fail", "echo the reason >&2", "exit 7") }
	for _, tt := range []struct {
		phase     string
		component document
	}{
		{"build", component("second", build(bad()))},
		{"validate", component("second", build(bash("echo > /second")), validate(bad()))},
	} {
		t.Run(tt.phase, func(t *testing.T) {
			h := h.of(t)
			p := newProject(t, debian, component("first", build(bash("echo "+tt.phase+" > /first"))), tt.component, component("third", build(bash("true")))).target(registry)
			for n, wantCached := range []bool{false, true} { // the failed component is not cached, the one before it is
				r := h.build(p).wantCode(1, "the reason").result()
				wantError := result.Error{Code: 1, Component: "second", Phase: tt.phase, Step: "Step1"}
				got := *r.Error
				got.Message, got.Hint = "", ""
				if diff := cmp.Diff(wantError, got); diff != "" {
					t.Errorf("build %d: error (-want +got):\n%s", n+1, diff)
				}
				if r.Status != result.Failed || r.Stage != "build" || r.Image != nil {
					t.Errorf("build %d: %s at %s, image %v", n+1, r.Status, r.Stage, r.Image)
				}
				if len(r.Components) != 2 || r.Components[0].Cached != wantCached || r.Components[1].Cached || r.Components[1].Status != "failed" {
					t.Errorf("build %d: components %+v", n+1, r.Components)
				}
				wantFile(t, filepath.Join(r.RunFolder, "ApplyBuildComponents/02-second/console.log"), "about to fail", "the reason")
			}
			if got := h.pointers()[p.pointer(1)]; got != "" {
				t.Errorf("the store has an image %s", got)
			}
			if inRegistry(t, registry+"/"+p.name+":1.0.0-1") {
				t.Error("the image was pushed")
			}
			h.wantNothingLeft()
		})
	}
}

// wantFile fails the test unless a file has all the texts.
func wantFile(t *testing.T, path string, texts ...string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	}
	for _, text := range texts {
		if !strings.Contains(string(got), text) {
			t.Errorf("%s does not contain %q:\n%s", path, text, tail(string(got)))
		}
	}
}

func TestFailedComponentWorksOnceMended(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("first", build(bash("date +%N > /first"))), component("second", build(bash("exit 1"))))
	h.build(p).wantCode(1)
	r := h.build(p.change(component("second", build(bash("echo > /second"))))).wantCode(0).result()
	if !r.Components[0].Cached || r.Components[1].Cached {
		t.Errorf("components %+v", r.Components)
	}
}

func TestStepThatTimesOutEndsTheBuildAndItsProcesses(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("slow", build(bash("sleep 1000 &", "sleep 1000").with("timeoutSeconds", 1))))
	r := h.build(p).wantCode(1, "timed out after 1 second").result()
	if r.Error.Step != "Step1" {
		t.Errorf("error %+v", r.Error)
	}
	h.wantNothingLeft()
}

func TestStepsAreTriedAgain(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("flaky", build(bash("echo try >> /tries", "test $(wc -l < /tries) = 3").with("maxAttempts", 3))))
	r := h.build(p).wantCode(0).result()
	if got := r.Components[0].Phases[0].Steps[0].Attempts; got != 3 {
		t.Errorf("%d attempts, want 3", got)
	}
}

func TestOutputOf100MBIsKeptWhole(t *testing.T) {
	h := shared(t)
	line := strings.Repeat("0123456789", 20)
	const lines = 500_000
	p := newProject(t, debian, component("loud", build(bash(fmt.Sprintf("yes %s | head -n %d", line, lines), "echo the last line"))))
	run := h.start("build", p.dir, "--progress", "quiet")
	memory := run.memory()
	run.wait().wantCode(0)
	text, err := os.ReadFile(filepath.Join(h.runFolder(), "ApplyBuildComponents/01-loud/console.log"))
	if err != nil {
		t.Fatal(err)
	}
	if got := bytes.Count(text, []byte(line)); got != lines {
		t.Errorf("console.log has %d lines, want %d", got, lines)
	}
	if !bytes.Contains(text, []byte("Stdout: the last line")) {
		t.Errorf("console.log lacks the last line: %s", tail(string(text)))
	}
	if memory == 0 || memory > 300<<20 {
		t.Errorf("slipway used %d MB of memory, want at most 300", memory>>20)
	}
}

func TestWF11FailingTestPublishesNothing(t *testing.T) {
	h, registry := shared(t), ocitest.Distribution(t)
	p := newProject(t, debian, component("c", build(bash("echo > /c")), test(bash("echo wrong >&2", "exit 3")))).target(registry)
	r := h.build(p, "--tag", registry+"/other:latest").wantCode(3, "wrong").result()
	if r.Image == nil || r.Stage != "test" || r.Error.Code != 3 || len(r.Tests) != 1 || r.Tests[0].Status != "failed" {
		t.Fatalf("result %+v", r)
	}
	wantFile(t, filepath.Join(r.RunFolder, "ApplyTestComponents/01-c/console.log"), "wrong")
	for _, reference := range []string{p.name + ":1.0.0-1", p.name + "@" + r.Image.Digest, "other:latest"} {
		if inRegistry(t, registry+"/"+reference) {
			t.Errorf("%s was pushed", reference)
		}
	}
	if got := h.pointers()[p.pointer(1)]; got != r.Image.Digest {
		t.Errorf("the store has %q as %s, want %s", got, p.pointer(1), r.Image.Digest)
	}
	var status string
	for _, m := range h.index().Manifests {
		if m.Digest.String() == r.Image.Digest {
			status = m.Annotations["io.slipway.test.status"]
		}
	}
	if status != "failed" {
		t.Errorf("the image is marked %q, want failed", status)
	}
	if list := h.run("image", "list").wantCode(0).stdout; !strings.Contains(list, p.name) {
		t.Errorf("image list lacks the image:\n%s", list)
	}
	h.run("image", "push", p.pointer(1), registry+"/"+p.name+":forced").wantCode(3, "failed")
	h.wantNothingLeft()
}

func TestFailedTestEndsTheStage(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian,
		component("c", build(bash("true")), test(bash("true"))),
		component("bad", test(bash("exit 1"))),
		component("never", test(bash("true"))))
	r := h.build(p).wantCode(3).result()
	if diff := cmp.Diff([]string{"c test Step1 success", "bad test Step1 failed"}, steps(r.Tests)); diff != "" {
		t.Errorf("tests (-want +got):\n%s", diff)
	}
}

func TestTestStepThatTimesOutIsExit3(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("c", build(bash("true")), test(bash("sleep 1000").with("timeoutSeconds", 1))))
	h.build(p).wantCode(3, "timed out after 1 second")
	h.wantNothingLeft()
}
