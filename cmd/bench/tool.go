//go:build linux

package main

import (
	"context"
	"strings"
	"time"
)

// A Tool builds images. Its methods are called one at a time, Open first; after an error of Open only Close is.
type Tool interface {
	// Name is unique, lower case, and part of folder and repository names with its spaces as hyphens.
	Name() string
	// Open starts what the tool needs and makes the lab's parent image known to it. Its error is shown in the
	// table in the place of numbers.
	Open(ctx context.Context, lab *Lab) error
	// Write writes the files for work into the empty folder of p. It is a cannotError where the tool has no way to
	// do the work.
	Write(p Project) error
	// Commands are those of one cycle; value is the one that stands for Run.
	Commands(p Project, value string) []Command
	// Result reads what the commands of a cycle wrote to standard output. It is an error if the tool did other
	// work than it was asked for, such as a step that should have been cached; warm says that it should.
	Result(p Project, outputs []string, warm bool) (Result, error)
	// Publish pushes the image of the last cycle, whose work is not Pushed, so that it can be checked, and returns the
	// digest that it has in the registry.
	Publish(ctx context.Context, p Project, value string, result Result) (string, error)
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
	// NoImage says that there is nothing to check: the floor runs the commands and makes no image of them.
	NoImage bool
	Stages  []Stage // where the tool says that its time went; empty for the time of each command
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

// A cannotError is work that a tool has no way to do. It is shown, and is no failure.
type cannotError string

func (e cannotError) Error() string { return string(e) }

// tools are all that are compared, slipway first. A further one is one line here and one file.
func tools(o options) []Tool {
	engine := &dockerEngine{}
	return []Tool{
		&slipwayTool{program: o.slipway},
		&slipwayTool{program: o.slipway, kept: true},
		&dockerTool{engine: engine},
		&dockerTool{engine: engine, buildKit: true},
		&buildkitTool{server: o.buildkitd, client: o.buildctl},
		&buildahTool{},
		&packerTool{engine: engine},
		&floorTool{},
	}
}

// floorName is the name of the tool that is none: what the work costs at least.
const floorName = "floor"

func isSlipway(tool string) bool { return strings.HasPrefix(tool, "slipway") }

func isPeer(tool string) bool { return !isSlipway(tool) && tool != floorName }
