//go:build linux

package main

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPlotIsAPictureOfItsPoints(t *testing.T) {
	p := Plot{Title: "Files & folders", XLabel: "files", YLabel: "seconds", Points: []Point{{0, 1}, {50, 2}, {100, 3}}}
	var b strings.Builder
	if err := p.write(&b); err != nil {
		t.Fatal(err)
	}
	for decoder := xml.NewDecoder(strings.NewReader(b.String())); ; {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("not XML: %v\n%s", err, b.String())
		}
	}
	for _, want := range []string{
		`d="M64.0 220.0 L332.0 132.0 L600.0 44.0"`, "Files &amp; folders", "prefers-color-scheme: dark",
		`<line class="fit" x1="64.0" y1="220.0" x2="600.0" y2="44.0"/>`, ">100</text>", ">3</text>",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the picture has no %s:\n%s", want, b.String())
		}
	}
}

func TestFit(t *testing.T) {
	line := []Point{{0, 1}, {1, 3}, {4, 9}}
	if base, slope := fit(line); math.Abs(base-1) > 1e-9 || math.Abs(slope-2) > 1e-9 || straightness(line) < 1-1e-9 {
		t.Errorf("fit() = %v, %v with straightness %v, want 1, 2 and 1", base, slope, straightness(line))
	}
	if got := straightness([]Point{{0, 0}, {1, 1}, {2, 4}, {3, 9}}); got > 0.95 {
		t.Errorf("a parabola is straight by %v", got)
	}
}

func TestAxis(t *testing.T) {
	for _, row := range []struct {
		most float64
		want []float64
	}{
		{16, []float64{0, 2, 4, 6, 8, 10, 12, 14, 16}},
		{3, []float64{0, 0.5, 1, 1.5, 2, 2.5, 3}},
		{200, []float64{0, 50, 100, 150, 200}},
		{0.9, []float64{0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9}},
	} {
		got := newAxis([]Point{{row.most, 0}}, func(p Point) float64 { return p.X }, 0, 1).ticks()
		if diff := cmp.Diff(row.want, got, cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-9 })); diff != "" {
			t.Errorf("ticks to %v (-want +got):\n%s", row.most, diff)
		}
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{0.25: "0.25", 2000: "2000", 200_000: "200\u2009000", 1_250_000: "1\u2009250\u2009000"} {
		if got := number(v); got != want {
			t.Errorf("number(%v) = %q, want %q", v, got, want)
		}
	}
}
