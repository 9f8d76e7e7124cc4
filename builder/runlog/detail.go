package runlog

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/result"
)

// DetailFile is the runner's record of a run in its log folder.
const DetailFile = "detailedoutput.json"

// Detail is the record of a run of one document.
type Detail struct {
	Status         string
	FailureMessage string
	Start, End     time.Time
	Phases         []Phase
}

// Phase is a phase of a Detail.
type Phase struct {
	Name, Status string
	Start, End   time.Time
	Steps        []Step
}

// Step is a step of a Detail.
type Step struct {
	Name, Action, Status, FailureMessage string
	Start, End                           time.Time
	Attempts                             int
	ExitCode                             *int
}

type timed struct {
	Start string `json:"startTime"`
	End   string `json:"endTime"`
}

type detailFile struct {
	timed
	Status         string `json:"status"`
	FailureMessage string `json:"failureMessage"`
	Documents      []struct {
		FailureMessage string `json:"failureMessage"`
		Phases         []struct {
			timed
			Name   string `json:"name"`
			Status string `json:"status"`
			Steps  []struct {
				timed
				Name           string `json:"name"`
				Action         string `json:"action"`
				Status         string `json:"status"`
				FailureMessage string `json:"failureMessage"`
				Attempts       int    `json:"attempts"`
				ExitCode       *int   `json:"exitCode"`
			} `json:"steps"`
		} `json:"phases"`
	} `json:"documents"`
}

// Read reads the record in a log folder. A run that was cut off has elements that are inProgress.
func Read(folder string) (*Detail, error) {
	data, err := os.ReadFile(filepath.Join(folder, DetailFile))
	if err != nil {
		return nil, err
	}
	var file detailFile
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(folder, DetailFile), err)
	}
	d := &Detail{Status: file.Status, FailureMessage: file.FailureMessage, Start: file.start(), End: file.end()}
	for _, doc := range file.Documents {
		for _, p := range doc.Phases {
			phase := Phase{Name: p.Name, Status: p.Status, Start: p.start(), End: p.end()}
			for _, s := range p.Steps {
				phase.Steps = append(phase.Steps, Step{
					Name: s.Name, Action: s.Action, Status: s.Status, FailureMessage: s.FailureMessage,
					Start: s.start(), End: s.end(), Attempts: s.Attempts, ExitCode: s.ExitCode,
				})
			}
			d.Phases = append(d.Phases, phase)
		}
	}
	return d, nil
}

func (t timed) start() time.Time { return parseTime(t.Start) }
func (t timed) end() time.Time   { return parseTime(t.End) }

// parseTime gives the zero time for an end that has not come.
func parseTime(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return t
}

// FailedStep returns the phase and step that made the run fail: the last failed one.
func (d *Detail) FailedStep() (phase string, step Step, ok bool) {
	for _, p := range d.Phases {
		for _, s := range p.Steps {
			if s.Status == string(event.Failed) || s.Status == "inProgress" {
				phase, step, ok = p.Name, s, true
			}
		}
	}
	return phase, step, ok
}

// Result gives the phases in the form of a build result.
func (d *Detail) Result() []result.Phase {
	phases := make([]result.Phase, 0, len(d.Phases))
	for _, p := range d.Phases {
		phase := result.Phase{Name: p.Name, Status: p.Status, Steps: make([]result.Step, 0, len(p.Steps))}
		for _, s := range p.Steps {
			phase.Steps = append(phase.Steps, result.Step{
				Name: s.Name, Action: s.Action, Status: s.Status, Attempts: s.Attempts, ExitCode: s.ExitCode,
				FailureMessage: s.FailureMessage, Duration: result.Seconds(duration(s.Start, s.End)),
			})
		}
		phases = append(phases, phase)
	}
	return phases
}

// Duration is how long the run took when it was done.
func (d *Detail) Duration() time.Duration { return duration(d.Start, d.End) }

func duration(start, end time.Time) time.Duration {
	if start.IsZero() || end.Before(start) {
		return 0
	}
	return end.Sub(start)
}

// Replay sends the phases and steps of a finished run as events, for a component that was taken from the cache.
func (d *Detail) Replay(base event.Event, sink event.Sink) {
	for _, p := range d.Phases {
		e := base
		e.Phase = p.Name
		e.Type = event.PhaseStart
		sink.Send(e)
		for _, s := range p.Steps {
			started := e
			started.Type, started.Step, started.Action = event.StepStart, s.Name, s.Action
			sink.Send(started)
			ended := started
			ended.Type, ended.Status, ended.Duration = event.StepEnd, event.Status(s.Status), duration(s.Start, s.End)
			ended.Attempt, ended.ExitCode, ended.Message = s.Attempts, s.ExitCode, s.FailureMessage
			sink.Send(ended)
		}
		e.Type, e.Status, e.Duration = event.PhaseEnd, event.Status(p.Status), duration(p.Start, p.End)
		sink.Send(e)
	}
}
