package display

import (
	"time"

	"github.com/slipway-oci/slipway/builder/event"
)

var began = time.Date(2031, 4, 9, 7, 15, 2, 0, time.UTC)

// moment is an event and when it happens, counted from the start.
type moment struct {
	at time.Duration
	e  event.Event
}

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// story is a build in which one component is cached, one fails at its second attempt, with output that would like to
// take over the terminal.
func story() []moment {
	step := func(t event.Type, phase, name string) event.Event {
		return event.Event{Type: t, Stage: "build", Component: "tools", Index: 2, Count: 3, Phase: phase, Step: name}
	}
	with := func(e event.Event, change func(*event.Event)) event.Event { change(&e); return e }
	out := func(text string) event.Event {
		return with(step(event.StepOutput, "build", "Install"), func(e *event.Event) { e.Stream, e.Text = "stdout", text })
	}
	return []moment{
		{0, event.Event{Type: event.BuildStart, Recipe: "web-base", Version: "1.4.0", RunID: "20310409-071502-4f2a"}},
		{0, event.Event{Type: event.StageStart, Stage: "resolve"}},
		{ms(100), event.Event{Type: event.Progress, Stage: "resolve", Name: "parent debian:12", Current: 12_000_000, Total: 48_000_000}},
		{ms(1500), event.Event{Type: event.Progress, Stage: "resolve", Name: "parent debian:12", Current: 48_000_000, Total: 48_000_000, Done: true}},
		{ms(1600), event.Event{Type: event.StageEnd, Stage: "resolve", Status: event.Success, Duration: ms(1600)}},
		{ms(1600), event.Event{Type: event.Log, Level: "warn", Message: "component \"nginx/1.x.x\" is deprecated; its support ends on 2031-06-01, and this line is longer than the screen"}},
		{ms(1600), event.Event{Type: event.StageStart, Stage: "build"}},
		{ms(1600), event.Event{Type: event.ComponentStart, Stage: "build", Component: "nginx", Index: 1, Count: 3}},
		{ms(1610), event.Event{Type: event.ComponentEnd, Stage: "build", Component: "nginx", Index: 1, Count: 3, Status: event.Success, Cached: true}},
		{ms(1700), event.Event{Type: event.ComponentStart, Stage: "build", Component: "tools", Index: 2, Count: 3}},
		{ms(1700), step(event.PhaseStart, "build", "")},
		{ms(1700), with(step(event.StepStart, "build", "Folder"), func(e *event.Event) { e.Action = "CreateFolder" })},
		{ms(1710), with(step(event.StepEnd, "build", "Folder"), func(e *event.Event) { e.Status, e.Duration = event.Success, ms(10) })},
		{ms(1800), with(step(event.StepStart, "build", "Install"), func(e *event.Event) { e.Action = "ExecuteBash" })},
		{ms(1900), out("Reading package lists...")},
		{ms(2000), out("\x1b]0;owned\x07\x1b[2J\x1b[31mred\x1b[0m\tand\x9b1mbytes \u009b2K")},
		{ms(2100), out("10%\r50%\r100%")},
		{ms(2200), out("日本語テキスト, which is wide, and then a long tail that no screen of eighty columns can hold")},
		{ms(2300), with(step(event.StepAttempt, "build", "Install"), func(e *event.Event) { e.Attempt, e.Of, e.Message = 2, 3, "exit code 100" })},
		{ms(2400), out("E: Unable to locate package ngnix")},
		{ms(2500), with(step(event.StepLog, "build", "Install"), func(e *event.Event) { e.Level, e.Message = "warn", "no shell" })},
		{ms(2600), with(step(event.StepEnd, "build", "Install"), func(e *event.Event) {
			e.Status, e.Duration, e.Attempt, e.ExitCode, e.Message = event.Failed, ms(800), 2, new(100), "exit code 100"
		})},
		{ms(2600), with(step(event.PhaseEnd, "build", ""), func(e *event.Event) { e.Status = event.Failed })},
		{ms(2650), event.Event{Type: event.ComponentEnd, Stage: "build", Component: "tools", Index: 2, Count: 3, Status: event.Failed, Duration: ms(950)}},
		{ms(2700), event.Event{Type: event.StageEnd, Stage: "build", Status: event.Failed, Duration: ms(1100)}},
		{ms(2700), event.Event{Type: event.StageStart, Stage: "test"}},
		{ms(2700), event.Event{Type: event.StageEnd, Stage: "test", Status: event.Skipped, Message: "the build stage failed"}},
		{ms(2700), event.Event{Type: event.BuildEnd, Status: event.Failed, Duration: ms(2700)}},
	}
}

// clock is a clock that a test moves.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }
