package report

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/result"
)

// Story is a run as its reports tell it: the result, or what is known without one, and the end of what each component
// printed.
type Story struct {
	*result.Result
	output map[place][]string // for components whose logs are not on disk
}

// place is a component in the lists of a result.
type place struct {
	tests bool
	index int
}

// StoryOf tells of a run that has a result.
func StoryOf(res *result.Result) Story { return Story{Result: res} }

// Story tells of a run on disk. One without a result is told from its events; its status is then the state of the run.
func (r Record) Story() (Story, error) {
	res, err := r.Result()
	if err == nil {
		res.RunFolder = r.Dir // it may have moved
		return StoryOf(res), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return Story{}, err
	}
	t := teller{story: Story{output: map[place][]string{}, Result: &result.Result{
		RunID: r.ID, RunFolder: r.Dir, Status: result.Status(r.State), StartTime: r.Started(),
	}}, places: map[string]place{}}
	for e, err := range r.Events() {
		if err != nil {
			break // what is before it is true all the same
		}
		t.tell(e)
	}
	return t.story, nil
}

// teller makes a story of events.
type teller struct {
	story  Story
	places map[string]place
}

func (t *teller) tell(e event.Event) {
	s := t.story
	s.EndTime = e.Time
	s.Timings.Total = result.Seconds(max(0, e.Time.Sub(s.StartTime)))
	switch e.Type {
	case event.BuildStart:
		s.Recipe.Name = e.Recipe
		s.Recipe.Version, _, _ = strings.Cut(e.Version, "/")
	case event.StageStart:
		s.Stage = string(e.Stage)
	case event.StageEnd:
		if took := timing(&s.Timings, e.Stage); took != nil {
			*took = result.Seconds(e.Duration)
		}
	case event.ComponentStart:
		t.begin(e)
	case event.Log:
		if e.Level == "warn" {
			s.Warnings = append(s.Warnings, e.Message)
		}
	}
	t.story = s
	if at, c, ok := t.component(e); ok {
		t.inComponent(at, c, e)
	}
}

func key(e event.Event) string {
	return strings.Join([]string{string(e.Stage), e.Platform, e.Component, strconv.Itoa(e.Index)}, "\x00")
}

func (t *teller) begin(e event.Event) {
	list, at := &t.story.Components, place{}
	if e.Stage == event.StageTest {
		list, at.tests = &t.story.Tests, true
	}
	at.index = len(*list)
	*list = append(*list, result.Component{Platform: e.Platform, Name: e.Component, Cached: e.Cached, Why: e.Message, Status: inProgress})
	t.places[key(e)] = at
}

func (t *teller) component(e event.Event) (place, *result.Component, bool) {
	at, ok := t.places[key(e)]
	if !ok {
		return at, nil, false
	}
	if at.tests {
		return at, &t.story.Tests[at.index], true
	}
	return at, &t.story.Components[at.index], true
}

const inProgress = "inProgress"

func (t *teller) inComponent(at place, c *result.Component, e event.Event) {
	switch e.Type {
	case event.ComponentEnd:
		c.Status, c.FailureMessage, c.Duration = string(e.Status), e.Message, result.Seconds(e.Duration)
	case event.PhaseStart:
		c.Phases = append(c.Phases, result.Phase{Name: e.Phase, Status: inProgress})
	case event.StepOutput:
		lines := append(t.story.output[at], e.Text)
		t.story.output[at] = lines[max(0, len(lines)-excerptLines):]
	}
	if len(c.Phases) == 0 {
		return
	}
	p := &c.Phases[len(c.Phases)-1]
	switch e.Type {
	case event.PhaseEnd:
		p.Status = string(e.Status)
	case event.StepStart:
		p.Steps = append(p.Steps, result.Step{Name: e.Step, Action: e.Action, Status: inProgress})
	case event.StepEnd:
		for i := range p.Steps {
			if s := &p.Steps[i]; s.Name == e.Step && s.Status == inProgress {
				s.Status, s.Duration, s.Attempts = string(e.Status), result.Seconds(e.Duration), e.Attempt
				s.ExitCode, s.FailureMessage = e.ExitCode, e.Message
			}
		}
	}
}

func timing(t *result.Timings, stage event.Stage) *result.Seconds {
	switch stage {
	case event.StageResolve:
		return &t.Resolve
	case event.StageBuild:
		return &t.Build
	case event.StageCommit:
		return &t.Commit
	case event.StageTest:
		return &t.Test
	case event.StagePublish:
		return &t.Publish
	default:
		return nil
	}
}

// What a report shows of a log.
const (
	excerptLines = 40
	excerptBytes = 16 << 10
)

// excerpt is the end of what a component printed.
func (s Story) excerpt(at place, c result.Component) []string {
	if lines := s.output[at]; len(lines) > 0 {
		return lines
	}
	if c.LogFolder == "" {
		return nil
	}
	folder := filepath.FromSlash(c.LogFolder)
	if !filepath.IsAbs(folder) {
		folder = filepath.Join(s.RunFolder, folder)
	}
	return lastLines(filepath.Join(folder, "console.log"))
}

// lastLines reads the end of a log; one that cannot be read has none.
func lastLines(file string) []string {
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil
	}
	cut := info.Size() > excerptBytes
	if cut {
		if _, err := f.Seek(-excerptBytes, 2); err != nil {
			return nil
		}
	}
	var lines []string
	in := bufio.NewScanner(f)
	in.Buffer(nil, 2*excerptBytes)
	for in.Scan() {
		lines = append(lines, strings.TrimRight(in.Text(), "\r"))
	}
	if cut && len(lines) > 1 {
		lines = lines[1:] // it begins in the middle
	}
	return lines[max(0, len(lines)-excerptLines):]
}

// took writes a duration for people.
func took(s result.Seconds) string {
	d := time.Duration(s)
	switch {
	case d <= 0:
		return ""
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(10 * time.Millisecond).String()
	default:
		return d.Round(time.Second).String()
	}
}
