package report

import (
	"encoding/json"
	"io"
)

// Summary is the result of a run in numbers, as the runner prints it and as ExecuteDocument outputs it.
type Summary struct {
	ExecutionID            string `json:"executionId"`
	Status                 Status `json:"status"`
	FailedStepCount        int    `json:"failedStepCount"`
	ExecutedStepCount      int    `json:"executedStepCount"`
	IgnoredFailedStepCount int    `json:"ignoredFailedStepCount"`
	FailureMessage         string `json:"failureMessage"`
	LogURL                 string `json:"logUrl"`
}

// Count takes one finished step into account; skipped steps are not counted.
func (s *Summary) Count(status Status) {
	switch status {
	case Success:
		s.ExecutedStepCount++
	case Failed:
		s.ExecutedStepCount++
		s.FailedStepCount++
	case IgnoredFailure:
		s.ExecutedStepCount++
		s.IgnoredFailedStepCount++
	case InProgress, Skipped, SuccessIgnored:
	}
}

// Write prints the summary as JSON.
func (s Summary) Write(w io.Writer) error { return encodeIndented(w, s, "") }

// Outputs returns the summary as the output object of a nested execution.
func (s Summary) Outputs() map[string]any {
	return map[string]any{
		"executionId":            s.ExecutionID,
		"status":                 string(s.Status),
		"failedStepCount":        s.FailedStepCount,
		"executedStepCount":      s.ExecutedStepCount,
		"ignoredFailedStepCount": s.IgnoredFailedStepCount,
		"failureMessage":         s.FailureMessage,
		"logUrl":                 s.LogURL,
	}
}

// encodeIndented writes v as JSON, indented by four spaces behind prefix, without HTML escapes, with a newline.
func encodeIndented(w io.Writer, v any, prefix string) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent(prefix, "    ")
	return enc.Encode(v)
}
