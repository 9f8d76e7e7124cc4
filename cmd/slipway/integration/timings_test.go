//go:build linux

package integration

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/oci/ocitest"
)

func TestTimingsMeasureThePartsOneByOne(t *testing.T) {
	h, registry := newHome(t), ocitest.Distribution(t)
	p := newProject(t, "scratch", component("c", build(createFile("/c", "c")), test(exists("/c")))).target(registry)
	o := h.run("build", p.dir, "--timings", "--format", "json").wantCode(0)
	var got []string
	for _, part := range o.result().Timings.Parts {
		got = append(got, part.Name)
		if part.Start < 0 || part.Duration < 0 || time.Duration(part.Duration) > time.Minute {
			t.Errorf("%s: began at %v and took %v", part.Name, time.Duration(part.Start), time.Duration(part.Duration))
		}
		if !strings.Contains(o.stderr, part.Name) {
			t.Errorf("the table has no %q:\n%s", part.Name, o.stderr)
		}
	}
	want := []string{
		"builder end", "builder start, beside the plan", "commit", "components, from the cache or run", "parent check", "plan",
		"process start", "push", "record of the tests", "test container, end", "test container, start",
		"tests", "waiting for the builder",
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
	h.wantNothingLeft()
}
