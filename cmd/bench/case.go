//go:build linux

package main

import (
	"slices"
	"strings"
)

// A Case is one row of comparison: a piece of work that every tool does in its own way.
type Case struct {
	Name  string // for -only
	Title string // what is measured, for the table
	Goals []Goal
	// Memory is the most that slipway may need, in bytes; 0 is no goal.
	Memory int64
	// Runs is the most runs, for work that takes long; 0 is as many as asked for.
	Runs int
	// Fresh work has nothing that a cache could know, and needs no run that is not counted.
	Fresh bool
	// Alone says that only slipway does this work: it is measured against Memory.
	Alone bool
	// Varies are folders whose files hold times or other values that differ from run to run, below which only the
	// names and kinds are compared.
	Varies []string
	Work   Work
}

func (c Case) name() string { return c.Name }

// A Goal is the largest good ratio of slipway's time to that of the tools whose names begin with Peer.
type Goal struct {
	Peer  string
	Ratio float64
}

// goalFor is the strictest goal against a tool, and 0 where there is none. The floor is no peer.
func (c Case) goalFor(tool string) float64 {
	strictest := 0.0
	for _, g := range c.Goals {
		if isPeer(tool) && strings.HasPrefix(tool, g.Peer) && (strictest == 0 || g.Ratio < strictest) {
			strictest = g.Ratio
		}
	}
	return strictest
}

// cases are all rows, in the order of the table.
func cases() []Case {
	return []Case{
		oneStep(), tenSteps(), nothingChanged(), coldCycle(), lastOfFive(),
		allKinds(), smallFiles(), largeLayer("gzip", 0.5), largeLayer("zstd", 1), nginx(), twoGigabytes(),
	}
}

// Run stands for a value that is another one in every run, in the commands of a component that is Changing and in
// Content.
const Run = "@run@"

// Work is what the tools are asked to do, on the parent image of the lab.
type Work struct {
	Components []Component
	// Tests are shell commands for a fresh container of the image.
	Tests []string
	// Pushed says that the image goes to the registry.
	Pushed bool
	// Compression of new layers is gzip if it is empty, or zstd.
	Compression string
	// File must be in the image, with Content, or else the run does not count.
	File, Content string
}

// A Component is a group of shell commands; each is a step of its own for slipway and a RUN line for others.
type Component struct {
	Name     string
	Commands []string
	// Changing components have the value Run as their parameter, so that no cache knows them.
	Changing bool
}

// changing reports whether some component of w is Changing.
func (w Work) changing() bool {
	return slices.ContainsFunc(w.Components, func(c Component) bool { return c.Changing })
}

// script is a shell script of the tests that ends with the first one that fails.
func (w Work) script() string { return "set -e\n" + strings.Join(w.Tests, "\n") }

func withRun(text, value string) string { return strings.ReplaceAll(text, Run, value) }
