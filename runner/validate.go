package runner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/document"
)

// ValidateOptions say what to check, and for what.
type ValidateOptions struct {
	Documents []string
	Strict    bool // warnings are errors
	Workflow  bool // for the container workflow
	Locations Locations
	Modules   *action.Set
	Environ   []string // environment of the runner, in the form of os.Environ
}

// Validation is the result of checking documents; it marshals to what validate prints.
type Validation struct {
	Status      string                `json:"validationStatus"` // "success" or "failed"
	Message     string                `json:"message"`
	Diagnostics []document.Diagnostic `json:"diagnostics"`
}

// Validate checks documents without running anything. A document that cannot be read is one of the problems.
func Validate(ctx context.Context, o ValidateOptions) Validation {
	v := Validation{Status: "success", Diagnostics: []document.Diagnostic{}}
	locations := o.Locations
	locations.transfers = transfers{modules: o.Modules, environ: o.Environ}
	for _, location := range o.Documents {
		found, err := locations.read(ctx, location, "", o.Locations.BucketOwner)
		if err != nil {
			v.Diagnostics = append(v.Diagnostics, unreadable(location, err))
			continue
		}
		_, diagnostics := document.Load(location, found.text, o.Modules, document.Options{
			Strict: o.Strict, Workflow: o.Workflow, GOOS: runtime.GOOS,
		})
		v.Diagnostics = append(v.Diagnostics, diagnostics...)
	}
	var errs []string
	for _, d := range v.Diagnostics {
		if d.Severity == document.Error {
			errs = append(errs, d.Err().Error())
		}
	}
	v.Message = fmt.Sprintf("Document(s) [%s] is/are valid.", strings.Join(o.Documents, ", "))
	if len(errs) > 0 {
		v.Status, v.Message = "failed", strings.Join(errs, "\n")
	}
	return v
}

// unreadable is the diagnostic of a document that cannot be read. It has no code, since nothing was checked. The
// location stands in front of it already.
func unreadable(location string, err error) document.Diagnostic {
	message := strings.TrimPrefix(err.Error(), fmt.Sprintf("document %q: ", location))
	d := document.Diagnostic{Severity: document.Error, Pos: document.Pos{File: location}, Message: message}
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		d.Hint = hinted.Hint()
	}
	return d
}

// Valid reports whether there is no error.
func (v Validation) Valid() bool { return v.Status == "success" }

// Lines returns the problems as text for people.
func (v Validation) Lines() []string {
	var lines []string
	for _, d := range v.Diagnostics {
		lines = append(lines, d.String())
		if d.Hint != "" {
			lines = append(lines, "  hint: "+d.Hint)
		}
	}
	return lines
}

// Write prints the result as JSON.
func (v Validation) Write(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "    ")
	return enc.Encode(v)
}
