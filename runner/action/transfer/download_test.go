package transfer_test

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/actiontest"
	"github.com/slipway-oci/slipway/runner/action/transfer"
)

// TestConformance runs the cases of the component-document reference, chapter 10, that concern transfers.
func TestConformance(t *testing.T) {
	t.Run("S3D-01", testObjectDownload)
	t.Run("S3D-02", testPrefixDownload)
	t.Run("S3D-03", testImpossibleDownload)
	t.Run("S3D-04", testDownloadNoOverwrite)
	t.Run("S3D-05", testBucketOwner)
	t.Run("S3U-01", testFileUpload)
	t.Run("S3U-02", testFolderUpload)
	t.Run("S3U-03", testWildcardUpload)
	t.Run("S3-01", testAccess)
	t.Run("WEB-01", testFolderDestination)
	t.Run("WEB-02", testRetries)
	t.Run("WEB-03", testChecksum)
	t.Run("WEB-04", testAlreadyThere)
	t.Run("WEB-05", testNoOverwrite)
	t.Run("WEB-06", testCertificates)
	t.Run("WEB-07", testTwoEntriesAndRedirects)
}

// fixture is a web server and a working directory.
type fixture struct {
	t        *testing.T
	url      string
	requests atomic.Int32
	module   transfer.Download
	waits    []time.Duration
	req      action.Request
	rec      *actiontest.Recorder
}

func newFixture(t *testing.T, handle http.HandlerFunc) *fixture {
	t.Helper()
	f := &fixture{t: t}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.requests.Add(1)
		handle(w, r)
	}))
	t.Cleanup(server.Close)
	f.url = server.URL
	f.module = transfer.Download{
		Wait:  func(_ context.Context, d time.Duration) error { f.waits = append(f.waits, d); return nil },
		Proxy: func(*http.Request) (*url.URL, error) { return nil, nil },
	}
	f.req, f.rec = actiontest.Request(t)
	return f
}

// serve answers every request with the same body.
func serve(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
}

// run downloads and returns the output and the text of the error, with the folder written as DIR and the URL as URL.
func (f *fixture) run(entries ...action.Entry) (output, failure string) {
	f.t.Helper()
	f.req.Entries = entries
	result, err := f.module.Run(f.t.Context(), f.req)
	short := strings.NewReplacer(f.req.Dir, "DIR", f.url, "URL", strings.TrimPrefix(f.url, "http://"), "HOST")
	if err != nil {
		return "", short.Replace(err.Error())
	}
	return short.Replace(result.Outputs[0]["destination"].(string)), ""
}

// must downloads and checks the output.
func (f *fixture) must(want string, entries ...action.Entry) {
	f.t.Helper()
	if got, err := f.run(entries...); err != "" || got != want {
		f.t.Errorf("destination = %q, error %q; want %q", got, err, want)
	}
}

func (f *fixture) fails(want string, entries ...action.Entry) {
	f.t.Helper()
	if _, err := f.run(entries...); err != want {
		f.t.Errorf("error = %s\nwant    %s", err, want)
	}
}

func (f *fixture) write(name, content string) {
	f.t.Helper()
	if err := os.WriteFile(filepath.Join(f.req.Dir, name), []byte(content), 0o640); err != nil {
		f.t.Fatal(err)
	}
}

// want compares all files below the working directory.
func (f *fixture) want(files map[string]string) {
	f.t.Helper()
	got := map[string]string{}
	err := filepath.WalkDir(f.req.Dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(f.req.Dir, path)
		got[name] = string(data)
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	if diff := cmp.Diff(files, got); diff != "" {
		f.t.Errorf("files (-want +got):\n%s", diff)
	}
}

func testFolderDestination(t *testing.T) {
	f := newFixture(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Disposition", r.URL.Query().Get("disposition"))
		_, _ = io.WriteString(w, r.URL.Path)
	})
	f.must("DIR/a/b/tool.tar.gz", action.Entry{"source": f.url + "/x/tool.tar.gz?v=1", "destination": "a/b/"})
	f.must("DIR/a/one two", action.Entry{"source": f.url + "/one%20two", "destination": "a/"})
	f.must("DIR/a/named", action.Entry{"source": f.url + "/x/?disposition=" + url.QueryEscape(`attachment; filename="named"`), "destination": "a/"})
	f.must("DIR/new/file", action.Entry{"source": f.url + "/x", "destination": "./new/file"})
	f.want(map[string]string{"a/b/tool.tar.gz": "/x/tool.tar.gz", "a/one two": "/one two", "a/named": "/x/", "new/file": "/x"})

	const noName = `neither the URL nor the server gives a file name: name the file in destination`
	f.fails(`WebDownload: downloading "URL/": `+noName, action.Entry{"source": f.url + "/", "destination": "a/"})
	f.fails(`WebDownload: downloading "URL/?...": `+noName,
		action.Entry{"source": f.url + "/?disposition=" + url.QueryEscape(`attachment; filename=".."`), "destination": "a/"})
	f.fails(`WebDownload: downloading "URL/x/..%2Fup": `+noName, action.Entry{"source": f.url + "/x/..%2Fup", "destination": "a/"})
	f.fails(`WebDownload: destination "DIR/a" is a folder: end it with "/" to download into it`,
		action.Entry{"source": f.url + "/x", "destination": "a"})
	f.fails(`WebDownload: "DIR/a/b" is a folder`, action.Entry{"source": f.url + "/b", "destination": "a/"})
}

func testRetries(t *testing.T) {
	for _, c := range []struct {
		name     string
		statuses []int // of the first requests; then 200
		requests int32
		want     string
	}{
		{"not found", []int{404}, 1, `WebDownload: downloading "URL/f": the server answered 404 Not Found`},
		{"another success", []int{204}, 1, `WebDownload: downloading "URL/f": the server answered 204 No Content`},
		{"unavailable", []int{503, 503, 503}, 4, ""},
		{"each kind", []int{408, 425, 429, 500}, 5, ""},
		{"too often", []int{502, 502, 502, 502, 502}, 5, `WebDownload: downloading "URL/f": the server answered 502 Bad Gateway (tried 5 times)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := 0
			f := newFixture(t, func(w http.ResponseWriter, _ *http.Request) {
				if n++; n <= len(c.statuses) {
					w.WriteHeader(c.statuses[n-1])
					return
				}
				_, _ = io.WriteString(w, "body")
			})
			_, err := f.run(action.Entry{"source": f.url + "/f", "destination": "f"})
			if err != c.want {
				t.Errorf("error = %q, want %q", err, c.want)
			}
			if got := f.requests.Load(); got != c.requests {
				t.Errorf("%d requests, want %d", got, c.requests)
			}
			if c.want == "" {
				f.want(map[string]string{"f": "body"})
			} else {
				f.want(map[string]string{})
			}
			for i, d := range f.waits {
				if about := time.Second << i; d < about*3/4 || d > about*5/4 {
					t.Errorf("wait %d is %v, want about %v", i, d, about)
				}
			}
		})
	}
}

func TestShortReadIsRetried(t *testing.T) {
	n := 0
	f := newFixture(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "8")
		if n++; n == 1 {
			_, _ = io.WriteString(w, "half")
			return
		}
		_, _ = io.WriteString(w, "complete")
	})
	f.must("DIR/f", action.Entry{"source": f.url, "destination": "f"})
	f.want(map[string]string{"f": "complete"})
	if !strings.Contains(f.rec.Log(), "Warn downloading") {
		t.Errorf("log = %q", f.rec.Log())
	}
}

// TestDownloadGoesOnWhereItBroke shows what is asked for behind a broken download, and that parts of different versions
// are never put together.
func TestDownloadGoesOnWhereItBroke(t *testing.T) {
	const body = "complete text"
	for _, c := range []struct {
		name   string
		second func(w http.ResponseWriter) // the answer to the second request
		tag    string
		ranges []string // of the requests
		want   string
	}{
		{"the rest", func(w http.ResponseWriter) {
			w.Header().Set("Content-Range", "bytes 4-12/13")
			w.WriteHeader(http.StatusPartialContent)
			_, _ = io.WriteString(w, body[4:])
		}, `"v1"`, []string{"", `bytes=4- "v1"`}, body},
		{"another version", func(w http.ResponseWriter) { _, _ = io.WriteString(w, "other") }, `"v1"`, []string{"", `bytes=4- "v1"`}, "other"},
		{"another range", func(w http.ResponseWriter) {
			w.Header().Set("Content-Range", "bytes 0-12/13")
			w.WriteHeader(http.StatusPartialContent)
			_, _ = io.WriteString(w, body)
		}, `"v1"`, []string{"", `bytes=4- "v1"`, ""}, body},
		{"refused", func(w http.ResponseWriter) { w.WriteHeader(http.StatusRequestedRangeNotSatisfiable) }, `"v1"`, []string{"", `bytes=4- "v1"`, ""}, body},
		{"unavailable", func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) }, `"v1"`, []string{"", `bytes=4- "v1"`, `bytes=4- "v1"`}, body},
		{"weak tag", func(w http.ResponseWriter) { _, _ = io.WriteString(w, body) }, `W/"v1"`, []string{"", ""}, body},
		{"no tag", func(w http.ResponseWriter) { _, _ = io.WriteString(w, body) }, "", []string{"", ""}, body},
	} {
		t.Run(c.name, func(t *testing.T) {
			var ranges []string
			f := newFixture(t, func(w http.ResponseWriter, r *http.Request) {
				ranges = append(ranges, strings.TrimSpace(r.Header.Get("Range")+" "+r.Header.Get("If-Range")))
				switch len(ranges) {
				case 1:
					if c.tag != "" {
						w.Header().Set("ETag", c.tag)
					}
					w.Header().Set("Content-Length", "13")
					_, _ = io.WriteString(w, body[:4])
				case 2:
					c.second(w)
				default:
					w.Header().Set("ETag", c.tag)
					http.ServeContent(w, r, "", time.Time{}, strings.NewReader(body))
				}
			})
			sum := sha256.Sum256([]byte(c.want))
			f.must("DIR/f", action.Entry{"source": f.url, "destination": "f", "checksum": hex.EncodeToString(sum[:]), "algorithm": "SHA256"})
			f.want(map[string]string{"f": c.want})
			if diff := cmp.Diff(c.ranges, ranges); diff != "" {
				t.Errorf("ranges of the requests (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNetworkErrorIsRetried(t *testing.T) {
	f := newFixture(t, serve(""))
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	_, err := f.run(action.Entry{"source": gone.URL, "destination": "f"})
	if !strings.HasSuffix(err, "connection refused (tried 5 times)") || len(f.waits) != 4 {
		t.Errorf("error = %q after %d waits", err, len(f.waits))
	}
}

func testChecksum(t *testing.T) {
	f := newFixture(t, serve("body"))
	sum := fmt.Sprintf("%X", md5.Sum([]byte("body")))
	f.write("old", "kept")
	f.must("DIR/good", action.Entry{"source": f.url, "destination": "good", "checksum": sum, "algorithm": "md5"})
	wrong := strings.Repeat("0", 32)
	mismatch := `WebDownload: downloading "URL": MD5 checksum is ` + strings.ToLower(sum) + `, want ` + wrong
	before := f.requests.Load()
	f.fails(mismatch, action.Entry{"source": f.url, "destination": "old", "checksum": wrong, "algorithm": "MD5"})
	f.fails(mismatch, action.Entry{"source": f.url, "destination": "new", "checksum": wrong, "algorithm": "MD5"})
	if got := f.requests.Load() - before; got != 2 {
		t.Errorf("a mismatch was retried: %d requests", got)
	}
	f.must("DIR/unchecked", action.Entry{"source": f.url, "destination": "unchecked", "checksum": wrong})
	f.must("DIR/unchecked", action.Entry{"source": f.url, "destination": "unchecked", "algorithm": "SHA1"})
	if want := "Warn checksum is ignored: algorithm is missing\nWarn algorithm is ignored: checksum is missing"; f.rec.Log() != want {
		t.Errorf("log = %q, want %q", f.rec.Log(), want)
	}
	f.want(map[string]string{"good": "body", "old": "kept", "unchecked": "body"})
}

func testAlreadyThere(t *testing.T) {
	f := newFixture(t, serve("body"))
	sum := sha256.Sum256([]byte("body"))
	e := action.Entry{"source": f.url + "/f", "destination": "./", "checksum": hex.EncodeToString(sum[:]), "algorithm": "sha256"}
	f.write("f", "body")
	f.must("DIR/f", e)
	if n := f.requests.Load(); n != 0 {
		t.Errorf("%d requests for a file that is there", n)
	}
	f.write("f", "other")
	f.must("DIR/f", e)
	f.want(map[string]string{"f": "body"})
	info, err := os.Stat(filepath.Join(f.req.Dir, "f"))
	if err != nil || info.Mode() != 0o640 {
		t.Errorf("mode = %v, %v; want that of the replaced file", info.Mode(), err)
	}
}

func testNoOverwrite(t *testing.T) {
	f := newFixture(t, serve("body"))
	f.write("f", "old")
	for _, destination := range []string{"f", "./"} {
		f.fails(`WebDownload: "DIR/f" already exists and overwrite is false`,
			action.Entry{"source": f.url + "/f", "destination": destination, "overwrite": false})
	}
	if n := f.requests.Load(); n != 0 {
		t.Errorf("%d requests", n)
	}
	f.must("DIR/new", action.Entry{"source": f.url, "destination": "new", "overwrite": false})
	f.want(map[string]string{"f": "old", "new": "body"})
}

func testCertificates(t *testing.T) {
	f := newFixture(t, serve(""))
	server := httptest.NewUnstartedServer(serve("secure"))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it would complain about the refused handshakes
	server.StartTLS()
	defer server.Close()
	e := action.Entry{"source": server.URL, "destination": "f"}
	_, err := f.run(e)
	if !strings.Contains(err, "certificate signed by unknown authority") {
		t.Errorf("error = %q", err)
	}
	// A busy machine may not finish a handshake in time, which is worth another try; a refused certificate is not.
	if strings.Contains(f.rec.Log(), "certificate") {
		t.Errorf("a refused certificate was tried again: %s", f.rec.Log())
	}
	f.want(map[string]string{})
	f.must("DIR/f", action.Entry{"source": server.URL, "destination": "f", "ignoreCertificateErrors": true})
	f.want(map[string]string{"f": "secure"})

	bundle := filepath.Join(t.TempDir(), "ca.pem")
	data := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	f.module.CAFile = bundle
	if _, err := f.run(e); !strings.Contains(err, "unknown authority") {
		t.Errorf("error with a bundle that does not exist = %q", err)
	}
	if err := os.WriteFile(bundle, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := f.run(e); !strings.Contains(err, "unknown authority") {
		t.Errorf("error with an empty bundle = %q", err)
	}
	if err := os.WriteFile(bundle, data, 0o644); err != nil {
		t.Fatal(err)
	}
	f.must("DIR/f", e)
	if err := os.WriteFile(bundle, []byte("nothing"), 0o644); err != nil {
		t.Fatal(err)
	}
	f.fails(`WebDownload: certificate bundle "`+bundle+`" holds no certificate`, e)
}

func testTwoEntriesAndRedirects(t *testing.T) {
	f := newFixture(t, func(w http.ResponseWriter, r *http.Request) {
		var left int
		if n, _ := fmt.Sscanf(r.URL.Path, "/hop/%d", &left); n == 1 && left > 0 {
			http.Redirect(w, r, fmt.Sprintf("/hop/%d", left-1), http.StatusFound)
			return
		}
		if r.URL.Path == "/elsewhere" {
			http.Redirect(w, r, "ftp://host/file", http.StatusFound)
			return
		}
		_, _ = io.WriteString(w, r.URL.Path)
	})
	f.must("DIR/a\nDIR/b", action.Entry{"source": f.url + "/one", "destination": "a"}, action.Entry{"source": f.url + "/hop/10", "destination": "b"})
	f.want(map[string]string{"a": "/one", "b": "/hop/0"})
	f.fails(`WebDownload: downloading "URL/hop/11": stopped after 10 redirects`, action.Entry{"source": f.url + "/hop/11", "destination": "c"})
	f.fails(`WebDownload: downloading "URL/elsewhere": redirected to a URL that is neither http nor https`,
		action.Entry{"source": f.url + "/elsewhere", "destination": "c"})
	if len(f.waits) > 0 {
		t.Error("a bad redirect was retried")
	}
}

func TestBytesArriveAsTheyAreStored(t *testing.T) {
	f := newFixture(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Header.Get("Accept-Encoding"))
	})
	f.must("DIR/f", action.Entry{"source": f.url, "destination": "f"})
	f.want(map[string]string{"f": "identity"})
}

func TestProxyIsUsed(t *testing.T) {
	f := newFixture(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "proxied "+r.URL.String()) })
	proxy, err := url.Parse(f.url)
	if err != nil {
		t.Fatal(err)
	}
	f.module.Proxy = http.ProxyURL(proxy)
	f.must("DIR/f", action.Entry{"source": "http://far.example/x", "destination": "f"})
	f.want(map[string]string{"f": "proxied http://far.example/x"})
}

func TestSecretsOfAURLAreNotShown(t *testing.T) {
	f := newFixture(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	source := strings.Replace(f.url, "://", "://user:hunter2@", 1) + "/f?token=hunter2#hunter2"
	f.fails(`WebDownload: downloading "http://user:xxxxx@HOST/f?...": the server answered 403 Forbidden`,
		action.Entry{"source": source, "destination": "f"})
}

func TestCancelledDownloadLeavesNothing(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	f := newFixture(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "start")
		w.(http.Flusher).Flush()
		cancel(action.ErrInterrupted)
		<-r.Context().Done()
	})
	f.req.Entries = []action.Entry{{"source": f.url, "destination": "f"}}
	if _, err := f.module.Run(ctx, f.req); !errors.Is(err, action.ErrInterrupted) {
		t.Errorf("error = %v", err)
	}
	f.want(map[string]string{})
}

func TestWaitEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	f := newFixture(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	f.module.Wait = nil
	f.req.Log = func(string, string, ...any) {
		cancel(action.ErrInterrupted)
	}
	f.req.Entries = []action.Entry{{"source": f.url, "destination": "f"}}
	if _, err := f.module.Run(ctx, f.req); !errors.Is(err, action.ErrInterrupted) {
		t.Errorf("error = %v", err)
	}
}

func TestStaticChecks(t *testing.T) {
	spec := transfer.Download{}.Spec()
	source, _ := spec.Input("source")
	for text, ok := range map[string]bool{
		"https://host/f": true, "http://host": true, "HTTP://host/f": true, "ftp://host/f": false, "/f": false, "https:///f": false, "http://[::1": false,
	} {
		if err := source.Check(text); (err == nil) != ok {
			t.Errorf("check of source %q = %v", text, err)
		}
	}
	for _, c := range []struct {
		algorithm, checksum string
		ok                  bool
	}{
		{"MD5", strings.Repeat("aB", 16), true},
		{"sha1", strings.Repeat("a", 40), true},
		{"SHA512", strings.Repeat("0", 128), true},
		{"SHA256", strings.Repeat("a", 40), false},
		{"SHA256", strings.Repeat("g", 64), false},
	} {
		_, err := transfer.Download{}.CheckEntry(action.Entry{"algorithm": c.algorithm, "checksum": c.checksum})
		if (err == nil) != c.ok {
			t.Errorf("check of %s %q = %v", c.algorithm, c.checksum, err)
		}
	}
}
