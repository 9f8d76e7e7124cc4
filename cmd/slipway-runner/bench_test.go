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

// measure runs a document and returns the largest memory of the runner in bytes. A last step asks the system for it:
// what the system tells of an ended process includes the memory of the one that started it.
func measure(tb testing.TB, text string) int64 {
	tb.Helper()
	path, err := build()
	if err != nil {
		tb.Fatal(err)
	}
	dir := tb.TempDir()
	doc := filepath.Join(dir, "d.yaml")
	text += "  - " + sh("memory", "grep VmHWM /proc/$PPID/status") + "\n"
	if err := os.WriteFile(doc, []byte(text), 0o644); err != nil {
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
	m := highWater.FindSubmatch(detail)
	if m == nil {
		tb.Fatal("the memory of the runner is not in the detailed output")
	}
	size, err := strconv.ParseInt(string(m[1]), 10, 64)
	if err != nil {
		tb.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "logs")); err != nil {
		tb.Fatal(err)
	}
	return size << 10
}

var highWater = regexp.MustCompile(`VmHWM:\D*([0-9]+) kB`)

func printing(size int64) string {
	return steps(sh("a", fmt.Sprintf("yes 'a line of output that a package manager might print while it unpacks' | head -c %d", size)))
}

func manySteps(n int, step string) string {
	list := make([]string, n)
	for i := range list {
		list[i] = strings.Replace(step, "NAME", fmt.Sprint("s", i), 1)
	}
	return steps(list...)
}

const smallStep = "{name: NAME, action: Assert, inputs: {stringIsEmpty: ''}}"

// TestMemoryIsFlat shows that neither output nor the outputs of steps stay in memory.
func TestMemoryIsFlat(t *testing.T) {
	t.Parallel()
	const limit = 64 << 20
	for name, text := range map[string]string{
		"64 MiB of output":       printing(64 << 20),
		"100 outputs of 512 KiB": manySteps(100, sh("NAME", "yes some text | head -c 524288 | tr '\\n' ' '")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := measure(t, text); got > limit {
				t.Errorf("%d MiB of memory, more than %d", got>>20, limit>>20)
			}
		})
	}
}

// BenchmarkRun runs whole documents with the released binary, all records included.
func BenchmarkRun(b *testing.B) {
	for name, text := range map[string]string{
		"one step": manySteps(1, smallStep), "10000 steps": manySteps(10000, smallStep), "1 GB of output": printing(1e9),
	} {
		b.Run(name, func(b *testing.B) {
			var most int64
			for b.Loop() {
				most = max(most, measure(b, text))
			}
			b.ReportMetric(float64(most>>20), "MiB")
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
