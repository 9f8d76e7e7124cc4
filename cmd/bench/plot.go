//go:build linux

package main

import (
	"fmt"
	"html"
	"io"
	"math"
	"strconv"
	"strings"
)

// A Plot is one line in a coordinate system whose axes begin at zero, so that a straight line looks like one.
type Plot struct {
	Title, XLabel, YLabel string
	Points                []Point
}

// A Point is a measured value.
type Point struct{ X, Y float64 }

// The picture in its own units: the size of all, and the margins of the part within the axes.
const (
	plotWidth, plotHeight                            = 640.0, 360.0
	marginLeft, marginRight, marginTop, marginBottom = 64.0, 40.0, 44.0, 52.0
)

// plotStyle draws on a light background and, where the reader prefers that, on a dark one.
const plotStyle = `
    svg { font: 13px system-ui, sans-serif; background: #fff }
    text { fill: #1f2328 } .quiet { fill: #59636e } .title { font-size: 15px; font-weight: 600 }
    .grid { stroke: #d1d9e0 } .axis { stroke: #59636e } .fit { stroke: #59636e; stroke-dasharray: 5 5 }
    .line { stroke: #0969da; stroke-width: 2 } .dot { fill: #0969da } path, line { fill: none }
    @media (prefers-color-scheme: dark) {
      svg { background: #0d1117 } text { fill: #f0f6fc } .quiet { fill: #9198a1 }
      .grid { stroke: #30363d } .axis, .fit { stroke: #9198a1 } .line { stroke: #4493f8 } .dot { fill: #4493f8 }
    }
`

// write writes the plot as an SVG picture. The dashed line is the straight one that fits the points best.
func (p Plot) write(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" width="%g" height="%g" role="img" aria-label="%s">`+"\n",
		plotWidth, plotHeight, plotWidth, plotHeight, html.EscapeString(p.Title))
	fmt.Fprintf(&b, "  <style>%s  </style>\n", plotStyle)
	fmt.Fprintf(&b, `  <text class="title" x="%g" y="26">%s</text>`+"\n", marginLeft, html.EscapeString(p.Title))

	x := newAxis(p.Points, func(q Point) float64 { return q.X }, marginLeft, plotWidth-marginRight)
	y := newAxis(p.Points, func(q Point) float64 { return q.Y }, plotHeight-marginBottom, marginTop)
	for _, tick := range y.ticks() {
		fmt.Fprintf(&b, `  <line class="grid" x1="%g" y1="%.1f" x2="%g" y2="%.1f"/>`+"\n", marginLeft, y.at(tick), plotWidth-marginRight, y.at(tick))
		fmt.Fprintf(&b, `  <text class="quiet" text-anchor="end" x="%g" y="%.1f">%s</text>`+"\n", marginLeft-8, y.at(tick)+4, number(tick))
	}
	bottom := plotHeight - marginBottom
	for _, tick := range x.ticks() {
		fmt.Fprintf(&b, `  <line class="axis" x1="%.1f" y1="%g" x2="%.1f" y2="%g"/>`+"\n", x.at(tick), bottom, x.at(tick), bottom+5)
		fmt.Fprintf(&b, `  <text class="quiet" text-anchor="middle" x="%.1f" y="%g">%s</text>`+"\n", x.at(tick), bottom+20, number(tick))
	}
	fmt.Fprintf(&b, `  <line class="axis" x1="%g" y1="%g" x2="%g" y2="%g"/>`+"\n", marginLeft, bottom, plotWidth-marginRight, bottom)
	fmt.Fprintf(&b, `  <text class="quiet" text-anchor="middle" x="%g" y="%g">%s</text>`+"\n", (marginLeft+plotWidth-marginRight)/2, plotHeight-12, html.EscapeString(p.XLabel))
	fmt.Fprintf(&b, `  <text class="quiet" text-anchor="middle" transform="translate(16 %g) rotate(-90)">%s</text>`+"\n", (marginTop+bottom)/2, html.EscapeString(p.YLabel))

	base, slope := fit(p.Points)
	fmt.Fprintf(&b, `  <line class="fit" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`+"\n", x.at(0), y.at(base), x.at(x.most), y.at(base+slope*x.most))
	var path strings.Builder
	for i, q := range p.Points {
		verb := " L"
		if i == 0 {
			verb = "M"
		}
		fmt.Fprintf(&path, "%s%.1f %.1f", verb, x.at(q.X), y.at(q.Y))
	}
	fmt.Fprintf(&b, `  <path class="line" d="%s"/>`+"\n", path.String())
	for _, q := range p.Points {
		fmt.Fprintf(&b, `  <circle class="dot" cx="%.1f" cy="%.1f" r="3.5"><title>%s: %.3g</title></circle>`+"\n", x.at(q.X), y.at(q.Y), number(q.X), q.Y)
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// fit is the straight line through points with the least squares of distances, base + slope × x.
func fit(points []Point) (base, slope float64) {
	var n, sx, sy, sxx, sxy float64
	for _, q := range points {
		n, sx, sy, sxx, sxy = n+1, sx+q.X, sy+q.Y, sxx+q.X*q.X, sxy+q.X*q.Y
	}
	if d := n*sxx - sx*sx; d != 0 {
		slope = (n*sxy - sx*sy) / d
	}
	if n > 0 {
		base = (sy - slope*sx) / n
	}
	return base, slope
}

// straightness is the share of the spread of points that the straight line explains, 1 for all (R squared).
func straightness(points []Point) float64 {
	base, slope := fit(points)
	var mean, left, all float64
	for _, q := range points {
		mean += q.Y / float64(len(points))
	}
	for _, q := range points {
		left += square(q.Y - base - slope*q.X)
		all += square(q.Y - mean)
	}
	if all == 0 {
		return 1
	}
	return 1 - left/all
}

// An axis maps values from zero to most onto the picture from one coordinate to another.
type axis struct{ most, step, from, to float64 }

func newAxis(points []Point, value func(Point) float64, from, to float64) axis {
	most := 0.0
	for _, q := range points {
		most = max(most, value(q))
	}
	if most == 0 {
		most = 1
	}
	step := math.Pow(10, math.Floor(math.Log10(most)))
	for _, finer := range []float64{2, 2.5} { // four to ten steps
		if most/step < 4 {
			step /= finer
		}
	}
	return axis{most: math.Ceil(most/step-1e-9) * step, step: step, from: from, to: to}
}

func (a axis) at(value float64) float64 { return a.from + (a.to-a.from)*value/a.most }

func (a axis) ticks() []float64 {
	var list []float64
	for i := 0.0; i*a.step <= a.most*(1+1e-9); i++ {
		list = append(list, i*a.step)
	}
	return list
}

// number writes a value with a thin space between thousands.
func number(v float64) string {
	if v < 10_000 {
		return strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64)
	}
	text := strconv.FormatFloat(math.Round(v), 'f', 0, 64)
	var parts []string
	for ; len(text) > 3; text = text[:len(text)-3] {
		parts = append([]string{text[len(text)-3:]}, parts...)
	}
	return strings.Join(append([]string{text}, parts...), "\u2009")
}

func square(x float64) float64 { return x * x }
