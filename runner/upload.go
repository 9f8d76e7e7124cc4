package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/slipway-oci/slipway/runner/report"
)

// uploadTimeout bounds the upload of the log folder, which also happens after an interruption.
const uploadTimeout = 5 * time.Minute

// uploadLogs uploads the closed log folder and returns its new address. A failure is a warning, and the address stays
// the local one: the outcome of a run does not depend on where its logs are.
func (r *run) uploadLogs(local string) string {
	prefix := path.Join(r.Upload.KeyPrefix, filepath.Base(r.folder.Path))
	err := errors.New("S3 is not supported in this build")
	if r.Locations.S3 != nil {
		err = r.uploadFolder(prefix)
	}
	if err == nil {
		return "s3://" + r.Upload.Bucket + "/" + prefix
	}
	warning := r.masker.Text(fmt.Sprintf("log folder not uploaded to bucket %q: %v", r.Upload.Bucket, err))
	fmt.Fprintln(r.Warnings, "warning: "+warning)
	if r.stream != nil {
		report.NewRecorder(r.masker, r.Now, r.stream).Emit(r.top(), report.Log{Level: "Warn", Message: warning})
	}
	return local
}

func (r *run) uploadFolder(prefix string) error {
	files, err := os.ReadDir(r.folder.Path)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), uploadTimeout)
	defer cancel()
	for _, f := range files {
		if !f.Type().IsRegular() {
			continue
		}
		err := r.Locations.S3.Upload(ctx, filepath.Join(r.folder.Path, f.Name()), r.Upload.Bucket, path.Join(prefix, f.Name()), r.Upload.BucketOwner)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name(), err)
		}
	}
	return nil
}
