package document

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Severity says how bad a diagnostic is.
type Severity int

// The severities.
const (
	Warning Severity = iota // printed and logged only
	Error                   // the document must not run
)

// String returns "warning" or "error".
func (s Severity) String() string {
	if s == Error {
		return "error"
	}
	return "warning"
}

// Diagnostic is one problem of a document. It is plain data; Err makes an error of it.
type Diagnostic struct {
	Severity Severity
	Code     string // one of the Code constants
	Pos      Pos
	Message  string
	Hint     string // how to mend it, "" when the message says all
}

// String returns one line of text: position, severity, message and code, without the hint.
func (d Diagnostic) String() string {
	text := fmt.Sprintf("%s: %s: %s", d.Pos, d.Severity, d.Message)
	if d.Code != "" {
		text += " [" + d.Code + "]"
	}
	return text
}

// Err returns the diagnostic as an error of type *ProblemError.
func (d Diagnostic) Err() error { return &ProblemError{d} }

// MarshalJSON writes severity, code, file, line, column, message, and the hint if there is one.
func (d Diagnostic) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Severity string `json:"severity"`
		Code     string `json:"code"`
		File     string `json:"file"`
		Line     int    `json:"line"`
		Column   int    `json:"column"`
		Message  string `json:"message"`
		Hint     string `json:"hint,omitempty"`
	}{d.Severity.String(), d.Code, d.Pos.File, d.Pos.Line, d.Pos.Column, d.Message, d.Hint})
}

// ProblemError is a diagnostic as an error.
type ProblemError struct{ Diagnostic Diagnostic }

// Error returns position and message.
func (e *ProblemError) Error() string {
	return fmt.Sprintf("%s: %s", e.Diagnostic.Pos, e.Diagnostic.Message)
}

// Hint returns how to mend it.
func (e *ProblemError) Hint() string { return e.Diagnostic.Hint }

// Diagnostics are the problems of one document in the order of the file.
type Diagnostics []Diagnostic

// Err returns all errors joined, each of type *ProblemError, or nil when there are only warnings.
func (ds Diagnostics) Err() error {
	var errs []error
	for _, d := range ds {
		if d.Severity == Error {
			errs = append(errs, d.Err())
		}
	}
	return errors.Join(errs...)
}

// HasErrors reports whether there is an error among the problems.
func (ds Diagnostics) HasErrors() bool {
	return slices.ContainsFunc(ds, func(d Diagnostic) bool { return d.Severity == Error })
}

// Strict returns the same problems with every warning made an error.
func (ds Diagnostics) Strict() Diagnostics {
	out := slices.Clone(ds)
	for i := range out {
		out[i].Severity = Error
	}
	return out
}

// arranged returns the problems sorted by place, each once: an anchor used twice brings its problems twice.
func (ds Diagnostics) arranged() Diagnostics {
	slices.SortStableFunc(ds, func(a, b Diagnostic) int {
		return cmp.Or(
			cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Column, b.Pos.Column),
			strings.Compare(a.Code, b.Code), strings.Compare(a.Message, b.Message),
		)
	})
	return slices.Compact(ds)
}

// add appends a problem.
func (ds *Diagnostics) add(s Severity, code string, pos Pos, hint, format string, args ...any) {
	*ds = append(*ds, Diagnostic{Severity: s, Code: code, Pos: pos, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// The codes of diagnostics (component-document reference, 7.4).
const (
	CodeSyntax              = "yaml-syntax"
	CodeDuplicateKey        = "yaml-duplicate-key"
	CodeTag                 = "yaml-tag"
	CodeTooLarge            = "doc-too-large"
	CodeUnknownKey          = "unknown-key"
	CodeMissingKey          = "missing-key"
	CodeWrongType           = "wrong-type"
	CodeBadValue            = "bad-value"
	CodeBadSchemaVersion    = "bad-schema-version"
	CodeBadName             = "bad-name"
	CodeDuplicateName       = "duplicate-name"
	CodeNoStandardPhase     = "no-standard-phase"
	CodeUnknownAction       = "unknown-action"
	CodeUnsupportedPlatform = "unsupported-platform"
	CodeNoBuildPhase        = "no-build-phase"
	CodeParamNoValue        = "param-no-value"
	CodeParamNotAllowed     = "param-not-allowed"
	CodeConstantOverride    = "constant-override"
	CodeRefUnquoted         = "ref-unquoted"
	CodeRefUndefined        = "ref-undefined"
	CodeRefMalformed        = "ref-malformed"
	CodeRefLoopOutside      = "ref-loop-outside"
	CodeRefUnknownStep      = "ref-unknown-step"
	CodeRefUnknownField     = "ref-unknown-field"
	CodeRefNotBefore        = "ref-not-before"
	CodeRefCycle            = "ref-cycle"
	CodeRefNotAllowedHere   = "ref-not-allowed-here"
	CodeRefStageBoundary    = "ref-stage-boundary"
	CodeRefNotSelected      = "ref-not-selected"
	CodeLoopShape           = "loop-shape"
	CodeLoopInfinite        = "loop-infinite"
	CodeLoopDelimiter       = "loop-delimiter"
	CodeIfShape             = "if-shape"
	CodeIfOperator          = "if-operator"
	CodeIfDepth             = "if-depth"
	CodeIfNever             = "if-never"
	CodeInputUnknown        = "input-unknown"
	CodeInputMissing        = "input-missing"
	CodeInputConflict       = "input-conflict"
	CodeInputIgnored        = "input-ignored"
	CodePathTilde           = "path-tilde"
)
