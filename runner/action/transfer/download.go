package transfer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/slipway-oci/slipway/runner/action"
)

// Download is WebDownload: it fetches files over HTTP.
type Download struct {
	// CAFile names a PEM bundle of certificate authorities that are trusted besides those of the system. It need not
	// exist: an image without certificates gets them this way.
	CAFile string
	// Wait waits between two tries; nil really waits.
	Wait func(ctx context.Context, d time.Duration) error
	// Proxy chooses the proxy of a request; nil follows HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the process.
	Proxy func(*http.Request) (*url.URL, error)
}

// Spec implements action.Module.
func (Download) Spec() action.Spec {
	return action.Spec{
		Name: "WebDownload", Family: family, Shape: action.List, Platforms: everywhere,
		Summary: "Downloads files over HTTP or HTTPS and verifies their checksums.",
		Inputs: []action.Input{
			{Name: "source", Type: action.String, Required: true, Check: checkURL, Summary: "Absolute `http://` or `https://` URL."},
			{Name: "destination", Type: action.String, Required: true, Summary: "Path of the file, or, with `/` at the end, the folder for it; missing folders are created."},
			{Name: "overwrite", Type: action.Boolean, Default: "true", Summary: "Whether an existing file is replaced; if not, it is an error."},
			{Name: "checksum", Type: action.String, Check: checkHex, Summary: "Expected digest of the file in hexadecimal digits."},
			{Name: "algorithm", Type: action.String, Values: algorithmNames, FoldCase: true, Summary: "Algorithm of the checksum."},
			{Name: "ignoreCertificateErrors", Type: action.Boolean, Default: "false", Summary: "Whether a server without a valid certificate is trusted."},
		},
		Outputs: []action.Output{
			{Name: "destination", Summary: "Absolute paths of all files, one on each line."},
		},
		Together: [][]string{{"checksum", "algorithm"}},
		Example: `name: FetchTool
action: WebDownload
inputs:
  - source: https://example.com/releases/tool-1.2.3.tar.gz
    destination: /tmp/tool/
    checksum: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    algorithm: SHA256
`,
		Notes: `Redirects are followed. Network errors, short reads and the statuses 408, 425, 429 and 5xx are tried again, five
times in all, and go on where they broke off when the server allows it; any other status but 200 fails at once. An
existing file that already has the wanted checksum is not downloaded again. A file whose checksum is wrong never appears
under its name. ` + "`HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`" + ` apply.`,
	}
}

// CheckEntry implements action.Checker: a checksum has the length of its algorithm.
func (Download) CheckEntry(e action.Entry) ([]string, error) {
	if !e.Has("checksum") || !e.Has("algorithm") {
		return nil, nil
	}
	_, err := parseChecksum(e.Text("algorithm"), e.Text("checksum"))
	return nil, err
}

// Run implements action.Module.
func (m Download) Run(ctx context.Context, req action.Request) (action.Result, error) {
	clients := newClients(m)
	defer clients.close()
	var paths []string
	err := action.Each(ctx, "WebDownload", req.Entries, func(e action.Entry) error {
		path, err := m.download(ctx, req, clients, e)
		if err == nil {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		return action.Result{}, err
	}
	return action.Result{Outputs: []map[string]any{{"destination": strings.Join(paths, "\n")}}}, nil
}

// download handles one entry and returns the final path.
func (m Download) download(ctx context.Context, req action.Request, clients *clients, e action.Entry) (string, error) {
	source, err := parseURL(e.Text("source"))
	if err != nil {
		return "", err
	}
	want, err := wantedChecksum(req, e)
	if err != nil {
		return "", err
	}
	overwrite := e.Bool("overwrite", true)
	path, err := localPath(req.Path(e.Text("destination")), source)
	if err != nil {
		return "", err
	}
	if path != "" { // known before the first request
		done, err := isDone(ctx, req, path, want, overwrite)
		if done || err != nil {
			return path, err
		}
	}
	client, err := clients.get(e.Bool("ignoreCertificateErrors", false))
	if err != nil {
		return "", err
	}
	f := fetch{
		client: client, wait: m.Wait, req: req, source: source,
		folder: withSeparator(req.Path(e.Text("destination"))), path: path, want: want, overwrite: overwrite,
	}
	if err := f.retry(ctx); err != nil {
		return "", fmt.Errorf("downloading %q: %w", display(source), err)
	}
	return f.path, nil
}

// localPath returns the final path, cleaned and absolute, or "" when the folder is known but the URL has no file name.
func localPath(destination string, source *url.URL) (string, error) {
	if !marksFolder(destination) {
		if info, err := os.Stat(destination); err == nil && info.IsDir() {
			return "", fmt.Errorf("destination %q is a folder: end it with %q to download into it", destination, string(filepath.Separator))
		}
		return filepath.Clean(destination), nil
	}
	escaped := source.EscapedPath()
	name, err := url.PathUnescape(escaped[strings.LastIndexByte(escaped, '/')+1:])
	if name = fileName(name); err != nil || name == "" {
		return "", nil //nolint:nilerr // the server may give a better one
	}
	path := filepath.Join(destination, name)
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return "", fmt.Errorf("%q is a folder", path)
	}
	return path, nil
}

// fileName returns name when it can be the name of a file in a folder, and "" otherwise: a server must not choose
// another folder.
func fileName(name string) string {
	if name == "." || name == ".." || strings.ContainsAny(name, "/\x00") || filepath.Base(name) != name {
		return ""
	}
	return name
}

// isDone reports whether the existing file at path is the wanted one, and refuses one that must not be replaced.
func isDone(ctx context.Context, req action.Request, path string, want *checksum, overwrite bool) (bool, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, action.PathError("writing", path, err)
	}
	if !overwrite {
		return false, fmt.Errorf("%q already exists and overwrite is false", path)
	}
	if want == nil || !info.Mode().IsRegular() {
		return false, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return false, nil // a file that cannot be read is replaced
	}
	defer f.Close()
	if err := want.verify(ctx, f); err != nil {
		return false, context.Cause(ctx)
	}
	req.Infof("%q already has the wanted checksum", path)
	return true, nil
}

// marksFolder reports whether path ends with a separator.
func marksFolder(path string) bool { return path != "" && os.IsPathSeparator(path[len(path)-1]) }

func withSeparator(path string) string {
	return strings.TrimRight(path, string(filepath.Separator)) + string(filepath.Separator)
}

// checkURL is the static check of a source.
func checkURL(text string) error {
	_, err := parseURL(text)
	return err
}

func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("source is not a URL: %w", err.(*url.Error).Err) //nolint:errorlint // url.Parse documents it
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, fmt.Errorf("source %q is not an absolute http or https URL", display(u))
	}
	return u, nil
}

// display returns a URL without the parts that may hold secrets: password, query and fragment.
func display(u *url.URL) string {
	shown := *u
	shown.Fragment, shown.RawFragment = "", ""
	if shown.RawQuery != "" {
		shown.RawQuery = "..."
	}
	return shown.Redacted()
}
