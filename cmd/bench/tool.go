//go:build linux

package main

import (
	"context"
	"time"
)

// A Tool builds images. Its methods are called one at a time, Open first; after an error of Open only Close is.
type Tool interface {
	// Name is unique, lower case, and part of folder and repository names with its spaces as hyphens.
	Name() string
	// Open starts what the tool needs and makes the lab's parent image known to it. Its error is shown in the
	// table in the place of numbers.
	Open(ctx context.Context, lab *Lab) error
	// Write writes the files for work into the empty folder of p.
	Write(p Project) error
	// Commands are those of one cycle; value is the one that stands for Run.
	Commands(p Project, value string) []Command
	// Result reads what the commands of a cycle wrote to standard output. It is an error if the tool did other
	// work than it was asked for, such as a step that should have been cached; warm says that it should.
	Result(p Project, outputs []string, warm bool) (Result, error)
	// File returns the contents of a file of the image that the last cycle made.
	File(ctx context.Context, p Project, digest, path string) (string, error)
	// Daemons are the processes that work for the tool all the time.
	Daemons() []int
	// Close ends all that Open started. It is safe to call at any time, also twice.
	Close() error
}

// A Command is a program that is run to its end.
type Command struct {
	Name string // among the stages of a cycle, where the tool does not tell them itself
	Args []string
	Env  []string // in addition to the environment of the bench; the last of equal names counts
	Dir  string
}

// A Result is what a cycle made.
type Result struct {
	// Digest identifies the image. It is that of the manifest in the registry where the work is Pushed.
	Digest string
	Stages []Stage // where the tool says that its time went; empty for the time of each command
}

// A Stage is a named part of a cycle.
type Stage struct {
	Name string
	Wall time.Duration
}

// A Project is a piece of work as the files of one tool.
type Project struct {
	Dir        string // the folder with the files
	Repository string // where the image goes, without a tag
	Work       Work
}

// tools are all that are compared, slipway first.
func tools(slipway string) []Tool {
	engine := &dockerEngine{}
	return []Tool{
		&slipwayTool{program: slipway},
		&slipwayTool{program: slipway, kept: true},
		&dockerTool{engine: engine, buildKit: false},
		&dockerTool{engine: engine, buildKit: true},
	}
}
