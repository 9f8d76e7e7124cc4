package display

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/builder/result"
)

func TestTimingsAreATable(t *testing.T) {
	part := func(name string, start, took time.Duration) result.Part {
		return result.Part{Name: name, Start: result.Micros(start), Duration: result.Micros(took)}
	}
	var got strings.Builder
	WriteTimings(&got, []result.Part{
		part("process start", 0, 20500*time.Microsecond),
		part("test container, start", 1200*time.Millisecond, 45*time.Millisecond),
	}, Style{})
	want := `  part                     began at      took
  process start              0.0 ms   20.5 ms
  test container, start   1200.0 ms   45.0 ms
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

func TestNoTimingsAreNoTable(t *testing.T) {
	var got strings.Builder
	if WriteTimings(&got, nil, Style{}); got.String() != "" {
		t.Errorf("wrote %q, want nothing", got.String())
	}
}
