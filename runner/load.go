package runner

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/document"
	"github.com/slipway-oci/slipway/runner/execute"
	"github.com/slipway-oci/slipway/runner/report"
)

func (r *run) secrets() *execute.Secrets {
	return &execute.Secrets{Dir: r.SecretsDir, Masker: r.masker}
}

func (r *run) record(p problem) {
	r.rec.Emit(r.top(), report.Log{Level: p.level, Message: p.message, Code: p.code})
}

// largeText is the size in bytes from which what the reading of a document leaves is cleared away at once: the next
// collection would wait until steps have left as much again, and the memory of a run would be half garbage.
const largeText = 64 << 10

// problem is a warning or error of a document for the logs.
type problem struct{ level, message, code string }

// load reads and validates every document before the first step of any, and announces the run.
func (r *run) load(ctx context.Context) error {
	r.secretWarnings = r.secrets().MaskAll() // before anything is recorded
	r.Locations.transfers = transfers{modules: r.Modules, environ: r.Environ, scratch: r.workDir}
	var errs []error
	for _, d := range r.Documents {
		found, err := r.Locations.read(ctx, d.Location, "", r.Locations.BucketOwner)
		if err != nil {
			r.problems = append(r.problems, problem{"Error", err.Error(), ""})
			errs = append(errs, err)
			continue
		}
		if err := r.folder.WriteDocument(len(r.texts), found.text); err != nil {
			return fmt.Errorf("log folder: %w", err)
		}
		r.texts = append(r.texts, found.text)
		parameters := maps.Clone(r.Parameters)
		if parameters == nil {
			parameters = map[string]string{}
		}
		maps.Copy(parameters, d.Parameters)
		doc, err := r.parse(d.Location, found.text, r.Phases, parameters)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		r.inputs = append(r.inputs, execute.Input{Document: doc, Path: d.Location, Identity: found.identity, Parameters: parameters})
	}
	if err := errors.Join(errs...); err != nil {
		return reportedError{err}
	}
	if r.restored != nil {
		if err := checkState(r.restored, r.stateDocuments(), r.Phases); err != nil {
			return err
		}
	}
	r.announce()
	return nil
}

// reportedError is an error whose parts are among the problems that announce records.
type reportedError struct{ error }

// Unwrap returns the error itself.
func (e reportedError) Unwrap() error { return e.error }

// parse reads a document for a run of phases. Warnings are printed and kept for the logs; errors are returned.
func (r *run) parse(location string, text []byte, phases []string, parameters map[string]string) (*document.Document, error) {
	doc, diagnostics := document.Load(location, text, r.Modules, document.Options{
		Strict: r.Strict, GOOS: runtime.GOOS, Run: &document.Run{Phases: phases, Parameters: parameters},
	})
	if len(text) >= largeText {
		runtime.GC()
	}
	for _, d := range diagnostics {
		p := problem{"Error", fmt.Sprintf("%s: %s", d.Pos, d.Message), d.Code}
		if d.Severity == document.Warning {
			p.level = "Warn"
			if r.Trace == nil { // which shows it in the console log
				fmt.Fprintln(r.Warnings, r.masker.Text(d.String()))
			}
		}
		if r.started {
			r.record(p)
		} else {
			r.problems = append(r.problems, p)
		}
	}
	if err := diagnostics.Err(); err != nil {
		return nil, err
	}
	return doc, nil
}

// loadNested reads and validates a document for ExecuteDocument.
func (r *run) loadNested(ctx context.Context, nested action.NestedDocument, base string) (execute.Input, error) {
	found, err := r.Locations.read(ctx, nested.Location, base, nested.BucketOwner)
	if err != nil {
		return execute.Input{}, err
	}
	doc, err := r.parse(nested.Location, found.text, nested.Phases, nested.Parameters)
	if err != nil {
		return execute.Input{}, err
	}
	return execute.Input{Document: doc, Path: nested.Location, Identity: found.identity, Parameters: nested.Parameters}, nil
}
