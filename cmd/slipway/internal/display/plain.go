package display

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/slipway-oci/slipway/builder/event"
)

// plain writes one line for each event worth reading: time since the start, where, what.
type plain struct {
	mu    sync.Mutex
	w     io.Writer
	now   func() time.Time
	style Style
	start time.Time
	moved map[string]time.Time // when the progress of a transfer was last written
}

// transferEvery is how often a transfer that goes on gives a sign of life.
const transferEvery = 10 * time.Second

func (p *plain) Send(e event.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := e.Time
	if at.IsZero() {
		at = p.now()
	}
	if p.start.IsZero() {
		p.start = at
	}
	colour, text := plainText(e)
	if e.Type == event.Progress {
		text = p.transfer(e, at)
	}
	if text == "" {
		return
	}
	clock := fmt.Sprintf("%8.2fs", at.Sub(p.start).Seconds())
	_, _ = fmt.Fprintf(p.w, "%s %s %s\n", p.style.paint(dim, clock), p.style.paint(cyan, "["+plainPlace(e)+"]"), p.style.paint(colour, text))
}

func (*plain) Close() error { return nil }

// transfer is what to say about the progress of a transfer: its end, and while it goes on from time to time how far
// it is.
func (p *plain) transfer(e event.Event, at time.Time) string {
	key := e.Platform + "\x00" + e.Name
	if e.Done {
		delete(p.moved, key)
		return strings.TrimSuffix(shortDigests(Clean(e.Name))+" "+sizeText(e), " ")
	}
	if p.moved == nil {
		p.moved = map[string]time.Time{}
	}
	last, known := p.moved[key]
	if !known || at.Sub(last) < transferEvery {
		if !known {
			p.moved[key] = at
		}
		return ""
	}
	p.moved[key] = at
	text := shortDigests(Clean(e.Name)) + " " + Bytes(e.Current)
	if e.Total > 0 {
		text += " of " + Bytes(e.Total)
	}
	return text
}

// plainPlace says where an event happened: platform, stage, component, phase/step.
func plainPlace(e event.Event) string {
	var parts []string
	for _, p := range []string{e.Platform, string(e.Stage), e.Component, stepPath(e.Phase, e.Step)} {
		if p != "" {
			parts = append(parts, Clean(p))
		}
	}
	if len(parts) == 0 {
		return "slipway"
	}
	return strings.Join(parts, " ")
}

func stepPath(phase, step string) string {
	switch {
	case phase == "":
		return step
	case step == "":
		return phase
	default:
		return phase + "/" + step
	}
}

// plainText is what to say about an event, or nothing.
func plainText(e event.Event) (colour, text string) {
	switch e.Type {
	case event.BuildStart:
		return bold, titleOf(e)
	case event.StageStart, event.PhaseStart, event.PhaseEnd:
		return "", "" // their steps and ends say it
	case event.ComponentStart:
		return noColour, "started" + countOf(e) + reasonOf(e)
	case event.StepStart:
		return noColour, Clean(e.Action)
	case event.StepAttempt:
		return yellow, attemptText(e)
	case event.StepOutput:
		return noColour, "| " + Clean(e.Text)
	case event.StepLog, event.Log:
		return levelColour(e.Level), levelPrefix(e.Level) + Clean(e.Message)
	case event.StageEnd, event.ComponentEnd, event.StepEnd, event.BuildEnd:
		return statusColour(e.Status), endText(e)
	default:
		return "", ""
	}
}

// reasonOf says why a component runs, where that is known.
func reasonOf(e event.Event) string {
	if e.Message == "" {
		return ""
	}
	return ": " + Clean(e.Message)
}

func titleOf(e event.Event) string {
	title := strings.TrimSpace(Clean(e.Recipe + " " + e.Version))
	if title == "" {
		title = "build"
	}
	if e.RunID != "" {
		title += ", run " + Clean(e.RunID)
	}
	return title
}

func countOf(e event.Event) string {
	if e.Count == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d of %d)", e.Index, e.Count)
}

func attemptText(e event.Event) string {
	text := fmt.Sprintf("attempt %d", e.Attempt)
	if e.Of > 0 {
		text += fmt.Sprintf(" of %d", e.Of)
	}
	if e.Message != "" {
		text += ", the one before: " + Clean(e.Message)
	}
	return text
}

func sizeText(e event.Event) string {
	n := max(e.Total, e.Current)
	if n == 0 {
		return ""
	}
	return Bytes(n)
}

// endText is how something ended: "success 1.2s", "failed 0.4s, exit code 2: message".
func endText(e event.Event) string {
	var b strings.Builder
	switch {
	case e.Cached:
		b.WriteString("cached")
	case e.Status == "":
		b.WriteString("done")
	default:
		b.WriteString(statusText(e.Status))
	}
	if e.Duration > 0 && !e.Cached {
		b.WriteString(" " + Duration(e.Duration))
	}
	if e.Attempt > 1 {
		fmt.Fprintf(&b, ", attempt %d", e.Attempt)
	}
	if e.ExitCode != nil && *e.ExitCode != 0 {
		fmt.Fprintf(&b, ", exit code %d", *e.ExitCode)
	}
	if text := reason(e.Message, e.ExitCode); text != "" {
		b.WriteString(": " + text)
	}
	return b.String()
}

// reason is the message of a failure unless it says no more than the exit code, which is shown anyway.
func reason(message string, exitCode *int) string {
	if exitCode != nil && message == fmt.Sprintf("exit code %d", *exitCode) {
		return ""
	}
	return Clean(message)
}

// statusText is a status in words.
func statusText(s event.Status) string {
	switch s {
	case event.IgnoredFailure:
		return "failed, ignored"
	case event.SuccessIgnored:
		return "success, with ignored failures"
	default:
		return Clean(string(s))
	}
}

func statusColour(s event.Status) string {
	switch s {
	case event.Failed:
		return red
	case event.Cancelled, event.IgnoredFailure, event.SuccessIgnored:
		return yellow
	case event.Skipped:
		return dim
	case event.Success:
		return green
	default:
		return noColour
	}
}

func levelColour(level string) string {
	switch strings.ToLower(level) {
	case "error":
		return red
	case "warn", "warning":
		return yellow
	default:
		return noColour
	}
}

func levelPrefix(level string) string {
	switch strings.ToLower(level) {
	case "error":
		return "error: "
	case "warn", "warning":
		return "warning: "
	default:
		return ""
	}
}
