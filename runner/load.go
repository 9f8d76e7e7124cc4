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
)

// problem is a warning or error of a document for the logs.
type problem struct{ level, message, code string }

// load reads and validates every document before the first step of any, and announces the run.
func (r *run) load(ctx context.Context) error {
	(&execute.Secrets{Dir: r.SecretsDir, Masker: r.masker}).MaskAll() // before anything is recorded
	var errs []error
	for _, d := range r.Documents {
		found, err := r.Locations.read(ctx, d.Location, "", r.Locations.BucketOwner)
		if err != nil {
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
	err := errors.Join(errs...)
	if err == nil && r.restored != nil {
		err = checkState(r.restored, r.stateDocuments(), r.Phases)
	}
	if err == nil {
		r.announce()
	}
	return err
}

// parse reads a document for a run of phases. Warnings are printed and kept for the logs; errors are returned.
func (r *run) parse(location string, text []byte, phases []string, parameters map[string]string) (*document.Document, error) {
	doc, diagnostics := document.Load(location, text, r.Modules, document.Options{
		Strict: r.Strict, GOOS: runtime.GOOS, Run: &document.Run{Phases: phases, Parameters: parameters},
	})
	for _, d := range diagnostics {
		fmt.Fprintln(r.Warnings, r.masker.Text(d.String()))
		if d.Severity == document.Warning {
			p := problem{"Warn", fmt.Sprintf("%s: %s", d.Pos, d.Message), d.Code}
			if r.started {
				r.warn(p.code, "%s", p.message)
			} else {
				r.problems = append(r.problems, p)
			}
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
