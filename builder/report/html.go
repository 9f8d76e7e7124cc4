package report

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"sync"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/result"
)

//go:embed page.html
var pageFile embed.FS

var pageTemplate = sync.OnceValue(func() *template.Template { return template.Must(template.ParseFS(pageFile, "page.html")) })

// WriteHTML writes a run as one page that needs nothing besides itself: no script, no style and no picture from elsewhere.
func WriteHTML(w io.Writer, s Story) error {
	if err := pageTemplate().Execute(w, newPage(s)); err != nil {
		return fmt.Errorf("write HTML: %w", err)
	}
	return nil
}

// page is what the template shows.
type page struct {
	Name, Kind, Outcome, Headline string
	Facts                         []fact
	Stages                        []stageBar
	Error                         *result.Error
	Sections                      []section
	Layers                        []layerRow
	Targets                       []result.Target
	Reports                       []reportRow
	Warnings                      []string
}

type fact struct {
	Name, Value string
	Code        bool
}

type stageBar struct {
	Name, Outcome, Took string
	Percent             int
}

type section struct {
	Title, Empty string
	Components   []componentView
}

type componentView struct {
	Name, Note, Outcome, Word, Took, Added, Failure, Log string
	Open                                                 bool
	Steps                                                []stepView
	Output                                               []string
}

type stepView struct{ Name, Action, Outcome, Word, Took, Note, Failure string }

type layerRow struct{ Digest, Size, Added, CreatedBy string }

type reportRow struct{ Name, File, Note string }

func newPage(s Story) page {
	p := page{
		Name: strings.TrimSpace(s.Recipe.Name + " " + version(s.Recipe)), Kind: "Build", Outcome: outcomeOf(string(s.Status)),
		Error: s.Error, Targets: s.Targets, Warnings: s.Warnings, Facts: facts(s), Stages: stages(s),
	}
	added := map[string]string{}
	if s.Image != nil {
		for _, l := range s.Image.Layers {
			row := layerRow{Digest: l.Digest, Size: size(l.Size), CreatedBy: l.CreatedBy}
			if l.Added != nil {
				row.Added = addedText(*l.Added)
				added[l.Added.Component] = row.Added
			}
			p.Layers = append(p.Layers, row)
		}
	}
	if s.Kind == result.KindTest {
		p.Kind = "Test"
	} else {
		p.Sections = append(p.Sections, section{"Components", "No component ran.", s.views(s.Components, false, added)})
	}
	p.Sections = append(p.Sections, section{"Tests", "No test ran.", s.views(s.Tests, true, nil)})
	for _, r := range s.Reports {
		p.Reports = append(p.Reports, newReportRow(r))
	}
	p.Headline = p.Kind + " " + word(string(s.Status))
	if s.Status != result.Succeeded && s.Stage != "" {
		p.Headline += " in stage " + s.Stage
	}
	return p
}

func version(r result.Recipe) string {
	if r.Version == "" || r.Build == 0 {
		return r.Version
	}
	return fmt.Sprintf("%s/%d", r.Version, r.Build)
}

func facts(s Story) []fact {
	list := []fact{
		{"Started", s.StartTime.UTC().Format("2006-01-02 15:04:05 UTC"), false},
		{"Took", took(s.Timings.Total), false},
		{"Run", s.RunID, true},
	}
	if s.Image != nil {
		list = append(list, fact{"Digest", s.Image.Digest, true}, fact{"Image", s.Image.Reference, true},
			fact{"Platforms", strings.Join(s.Image.Platforms, ", "), false}, fact{"Size", size(s.Image.Size), false})
	}
	if s.Parent.Reference != "" && s.Kind != result.KindTest {
		list = append(list, fact{"Parent", s.Parent.Reference, true}, fact{"Parent digest", s.Parent.Digest, true})
	}
	list = append(list, fact{"Recipe", s.Recipe.File, true})
	kept := list[:0]
	for _, f := range list {
		if f.Value != "" {
			kept = append(kept, f)
		}
	}
	return kept
}

// stages shows each stage with its share of the time. A stage behind the one in which the run ended did not run.
func stages(s Story) []stageBar {
	names := []event.Stage{event.StageResolve, event.StageBuild, event.StageCommit, event.StageTest, event.StagePublish}
	if s.Kind == result.KindTest {
		names = []event.Stage{event.StageResolve, event.StageTest}
	}
	var bars []stageBar
	reached := true
	for _, name := range names {
		duration := *timing(&s.Timings, name)
		bar := stageBar{Name: string(name), Outcome: "ok", Took: took(duration)}
		switch {
		case !reached:
			bar.Outcome, bar.Took = "none", "not reached"
		case string(name) == s.Stage && s.Status != result.Succeeded:
			bar.Outcome, reached = outcomeOf(string(s.Status)), false
			if bar.Took == "" {
				bar.Took = word(string(s.Status))
			}
		case duration == 0:
			bar.Outcome, bar.Took = "none", "skipped"
		}
		if s.Timings.Total > 0 {
			bar.Percent = int(100 * duration / s.Timings.Total)
		}
		bars = append(bars, bar)
	}
	return bars
}

func (s Story) views(components []result.Component, tests bool, added map[string]string) []componentView {
	var views []componentView
	for i, c := range components {
		v := componentView{
			Name: c.Name, Outcome: outcomeOf(c.Status), Word: word(c.Status), Took: took(c.Duration), Failure: c.FailureMessage,
			Log: c.LogFolder, Output: s.excerpt(place{tests, i}, c), Added: added[c.Name],
		}
		if c.Platform != "" {
			v.Name += " (" + c.Platform + ")"
		}
		if c.Version != "" {
			v.Name += " " + c.Version
		}
		v.Open = v.Outcome == "bad" || v.Outcome == "cut"
		switch {
		case c.Cached && tests:
			v.Word, v.Note = "cached", "passed before with the same image, documents and parameters"
		case c.Cached:
			v.Word, v.Note = "cached", "nothing it depends on has changed"
		case c.Why != "":
			v.Note = "ran: " + c.Why
		}
		for _, p := range c.Phases {
			for _, step := range p.Steps {
				v.Steps = append(v.Steps, newStepView(p, step))
			}
		}
		views = append(views, v)
	}
	return views
}

func newStepView(p result.Phase, s result.Step) stepView {
	v := stepView{
		Name: p.Name + " / " + s.Name, Action: s.Action, Outcome: outcomeOf(s.Status), Word: word(s.Status), Took: took(s.Duration),
		Failure: s.FailureMessage,
	}
	var notes []string
	if s.ExitCode != nil && *s.ExitCode != 0 {
		notes = append(notes, fmt.Sprintf("exit code %d", *s.ExitCode))
	}
	if s.Attempts > 1 {
		notes = append(notes, fmt.Sprintf("%d attempts", s.Attempts))
	}
	v.Note = strings.Join(notes, ", ")
	return v
}

func newReportRow(r result.Report) reportRow {
	row := reportRow{Name: r.Path, File: r.File, Note: size(r.Size)}
	if row.Name == "" {
		row.Name = r.Declared
	}
	if r.Problem != "" {
		row.Note = r.Problem
	}
	return row
}

// outcomeOf sorts the words for outcomes into the few that look different.
func outcomeOf(status string) string {
	switch status {
	case "success", "succeeded":
		return "ok"
	case "failed":
		return "bad"
	case "cancelled", "interrupted", inProgress:
		return "cut"
	case "ignoredFailure", "successWithIgnoredFailure", "running":
		return "warn"
	default:
		return "none"
	}
}

// word is an outcome as people say it.
func word(status string) string {
	switch status {
	case "success", "succeeded":
		return "passed"
	case inProgress:
		return "cut off"
	case "ignoredFailure":
		return "failed, ignored"
	case "successWithIgnoredFailure":
		return "passed with ignored failures"
	default:
		return status
	}
}

func addedText(a result.Added) string {
	if a.Files == 0 && a.Deleted == 0 {
		return "added nothing"
	}
	text := fmt.Sprintf("added %s in %d files", size(a.Bytes), a.Files)
	if a.Deleted > 0 {
		text += fmt.Sprintf(", deleted %d", a.Deleted)
	}
	return text
}

// size writes a number of bytes for people.
func size(n int64) string {
	switch {
	case n <= 0:
		return ""
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1e6:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	case n < 1e9:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	default:
		return fmt.Sprintf("%.2f GB", float64(n)/1e9)
	}
}
