// Package workflow has the words for how a build stands: the statuses of an image, and the executions of the workflows
// that make it, step by step. They are those of Image Builder, so that its clients and its users find what they know.
// A Record follows one build; it runs nothing.
package workflow

import "slices"

// Status is that of an image.
type Status string

// The statuses of an image.
const (
	Pending      Status = "PENDING"      // accepted, waits for its turn
	Creating     Status = "CREATING"     // inputs are resolved, the builder is prepared
	Building     Status = "BUILDING"     // components run, the image is checked and committed
	Testing      Status = "TESTING"      // tests run in a fresh container
	Distributing Status = "DISTRIBUTING" // the tested digest is published
	Available    Status = "AVAILABLE"    // ended well
	Failed       Status = "FAILED"       // ended in error
	Cancelled    Status = "CANCELLED"    // ended from outside
	Deprecated   Status = "DEPRECATED"
	Disabled     Status = "DISABLED"
	Deleted      Status = "DELETED"
)

// next are the statuses that may follow one. Failed goes on only when publishing is tried again.
var next = map[Status][]Status{
	"":           {Pending},
	Pending:      {Creating, Cancelled},
	Creating:     {Building, Failed, Cancelled},
	Building:     {Testing, Distributing, Available, Failed, Cancelled},
	Testing:      {Distributing, Available, Failed, Cancelled},
	Distributing: {Available, Failed, Cancelled},
	Available:    {Deprecated, Disabled, Deleted},
	Deprecated:   {Available, Disabled, Deleted},
	Disabled:     {Available, Deprecated, Deleted},
	Failed:       {Distributing},
}

// May reports whether another status may follow s. The zero Status is that of an image that is not accepted yet.
func (s Status) May(follow Status) bool { return slices.Contains(next[s], follow) }
