// Package result defines the record of one build: what was asked, what happened, which digests came out and where
// they went. Its JSON form is the contract of `--format json` and of result.json in a run folder; fields are only
// ever added.
package result

import (
	"encoding/json"
	"time"
)

// Status is how a run ended.
type Status string

// The outcomes of a run.
const (
	Succeeded Status = "succeeded"
	Failed    Status = "failed"
	Cancelled Status = "cancelled"
)

// KindTest is the kind of a run that only tests an image that was there.
const KindTest = "test"

// Result is the record of one run.
type Result struct {
	RunID      string      `json:"runId"`
	Kind       string      `json:"kind,omitempty"` // KindTest; absent for a build
	Status     Status      `json:"status"`
	State      State       `json:"state"` // of the image
	Stage      string      `json:"stage"` // where the run ended: the last stage on success
	StartTime  time.Time   `json:"startTime"`
	EndTime    time.Time   `json:"endTime"`
	Recipe     Recipe      `json:"recipe"`
	Parent     Parent      `json:"parent"`
	Image      *Image      `json:"image,omitempty"` // absent when nothing was committed
	Targets    []Target    `json:"targets"`
	Components []Component `json:"components"` // build stage, recipe order
	Tests      []Component `json:"tests"`      // test stage, in the order of execution
	Timings    Timings     `json:"timings"`
	Error      *Error      `json:"error,omitempty"`
	RunFolder  string      `json:"runFolder,omitempty"`
	Kept       bool        `json:"kept,omitempty"`    // `slipway shell` enters what the failed component left
	Reports    []Report    `json:"reports,omitempty"` // files that the recipe declares as reports
	Warnings   []string    `json:"warnings,omitempty"`
	Workflows  []Workflow  `json:"workflows"` // what was done for the image, step by step
}

// Report is a file that a component or a test wrote and the run keeps, or a declared one that nobody wrote.
type Report struct {
	Type      string `json:"type"`     // "file" or "junit"
	Declared  string `json:"declared"` // the path or pattern of the recipe
	Platform  string `json:"platform,omitempty"`
	Stage     string `json:"stage,omitempty"`
	Component string `json:"component,omitempty"`
	Path      string `json:"path,omitempty"` // in the container
	File      string `json:"file,omitempty"` // relative to the run folder; absent when it could not be kept
	Size      int64  `json:"size,omitempty"`
	Problem   string `json:"problem,omitempty"` // why it is missing or not whole
}

// Recipe names what was built.
type Recipe struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Build   int    `json:"build"`
	File    string `json:"file,omitempty"`
}

// Parent is the image the build started from; Digest is empty for scratch.
type Parent struct {
	Reference string `json:"reference"`
	Digest    string `json:"digest,omitempty"`
}

// Image is the committed image.
type Image struct {
	Digest       string   `json:"digest"`
	ConfigDigest string   `json:"configDigest,omitempty"` // absent for an index of several platforms
	Platforms    []string `json:"platforms"`
	Size         int64    `json:"size"` // bytes of all blobs, compressed
	Layers       []Layer  `json:"layers"`
	Reference    string   `json:"reference"` // pointer in the image store: NAME:TAG
	Unchanged    bool     `json:"unchanged"` // the digest was in the image store before this run
	// Manifests are the images of an index, one for each platform; absent for one platform.
	Manifests []Manifest `json:"manifests,omitempty"`
	// Since is the difference to the recipe's last image that passed; absent when there is none, or it is this one.
	Since *Change `json:"since,omitempty"`
}

// Change is the difference between two images of a recipe.
type Change struct {
	Reference string `json:"reference"` // of the image before
	Digest    string `json:"digest"`
	Size      int64  `json:"size"` // bytes of all blobs, compressed
	// Components are those of both images, where each of them is for one platform.
	Components []ComponentChange `json:"components,omitempty"`
}

// ComponentChange is how much more a component adds than it did.
type ComponentChange struct {
	Component string `json:"component"`
	Bytes     int64  `json:"bytes"` // not compressed
	Files     int    `json:"files"`
	Gone      bool   `json:"gone,omitempty"` // it is not in the recipe any more
}

// Manifest is the image of one platform of an index.
type Manifest struct {
	Platform     string  `json:"platform"`
	Digest       string  `json:"digest"`
	ConfigDigest string  `json:"configDigest"`
	Size         int64   `json:"size"` // bytes of all blobs, compressed
	Layers       []Layer `json:"layers"`
}

// Layer is one layer of the image, bottom first.
type Layer struct {
	Digest    string `json:"digest"`
	Size      int64  `json:"size"` // bytes, compressed
	CreatedBy string `json:"createdBy,omitempty"`
	// Added is what the layer holds; absent for the parent's layers, which are not read.
	Added *Added `json:"added,omitempty"`
}

// Added is what one layer of a build holds.
type Added struct {
	Component string     `json:"component,omitempty"` // absent when an instruction of the template made it
	Files     int        `json:"files"`               // without folders
	Bytes     int64      `json:"bytes"`               // of their content, not compressed
	Deleted   int        `json:"deleted"`             // names of lower layers that it hides
	Leftovers []Leftover `json:"leftovers,omitempty"`
}

// Leftover is something of one kind that is rarely meant to be in an image.
type Leftover struct {
	Kind  string   `json:"kind"`
	Files int      `json:"files"`
	Bytes int64    `json:"bytes"`
	Paths []string `json:"paths"` // the first few
}

// Target is one place the image was published to.
type Target struct {
	Reference string `json:"reference"`
	Digest    string `json:"digest,omitempty"`
	Status    string `json:"status"` // "pushed", "loaded", "written", "present" (was there already), "failed", "skipped"
	Message   string `json:"message,omitempty"`
}

// Component is the outcome of one component in one stage.
type Component struct {
	Platform       string  `json:"platform,omitempty"` // where there are several
	Name           string  `json:"name"`
	Version        string  `json:"version,omitempty"`
	Digest         string  `json:"digest"`         // of its document
	File           string  `json:"file,omitempty"` // of its document, where it is one
	Cached         bool    `json:"cached"`
	Why            string  `json:"why,omitempty"` // why it was not taken from the cache
	Status         string  `json:"status"`
	Duration       Seconds `json:"duration"`
	FailureMessage string  `json:"failureMessage,omitempty"`
	LogFolder      string  `json:"logFolder,omitempty"` // relative to the run folder
	Phases         []Phase `json:"phases"`
}

// Phase is the outcome of one phase.
type Phase struct {
	Name   string `json:"name"`
	Status string `json:"status"`
	Steps  []Step `json:"steps"`
}

// Step is the outcome of one step.
type Step struct {
	Name           string  `json:"name"`
	Action         string  `json:"action"`
	Status         string  `json:"status"`
	Duration       Seconds `json:"duration"`
	Attempts       int     `json:"attempts"`
	ExitCode       *int    `json:"exitCode,omitempty"`
	FailureMessage string  `json:"failureMessage,omitempty"`
}

// Timings are the durations of the stages.
type Timings struct {
	Resolve Seconds `json:"resolve"`
	Build   Seconds `json:"build"`
	Commit  Seconds `json:"commit"`
	Test    Seconds `json:"test"`
	Publish Seconds `json:"publish"`
	Total   Seconds `json:"total"`
	// Parts are the parts of the command, finer than stages and in the order of their starts, where they were asked for.
	Parts []Part `json:"parts,omitempty"`
}

// Part is one part of a command. Parts may overlap.
type Part struct {
	Name     string `json:"name"`
	Start    Micros `json:"start"` // after the start of the process
	Duration Micros `json:"duration"`
}

// Micros is a duration that is written as a JSON number of seconds, with microseconds.
type Micros time.Duration

// MarshalJSON writes seconds.
func (m Micros) MarshalJSON() ([]byte, error) {
	return json.Marshal(float64(time.Duration(m).Microseconds()) / 1e6)
}

// UnmarshalJSON reads a number of seconds.
func (m *Micros) UnmarshalJSON(data []byte) error {
	return (*Seconds)(m).UnmarshalJSON(data)
}

// Error says why a run did not succeed.
type Error struct {
	Code      int    `json:"code"` // the exit code
	Message   string `json:"message"`
	Hint      string `json:"hint,omitempty"`
	Component string `json:"component,omitempty"`
	Phase     string `json:"phase,omitempty"`
	Step      string `json:"step,omitempty"`
}

// Seconds is a duration that is written as a JSON number of seconds.
type Seconds time.Duration

// MarshalJSON writes seconds with millisecond resolution.
func (s Seconds) MarshalJSON() ([]byte, error) {
	return json.Marshal(float64(time.Duration(s).Round(time.Millisecond).Milliseconds()) / 1000)
}

// UnmarshalJSON reads a number of seconds.
func (s *Seconds) UnmarshalJSON(data []byte) error {
	var f float64
	if err := json.Unmarshal(data, &f); err != nil {
		return err
	}
	*s = Seconds(f * float64(time.Second))
	return nil
}
