//go:build linux

package main

import "strings"

// A Case is one row of comparison: a piece of work that every tool does in its own way.
type Case struct {
	Name  string // for -only
	Title string // what is measured, for the table
	// Goal is the largest good ratio of slipway's time to that of Docker's faster builder.
	Goal float64
	Work Work
}

// cases are all rows, in the order of the table.
func cases() []Case {
	return []Case{nothingChanged(), tenSteps(), lastOfFive()}
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
	for _, c := range w.Components {
		if c.Changing {
			return true
		}
	}
	return false
}

func withRun(text, value string) string { return strings.ReplaceAll(text, Run, value) }
