package runner

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"time"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/report"
)

// uploadTimeout bounds the upload of the log folder, which also happens after an interruption.
const uploadTimeout = 5 * time.Minute

// uploadLogs uploads the closed log folder and returns its new address. A failure is a warning, and the address stays
// the local one: the outcome of a run does not depend on where its logs are.
func (r *run) uploadLogs(ctx context.Context, local string) string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), uploadTimeout)
	defer cancel()
	address := "s3://" + r.Upload.Bucket + "/" + path.Join(r.Upload.KeyPrefix, filepath.Base(r.folder.Path))
	entry := action.Entry{"source": r.folder.Path, "destination": address + "/", "recurse": true}
	if r.Upload.BucketOwner != "" {
		entry["expectedBucketOwner"] = r.Upload.BucketOwner
	}
	err := transfers{modules: r.Modules, environ: r.Environ}.run(ctx, s3Upload, filepath.Dir(r.folder.Path), entry)
	if err == nil {
		return address
	}
	warning := r.masker.Text(fmt.Sprintf("log folder not uploaded to %q: %v", address, err))
	fmt.Fprintln(r.Warnings, "warning: "+warning)
	if r.stream != nil {
		report.NewRecorder(r.masker, r.Now, r.stream).Emit(r.top(), report.Log{Level: "Warn", Message: warning})
	}
	return local
}
