package action_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/action"
)

// named is a module that has nothing but a name.
type named string

func (n named) Spec() action.Spec { return action.Spec{Name: string(n)} }

func (n named) Run(context.Context, action.Request) (action.Result, error) {
	return action.Result{}, nil
}

func TestSetIsOrderedByName(t *testing.T) {
	set, err := action.NewSet(named("b"), named("C"), named("a"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"C", "a", "b"}
	if diff := cmp.Diff(want, set.Names()); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	for i, m := range set.All() {
		if got := m.Spec().Name; got != want[i] {
			t.Errorf("module %d is %s, want %s", i, got, want[i])
		}
	}
	set.Names()[0] = "changed"
	if _, ok := set.Lookup("C"); !ok || set.Names()[0] != "C" {
		t.Error("the set changed with the list of its names")
	}
	if _, ok := set.Lookup("c"); ok {
		t.Error("a name in other letter case is found")
	}
}

func TestSetRefusesTwoModulesOfOneName(t *testing.T) {
	if _, err := action.NewSet(named("a"), named("b"), named("a")); err == nil || err.Error() != `action module "a" is listed twice` {
		t.Errorf("error = %v", err)
	}
}

func TestSpecLookups(t *testing.T) {
	spec := action.Spec{
		Inputs: []action.Input{{Name: "in"}}, Outputs: []action.Output{{Name: "out"}}, Platforms: []string{"linux"},
	}
	if in, ok := spec.Input("in"); !ok || in.Name != "in" {
		t.Errorf("Input = %+v, %v", in, ok)
	}
	if _, ok := spec.Input("out"); ok {
		t.Error("an output is found as an input")
	}
	if out, ok := spec.Output("out"); !ok || out.Name != "out" {
		t.Errorf("Output = %+v, %v", out, ok)
	}
	if !spec.Supports("linux") || spec.Supports("windows") {
		t.Error("Supports does not follow Platforms")
	}
}

func TestEntryDefaultsStandInForAbsentKeys(t *testing.T) {
	e := action.Entry{"text": "", "yes": true, "n": int64(0), "list": []string{"a"}}
	if got := e.TextOr("text", "def"); got != "" {
		t.Errorf("TextOr of an empty text = %q", got)
	}
	if got := e.TextOr("none", "def"); got != "def" {
		t.Errorf("TextOr of an absent key = %q", got)
	}
	if !e.Bool("yes", false) || !e.Bool("none", true) || e.Bool("none", false) {
		t.Error("Bool is wrong")
	}
	if e.Int("n", 7) != 0 || e.Int("none", 7) != 7 {
		t.Error("Int is wrong")
	}
	if !e.Has("text") || e.Has("none") || e.Text("none") != "" || e.List("none") != nil || len(e.List("list")) != 1 {
		t.Error("Has, Text or List is wrong")
	}
}

func TestMaskedAndLogWithoutAnybodyListening(t *testing.T) {
	var req action.Request
	req.Infof("nobody hears %d", 1)
	req.Warnf("nobody hears %d", 2)
	if got := req.Masked("text"); got != "text" {
		t.Errorf("Masked = %q", got)
	}
}
