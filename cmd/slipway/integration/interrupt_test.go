//go:build linux

package integration

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/builder/workflow"
	"github.com/slipway-oci/slipway/oci/ocitest"
)

// A moment is a point of a build at which it can be ended from outside.
type moment struct {
	name   string
	reach  func(event.Event) bool
	faults []ocitest.Fault // of the registry, to make the moment last
}

func atStage(stage event.Stage) func(event.Event) bool {
	return func(e event.Event) bool { return e.Type == event.StageStart && e.Stage == stage }
}

func atStep(stage event.Stage) func(event.Event) bool {
	return func(e event.Event) bool { return e.Type == event.StepOutput && e.Stage == stage && e.Text == "ready" }
}

// longBuild is a project each of whose stages lasts long enough to be ended.
func longBuild(t *testing.T, m moment, registry string) *project {
	t.Helper()
	// The child leaves its process group: only the end of the container ends it.
	wait := "setsid sleep 1000 & echo ready; sleep 1000"
	work, check := bash("true"), bash("true")
	switch m.name {
	case "build":
		work = bash(wait)
	case "commit":
		work = bash("head -c 150000000 /dev/urandom > /large")
	case "test":
		check = bash(wait)
	}
	return newProject(t, debian, component("c", build(work), test(check))).target(registry)
}

func TestWF20CancelInEachStageLeavesNothing(t *testing.T) {
	h, registry := shared(t), ocitest.Distribution(t)
	for _, m := range []moment{
		{"resolve", atStage(event.StageResolve), nil},
		{"build", atStep(event.StageBuild), nil},
		{"commit", atStage(event.StageCommit), nil},
		{"test", atStep(event.StageTest), nil},
		{"publish", atStage(event.StagePublish), []ocitest.Fault{{Method: "PATCH", Hang: true, Times: -1}, {Method: "PUT", Hang: true, Times: -1}}},
	} {
		for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGKILL} {
			t.Run(m.name+" "+sig.String(), func(t *testing.T) {
				endFromOutside(t, h.of(t), m, sig, registry)
			})
		}
	}
}

func endFromOutside(t *testing.T, h *home, m moment, sig syscall.Signal, registry string) {
	t.Helper()
	proxy := ocitest.FaultProxy(t, registry, m.faults...)
	p := longBuild(t, m, proxy.Host)
	if m.name == "resolve" { // a registry that does not answer makes the stage last
		proxy.Set(ocitest.Fault{Hang: true, Times: -1})
		p.write("recipe.yaml", "name: "+p.name+"\nparentImage: "+proxy.Host+"/parent:1\n")
	}
	b := h.startBuild(p)
	b.await(m.name, m.reach)
	b.signal(sig)
	o := b.wait()
	h.wantNothingLeft()
	if sig == syscall.SIGINT {
		o.wantCode(130)
		if m.name != "resolve" {
			r := o.result()
			if r.Status != result.Cancelled || r.Stage != m.name || r.Error == nil || r.Error.Code != 130 {
				t.Errorf("result: %s at %s, error %+v", r.Status, r.Stage, r.Error)
			}
			wantCancelled(t, r)
			if part := append(r.Components, r.Tests...); (m.name == "build" || m.name == "test") && part[len(part)-1].Status != string(event.Cancelled) {
				t.Errorf("what was interrupted is told as %q", part[len(part)-1].Status)
			}
		}
	}
	if inRegistry(t, registry+"/"+p.name+":1.0.0-1") {
		t.Error("the image was pushed")
	}
	// The same project is built to its end, with nothing that makes it last.
	proxy.Set()
	p.write("recipe.yaml", p.recipe).change(component("c", build(bash("true")), test(bash("true"))))
	h.build(p).wantCode(0)
	h.wantNothingLeft()
}

// wantCancelled fails unless the image is cancelled and its last workflow, in one step, too.
func wantCancelled(t *testing.T, r *result.Result) {
	t.Helper()
	last := r.Workflows[len(r.Workflows)-1]
	if r.State.Status != string(workflow.Cancelled) || last.Status != workflow.StepCancelled || last.Failed != 1 {
		t.Errorf("image %+v, last workflow %+v", r.State, last)
	}
	if want := last.ID + " cancelled at "; !strings.HasPrefix(r.State.Reason, want) {
		t.Errorf("reason %q, want it to begin with %q", r.State.Reason, want)
	}
}

// TestEarlyBuilderIsNotLeft ends builds before they need the builder, whose process starts with them.
func TestEarlyBuilderIsNotLeft(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("c", build(bash("true"))))
	for _, wait := range []time.Duration{0, 10 * time.Millisecond, 30 * time.Millisecond, 100 * time.Millisecond} {
		b := h.startBuild(p)
		time.Sleep(wait)
		b.signal(syscall.SIGKILL)
		b.wait()
		h.wantNothingLeft()
	}
	for _, refused := range []string{"no recipe", "name: " + p.name + "\nparentImage: store:none:1\n"} { // by its text, and by its plan
		p.write("recipe.yaml", refused)
		h.build(p).wantCode(2)
		if left := h.leftovers(); len(left) > 0 {
			t.Errorf("a build that refused its recipe left behind:\n%s", strings.Join(left, "\n"))
		}
	}
}

func TestSecondInterruptEndsAtOnce(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("c", build(bash("trap '' TERM INT", "echo ready", "sleep 1000 || true", "sleep 1000"))))
	b := h.startBuild(p)
	b.await("build", atStep(event.StageBuild))
	b.signal(syscall.SIGINT)
	_ = b.cmd.Process.Signal(syscall.SIGINT) // it may have ended by itself
	b.wait().wantCode(130)
	h.wantNothingLeft()
}

func TestSIGTERMInterruptsToo(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("c", build(bash("echo ready", "sleep 1000"))))
	b := h.startBuild(p)
	b.await("build", atStep(event.StageBuild))
	b.signal(syscall.SIGTERM)
	b.wait().wantCode(130)
	h.wantNothingLeft()
}

func TestNextBuildCleansUpAfterAKilledBuilder(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("c", build(bash("setsid sleep 1000 & echo ready; sleep 1000"))))
	b := h.startBuild(p)
	b.await("build", atStep(event.StageBuild))
	if err := syscall.Kill(h.builder().PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	b.wait().wantCode(5)
	h.build(p.change(component("c", build(bash("true"))))).wantCode(0)
	h.wantNothingLeft()
}
