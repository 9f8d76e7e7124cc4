package test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"path/filepath"
	"time"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/notes"
	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/builder/stage"
)

// suite is everything besides the image that decides how tests end, as far as a plan knows.
type suite struct {
	WorkingDirectory string
	Components       []suiteComponent
}

type suiteComponent struct {
	Digest, Type string
	Parameters   []plan.Parameter
	Phases       plan.Phases
}

// digestOfSuite stands for the tests of a plan: documents, parameters, phases and their order.
func digestOfSuite(p *plan.Plan) string {
	s := suite{WorkingDirectory: p.WorkingDirectory}
	for _, c := range p.Components {
		if len(c.Phases.Test)+len(c.Phases.Host) == 0 {
			continue
		}
		tests := suiteComponent{Digest: c.Digest, Type: c.Type, Phases: plan.Phases{Test: c.Phases.Test, Host: c.Phases.Host}}
		for _, v := range c.Parameters {
			tests.Parameters = append(tests.Parameters, plan.Parameter{Name: v.Name, Value: v.Value})
		}
		s.Components = append(s.Components, tests)
	}
	return digestOf(s)
}

func digestOf(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and lists of strings always encode
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// passed is what is remembered of tests that passed. They are known by the image, the suite, the runner and the way in
// which they share containers.
type passed struct {
	Time  time.Time          `json:"time"`
	Tests []result.Component `json:"tests"`
}

// maxPassed is how long a success is believed: what tests depend on besides their inputs (the network, the time) changes.
const maxPassed = 30 * 24 * time.Hour

func passedFile(s stage.Services, in Input) (string, bool) {
	if s.Memory == "" {
		return "", false
	}
	runner := engine.RunnerDigest(in.Platform.Name)
	key := digestOf([]any{in.Image.Digest().String(), digestOfSuite(in.Plan), runner, in.Isolated})
	return filepath.Join(s.Memory, "tests", key+".json"), true
}

// remember notes that the tests passed. Without the note they run again, so a failure to write it is none of the stage.
func remember(s stage.Services, in Input, out Output) {
	file, ok := passedFile(s, in)
	if !ok || len(out.Tests) == 0 {
		return
	}
	note := passed{Time: time.Now().UTC()}
	for _, c := range out.Tests {
		c.LogFolder, c.Platform = "", ""
		note.Tests = append(note.Tests, c)
	}
	if notes.Write(file, note) == nil {
		notes.Forget(filepath.Dir(file), maxPassed)
	}
}

// recall tells the story of tests that passed before.
func recall(s stage.Services, in Input) (Output, bool) {
	file, ok := passedFile(s, in)
	if !ok {
		return Output{}, false
	}
	var note passed
	if !notes.Read(file, &note) || time.Since(note.Time) > maxPassed {
		return Output{}, false
	}
	index := map[string]int{}
	for _, c := range in.Plan.Components {
		index[c.Digest] = c.Index
	}
	for i := range note.Tests {
		c := &note.Tests[i]
		c.Cached, c.Platform = true, stage.PlatformName(in.Plan, in.Platform)
		e := event.Event{
			Time: time.Now(), Type: event.ComponentStart, Stage: event.StageTest, Component: c.Name, Index: index[c.Digest],
			Count: len(in.Plan.Components), Cached: true, Platform: c.Platform,
		}
		s.Events.Send(e)
		e.Type, e.Status = event.ComponentEnd, event.Status(c.Status)
		s.Events.Send(e)
	}
	return Output{Tests: note.Tests}, true
}
