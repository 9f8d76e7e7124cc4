package report

import (
	"bufio"
	"fmt"
	"io"
	"time"
)

const stampLayout = "2006-01-02 15:04:05.000"

// Console is the sink that writes the console text of component-document reference 8.2. Scripts search these
// lines, so their fixed parts never change.
type Console struct {
	w      io.Writer
	buf    []byte
	failed error
	stamp  []byte
	last   int64 // millisecond of stamp
}

// NewConsole returns a console that writes to w.
func NewConsole(w io.Writer) *Console { return &Console{w: w} }

// Err returns the first error of writing; nothing is written behind it.
func (c *Console) Err() error { return c.failed }

// Flush writes what is buffered.
func (c *Console) Flush() {
	if len(c.buf) > 0 && c.failed == nil {
		_, c.failed = c.w.Write(c.buf)
	}
	c.buf = c.buf[:0]
}

// Record writes the lines of one event.
func (c *Console) Record(r Record) {
	info := func(text ...string) { c.line(r.Time, "Info", text...) }
	switch e := r.Event.(type) {
	case StepOutput:
		c.output(outputLine{at: r.Time, stream: e.Stream, text: []byte(e.Text)})
	case RunStart:
		if !e.Resumed {
			info("Executor: STARTED EXECUTION OF ALL DOCUMENTS")
		}
	case DocumentStart:
		info("Document ", e.Path)
	case PhaseStart:
		info("Phase ", r.Position.Phase)
	case StepStart:
		info("Step ", r.Position.Step)
	case StepAttempt:
		if e.Of > 1 {
			info(fmt.Sprintf("Attempt %d of %d", r.Position.Attempt, e.Of))
		}
	case StepIteration:
		info(fmt.Sprintf("Loop %s: iteration %d", e.Loop, r.Position.Iteration))
	case ModuleStart:
		info(e.Action, ": STARTED EXECUTION")
	case ModuleEnd:
		if e.ExitCode != nil {
			info(fmt.Sprintf("CmdExecution: ExitCode %d", *e.ExitCode))
		}
		info(e.Action, ": FINISHED EXECUTION")
	case StepLog:
		c.line(r.Time, e.Level, e.Action, ": ", e.Message)
	case StepEnd:
		c.stepEnd(r, e)
	case RebootStart:
		info("Executor: Getting reboot signal")
		info("Executor: Rebooting the system now")
	case Resumed:
		info("Executor: System has rebooted successfully")
	case Log:
		c.line(r.Time, e.Level, e.Message)
	case RunEnd:
		if e.Status == InProgress {
			return
		}
		info("Executor: FINISHED EXECUTION OF ALL DOCUMENTS")
		if e.Status == Failed {
			c.line(r.Time, "Error", "TOE has completed execution with failure - Execution failed!")
		} else {
			info("TOE has completed execution successfully")
		}
	}
}

func (c *Console) stepEnd(r Record, e StepEnd) {
	switch e.Status {
	case Skipped:
		c.line(r.Time, "Info", "Step ", r.Position.Step, " skipped")
	case Failed:
		c.line(r.Time, "Error", "Step ", r.Position.Step, " failed: ", e.FailureMessage)
	case IgnoredFailure:
		c.line(r.Time, "Warn", "Step ", r.Position.Step, " failed, ignored: ", e.FailureMessage)
	case InProgress, Success, SuccessIgnored:
	}
}

// output writes a line of a command.
func (c *Console) output(l outputLine) {
	c.begin(l.at, "Info")
	if l.stream == "stderr" {
		c.buf = append(c.buf, "CmdExecution: Stderr: "...)
	} else {
		c.buf = append(c.buf, "CmdExecution: Stdout: "...)
	}
	c.buf = append(c.buf, l.text...)
	c.end()
}

func (c *Console) line(at time.Time, level string, text ...string) {
	c.begin(at, level)
	for _, t := range text {
		c.buf = append(c.buf, t...)
	}
	c.end()
}

// begin writes what stands in front of every line.
func (c *Console) begin(at time.Time, level string) {
	if ms := at.UnixMilli(); ms != c.last || c.stamp == nil {
		c.stamp, c.last = append(at.UTC().AppendFormat(c.stamp[:0], stampLayout), ' '), ms
	}
	c.buf = append(append(append(c.buf, c.stamp...), level...), ' ')
}

// fullBuffer is the size from which the lines of one write are not collected any longer.
const fullBuffer = 64 << 10

func (c *Console) end() {
	if c.buf = append(c.buf, '\n'); len(c.buf) > fullBuffer {
		c.Flush()
	}
}

// Application is the sink of the application log: the runner's own debug lines, and everything that is not the
// output of a command.
type Application struct{ w *bufio.Writer }

// NewApplication returns an application log that writes to w.
func NewApplication(w io.Writer) *Application { return &Application{w: bufio.NewWriter(w)} }

// Flush writes what is buffered. Errors are dropped: there is no place left to report them.
func (a *Application) Flush() { _ = a.w.Flush() }

// output does nothing: what commands print is in the console log.
func (a *Application) output(outputLine) {}

// Record writes the line of one event.
func (a *Application) Record(r Record) {
	level, text := "Debug", ""
	p := r.Position
	switch e := r.Event.(type) {
	case Debug:
		text = e.Message
	case Log:
		level, text = e.Level, e.Message
		if e.Code != "" {
			text += " [" + e.Code + "]"
		}
	case RunStart:
		text = fmt.Sprintf("runner %s on %s/%s, log folder %s", e.Version, e.OS, e.Arch, e.LogFolder)
	case Resumed:
		level, text = "Info", fmt.Sprintf("recovered the state of execution %s", p.ExecutionID)
	case Reboot:
		level, text = "Info", fmt.Sprintf("reboot %d: trigger %s, resumes at %s, %d processes ended", e.Count, e.Trigger, e.Resume, e.Ended)
	case StepStart:
		text = fmt.Sprintf("phase %s step %s: %s begins", p.Phase, p.Step, e.Action)
	case StepCondition:
		text = fmt.Sprintf("phase %s step %s: condition is %t, decision %s", p.Phase, p.Step, e.Result, e.Decision)
	case StepAttempt:
		if e.Reason == "" {
			return
		}
		text = fmt.Sprintf("phase %s step %s: attempt %d, because: %s", p.Phase, p.Step, p.Attempt, e.Reason)
	case StepEnd:
		text = fmt.Sprintf("phase %s step %s: %s after %s", p.Phase, p.Step, e.Status, e.Duration.Round(time.Microsecond))
		if e.FailureMessage != "" {
			level, text = "Error", text+": "+e.FailureMessage
		}
	case RunEnd:
		level, text = "Info", fmt.Sprintf("run %s, exit code %d", e.Status, e.ExitCode)
	default:
		return
	}
	fmt.Fprintf(a.w, "%s %s %s\n", r.Time.UTC().Format(stampLayout), level, text)
}
