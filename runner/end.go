package runner

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/slipway-oci/slipway/runner/report"
)

// refuse ends a run that could not begin.
func (r *run) refuse(ctx context.Context, err error) Report {
	sum := report.Summary{ExecutionID: r.ExecutionID, Status: report.Failed, FailureMessage: r.masker.Text(err.Error())}
	rep := Report{Summary: r.located(sum), ExitCode: ExitFailed}
	if interrupt, ok := errors.AsType[*InterruptError](context.Cause(ctx)); ok {
		rep.ExitCode = interrupt.ExitCode
	}
	if r.folder == nil {
		return rep
	}
	if r.restored != nil {
		return r.refuseResume(rep)
	}
	r.announce()
	if !errors.As(err, &reportedError{}) {
		r.record(problem{"Error", sum.FailureMessage, ""})
	}
	return r.end(ctx, rep)
}

// refuseResume leaves the state and the log of the run that was to be resumed as they are, for a better try. Only the
// event stream, which is new, is told.
func (r *run) refuseResume(rep Report) Report {
	rep.LogFolder = r.folder.Path
	_ = r.folder.Close() // nothing was written
	r.removeWork()
	if r.stream != nil {
		stream := report.NewRecorder(r.masker, r.Now, r.stream)
		stream.Emit(r.top(), report.Log{Level: "Error", Message: rep.FailureMessage})
		stream.Emit(r.top(), report.RunEnd{Summary: rep.Summary, ExitCode: rep.ExitCode, Duration: r.Now().Sub(r.begin)})
	}
	return rep
}

// end writes the last records, closes the log folder and hands it on.
func (r *run) end(ctx context.Context, rep Report) Report {
	rep.LogFolder = r.folder.Path
	r.removeWork()
	if !rep.Pending {
		if err := os.Remove(r.statePath); err != nil && !errors.Is(err, os.ErrNotExist) {
			r.warn("state file: %v", err)
		}
	}
	if err := r.refs.Write(r.folder); err != nil {
		r.warn("chaining.json: %v", err)
	}
	if rep.Pending {
		rep.Status = report.InProgress
	}
	event := report.RunEnd{Summary: rep.Summary, ExitCode: rep.ExitCode, Duration: r.Now().Sub(r.begin)}
	if r.stream != nil {
		r.rec.Detach(r.stream)
	}
	r.rec.Emit(r.top(), event)
	if err := r.folder.Close(); err != nil {
		fmt.Fprintf(r.Warnings, "warning: log folder: %v\n", err)
	}
	if r.Upload != nil && !rep.Pending {
		rep.LogURL = r.uploadLogs(ctx, rep.LogURL)
		event.LogURL = rep.LogURL
	}
	if r.stream != nil {
		report.NewRecorder(r.masker, r.Now, r.stream).Emit(r.top(), event)
	}
	if r.Archive != nil {
		if err := report.WriteArchive(r.Archive, r.folder.Path); err != nil {
			fmt.Fprintf(r.Warnings, "warning: %v\n", err)
		}
	}
	return rep
}

func (r *run) removeWork() {
	if r.workDir == "" {
		return
	}
	if err := os.RemoveAll(r.workDir); err != nil {
		r.warn("private folder: %v", err)
	}
}
