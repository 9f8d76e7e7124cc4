package runner

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/slipway-oci/slipway/runner/action"
)

// The action modules that the runner itself uses to fetch documents and to upload logs, so that all obey the same
// rules for proxies, certificates, credentials and retries.
const (
	webDownload = "WebDownload"
	s3Download  = "S3Download"
	s3Upload    = "S3Upload"
)

// transfers runs those modules.
type transfers struct {
	modules *action.Set
	environ []string
	scratch string // private folder; "" for the system's
}

func (t transfers) run(ctx context.Context, name, dir string, entry action.Entry) error {
	module, ok := action.Module(nil), false
	if t.modules != nil {
		module, ok = t.modules.Lookup(name)
	}
	if !ok {
		return fmt.Errorf("%s is not supported in this build", name)
	}
	_, err := module.Run(ctx, action.Request{
		Entries: []action.Entry{entry}, Env: t.environ, Dir: dir, WorkDir: dir, Stdout: io.Discard, Stderr: io.Discard,
	})
	return err
}

// download fetches what entry names and returns at most limit bytes of it.
func (t transfers) download(ctx context.Context, name string, entry action.Entry, limit int64) ([]byte, error) {
	dir, err := os.MkdirTemp(t.scratch, "slipway-download-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "file")
	entry["destination"] = file
	if err := t.run(ctx, name, dir, entry); err != nil {
		return nil, err
	}
	return readFile(file, limit)
}

// ReadFile reads a file at a local path or s3:// location, at most limit bytes of it.
func ReadFile(ctx context.Context, location string, modules *action.Set, environ []string, limit int64) ([]byte, error) {
	if !strings.HasPrefix(location, "s3://") {
		return readFile(location, limit)
	}
	return transfers{modules: modules, environ: environ}.download(ctx, s3Download, action.Entry{"source": location}, limit)
}
