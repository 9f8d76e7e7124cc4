//go:build linux

package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		name   string
		values []time.Duration
		want   time.Duration
	}{
		{"one", []time.Duration{7}, 7},
		{"odd and unsorted", []time.Duration{9, 1, 5}, 5},
		{"even", []time.Duration{40, 10, 20, 30}, 25},
	} {
		if got := median(test.values); got != test.want {
			t.Errorf("%s: median(%v) = %v, want %v", test.name, test.values, got, test.want)
		}
	}
}

func TestReport(t *testing.T) {
	c := Case{Name: "small", Title: "a small thing", Goals: []Goal{{Peer: "docker", Ratio: 0.4}}, Memory: 90e6}
	sample := func(ms, megabytes int64, stages ...Stage) Sample {
		return Sample{Wall: time.Duration(ms) * time.Millisecond, Memory: megabytes * 1e6, Stages: stages}
	}
	build := func(ms int64) Stage { return Stage{"build", time.Duration(ms) * time.Millisecond} }
	push := Stage{"push", 10 * time.Millisecond}
	rows := []Row{
		{Case: c, Tool: "slipway", Samples: []Sample{sample(110, 90, build(70), push), sample(100, 95, build(50), push), sample(130, 80, build(60), push)}},
		{Case: c, Tool: "docker", Samples: []Sample{sample(200, 150), sample(240, 170), sample(220, 160)}, Entries: 12},
		{Case: c, Tool: "other", Err: errors.New("other is not in PATH"), Absent: true},
	}
	var got strings.Builder
	writeReport(&got, rows, Machine{Cores: 2, CPU: "A CPU", Kernel: "6.1", Load: "0.1 0.2 0.3", Tools: []string{"runc 1"}}, Machine{Load: "0.4 0.5 0.6"})
	want := `| work | tool | median, s | least to most, s | slipway's time ÷ this | goal | peak memory, MB | files the same |
|---|---|--:|--:|--:|--:|--:|--:|
| a small thing | slipway | 0.110 | 0.100 to 0.130 |  |  | 95 (≤ 90 **no**) |  |
|  | docker | 0.220 | 0.200 to 0.240 | 0.50 | ≤ 0.40 **no** | 170 | 12 |
|  | other | other is not in PATH |  |  |  |  |  |

Where the time went, in medians of the parts of a cycle:

- small, slipway, 3 runs: build 60 ms, push 10 ms, the rest 40 ms

Before: 2 cores (A CPU), Linux 6.1, load 0.1 0.2 0.3; runc 1
After: load 0.4 0.5 0.6
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("the report differs (-want +got):\n%s", diff)
	}
}

func TestGoals(t *testing.T) {
	c := Case{Goals: []Goal{{Peer: "docker", Ratio: 0.5}, {Ratio: 1}}}
	for tool, want := range map[string]float64{"docker, BuildKit": 0.5, "buildah": 1, "slipway, builder kept": 0, floorName: 0} {
		if got := c.goalFor(tool); got != want {
			t.Errorf("goalFor(%q) = %v, want %v", tool, got, want)
		}
	}
	for _, row := range []struct {
		goal, ratio float64
		want        string
	}{{0.5, 0.504, "≤ 0.50"}, {0.5, 0.51, "≤ 0.50 **no**"}, {0, 0.5, ""}} {
		if got := goalText(row.goal, row.ratio); got != row.want {
			t.Errorf("goalText(%v, %v) = %q, want %q", row.goal, row.ratio, got, row.want)
		}
	}
}
