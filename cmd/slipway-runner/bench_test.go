//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// measure runs a document and returns the largest memory of the runner in bytes, when it began its first step and when
// it ended. Steps of the document ask the system for it: what the system tells of an ended process includes the memory
// of the one that started it.
func measure(tb testing.TB, list ...string) (begin, end int64) {
	tb.Helper()
	path, err := build()
	if err != nil {
		tb.Fatal(err)
	}
	dir := tb.TempDir()
	doc := filepath.Join(dir, "d.yaml")
	list = append([]string{sh("before", memory)}, append(list, sh("after", memory))...)
	if err := os.WriteFile(doc, []byte(steps(list...)), 0o644); err != nil {
		tb.Fatal(err)
	}
	cmd := exec.CommandContext(tb.Context(), path, "run", "-d", doc, "-l", filepath.Join(dir, "logs"), "-i", "x", "--events-fd", "2")
	if out, err := cmd.Output(); err != nil {
		tb.Fatalf("%v: %s", err, out)
	}
	details, err := filepath.Glob(filepath.Join(dir, "logs", "*", "detailedoutput.json"))
	if err != nil || len(details) != 1 {
		tb.Fatalf("%v, %v", details, err)
	}
	detail, err := os.ReadFile(details[0])
	if err != nil {
		tb.Fatal(err)
	}
	found := highWater.FindAllSubmatch(detail, -1)
	if len(found) != 2 {
		tb.Fatalf("the memory of the runner is in the detailed output %d times", len(found))
	}
	var sizes [2]int64
	for i := range sizes {
		if sizes[i], err = strconv.ParseInt(string(found[i][1]), 10, 64); err != nil {
			tb.Fatal(err)
		}
	}
	if err := os.RemoveAll(filepath.Join(dir, "logs")); err != nil {
		tb.Fatal(err)
	}
	return sizes[0] << 10, sizes[1] << 10
}

const memory = "grep VmHWM /proc/$PPID/status"

var highWater = regexp.MustCompile(`VmHWM:\D*([0-9]+) kB`)

func printing(size int64) string {
	return sh("a", fmt.Sprintf("yes 'a line of output that a package manager might print while it unpacks' | head -c %d", size))
}

func manySteps(n int, step string) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = strings.Replace(step, "NAME", fmt.Sprint("s", i), 1)
	}
	return list
}

const smallStep = "{name: NAME, action: Assert, inputs: {stringIsEmpty: ''}}"

// iterations is a step that does nothing n times.
func iterations(n int) string {
	return fmt.Sprintf("{name: a, action: Assert, loop: {for: {start: 1, end: %d, updateBy: 1}}, inputs: {stringIsEmpty: ''}}", n)
}

// TestMemoryIsFlat shows that neither output nor steps stay in memory: from its first step to its end a runner grows no
// more than its garbage needs.
func TestMemoryIsFlat(t *testing.T) {
	t.Parallel()
	for name, list := range map[string][]string{
		"64 MiB of output":       {printing(64 << 20)},
		"100 outputs of 512 KiB": manySteps(100, sh("NAME", "yes some text | head -c 524288 | tr '\\n' ' '")),
		"a loop of 100 MiB":      {sh("a", "yes some text | head -c 1048576", "loop: {for: {start: 1, end: 100, updateBy: 1}},")},
		"10000 steps":            manySteps(10_000, smallStep),
		"20000 iterations":       {iterations(20_000)},
	} {
		limit := int64(8 << 20)
		if strings.Contains(name, "MiB") || strings.Contains(name, "KiB") {
			limit = 32 << 20 // a few copies of one output are on their way at a time
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begin, end := measure(t, list...)
			t.Logf("%.1f MiB, then %.1f", float64(begin)/(1<<20), float64(end)/(1<<20))
			if end-begin > limit {
				t.Errorf("grew from %d MiB to %d", begin>>20, end>>20)
			}
		})
	}
}

// BenchmarkRun runs whole documents with the released binary, all records included. Of the memory, what a document
// takes is there before its first step: in proportion to its size, at most 1 MiB.
func BenchmarkRun(b *testing.B) {
	for name, list := range map[string][]string{
		"one step": manySteps(1, smallStep), "1000 steps": manySteps(1000, smallStep), "10000 steps": manySteps(10_000, smallStep),
		"100000 iterations": {iterations(100_000)}, "1 GB of output": {printing(1e9)},
	} {
		b.Run(name, func(b *testing.B) {
			var before, most int64
			for b.Loop() {
				begin, end := measure(b, list...)
				before, most = max(before, begin), max(most, end)
			}
			b.ReportMetric(float64(before)/(1<<20), "MiB-read")
			b.ReportMetric(float64(most)/(1<<20), "MiB")
		})
	}
}

// BenchmarkStart measures how long the process takes to do nothing.
func BenchmarkStart(b *testing.B) {
	path, err := build()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := exec.CommandContext(b.Context(), path, "--version").Run(); err != nil {
			b.Fatal(err)
		}
	}
}
