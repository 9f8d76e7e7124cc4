// Package report turns what happens during a run into its records. The executor emits typed events into one
// Recorder; the recorder masks secrets, once, and hands the events to sinks: the console log, the detailed output,
// the application log and the JSON Lines stream. A sink never sees a secret value and never fails a run.
//
// The entry points are NewRecorder, Recorder.Emit and Recorder.Output; Folder makes the log folder and its sinks.
package report

// Status is the outcome of a run, document, phase or step; the words are those of the JSON files.
type Status string

// The outcomes. Only steps are skipped.
const (
	InProgress     Status = "inProgress"
	Success        Status = "success"
	Failed         Status = "failed"
	Skipped        Status = "skipped"
	IgnoredFailure Status = "ignoredFailure"
	SuccessIgnored Status = "successWithIgnoredFailure"
)

// Failures collects the outcomes of the parts of a phase, document or run; its zero value is a success.
type Failures struct{ failed, ignored bool }

// Add takes the outcome of one part into account.
func (f *Failures) Add(s Status) {
	switch s {
	case Failed:
		f.failed = true
	case IgnoredFailure, SuccessIgnored:
		f.ignored = true
	case InProgress, Success, Skipped:
	}
}

// Status is the outcome of the whole: a failure outweighs an ignored failure, and that outweighs success.
func (f *Failures) Status() Status {
	switch {
	case f.failed:
		return Failed
	case f.ignored:
		return SuccessIgnored
	default:
		return Success
	}
}
