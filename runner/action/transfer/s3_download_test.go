package transfer_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/transfer"
)

func testObjectDownload(t *testing.T) {
	client := s3Server(t)
	putObjects(t, client, map[string]string{"a/b.txt": "B", "empty": "", "sp ace+%41": "odd"})
	l := newLocal(t, map[string]string{"folder/old": "old"})
	m := transfer.S3Download{}
	l.must(m, action.Entry{"source": "s3://bucket/a/b.txt", "destination": "file"},
		action.Entry{"source": "s3://bucket/empty", "destination": "folder/empty"},
		action.Entry{"source": "s3://bucket/sp ace+%41", "destination": "folder/old"})
	l.fails(`S3Download: destination "DIR/folder" is a folder: give the path with the file name`, m,
		action.Entry{"source": "s3://bucket/a/b.txt", "destination": "folder"})
	l.fails(`S3Download: destination "DIR/folder/" is a folder: give the path with the file name`, m,
		action.Entry{"source": "s3://bucket/a/b.txt", "destination": "folder/"})
	l.fails(`S3Download: downloading "s3://bucket/none": NoSuchKey: The specified key does not exist.`, m,
		action.Entry{"source": "s3://bucket/none", "destination": "none"})
	l.fails(`S3Download: downloading "s3://no-bucket/none": NoSuchBucket: The specified bucket does not exist.`, m,
		action.Entry{"source": "s3://no-bucket/none", "destination": "none"})
	l.want(map[string]string{"file": "B", "folder/empty": "", "folder/old": "odd"})
}

func testPrefixDownload(t *testing.T) {
	client := s3Server(t)
	putObjects(t, client, map[string]string{"x/p/one": "1", "x/p/sub/two": "2", "x/p/marker/": "", "x/q": "3", "x/pq": "4"})
	l := newLocal(t, map[string]string{"a/keep": "", "b/keep": "", "c/keep": ""})
	m := transfer.S3Download{}
	l.must(m, action.Entry{"source": "s3://bucket/x/p/*", "destination": "a"},
		action.Entry{"source": "s3://bucket/x/p*", "destination": "b/"})
	l.want(map[string]string{
		"a/keep": "", "a/one": "1", "a/sub/two": "2",
		"b/keep": "", "b/p/one": "1", "b/p/sub/two": "2", "b/pq": "4", "c/keep": "",
	})
	if info, err := os.Stat(filepath.Join(l.req.Dir, "a/marker")); err != nil || !info.IsDir() {
		t.Errorf("the marker did not become a folder: %v", err)
	}
}

// listing answers like a store with these keys, which no folder of a server could hold.
func listing(t *testing.T, keys ...string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("list-type") != "2" {
			t.Errorf("%s %s before the list was checked", r.Method, r.URL)
			return
		}
		var from int
		_, _ = fmt.Sscan(r.URL.Query().Get("continuation-token"), &from)
		to := min(from+1000, len(keys))
		fmt.Fprintf(w, `<ListBucketResult><IsTruncated>%v</IsTruncated><NextContinuationToken>%d</NextContinuationToken>`, to < len(keys), to)
		for _, key := range keys[from:to] {
			fmt.Fprintf(w, "<Contents><Key>%s</Key></Contents>", key)
		}
		fmt.Fprint(w, "</ListBucketResult>")
	}))
	t.Cleanup(server.Close)
	onlyThisEnvironment(t, map[string]string{"AWS_ENDPOINT_URL_S3": server.URL})
}

func TestUnsafeKeysAreRefused(t *testing.T) {
	for _, key := range []string{"p/../up", "p/a/../../up", "p/.."} {
		listing(t, "p/fine", key)
		l := newLocal(t, nil)
		l.fails(`S3Download: object "s3://bucket/`+key+`" cannot be a file below "DIR/."`, transfer.S3Download{},
			action.Entry{"source": "s3://bucket/p/*", "destination": "."})
		l.want(map[string]string{})
	}
}

func testImpossibleDownload(t *testing.T) {
	l := newLocal(t, map[string]string{"file": ""})
	m := transfer.S3Download{}
	l.fails(`S3Download: destination folder "DIR/none": no such file or directory`, m,
		action.Entry{"source": "s3://bucket/key", "destination": "none/file"})
	l.fails(`S3Download: destination folder "DIR/none": no such file or directory`, m,
		action.Entry{"source": "s3://bucket/*", "destination": "none"})
	l.fails(`S3Download: destination "DIR/file" is not a folder`, m, action.Entry{"source": "s3://bucket/*", "destination": "file"})
	listing(t)
	l.fails(`S3Download: listing "s3://bucket/p/*": no object matches`, m, action.Entry{"source": "s3://bucket/p/*", "destination": "."})
	keys := make([]string, 1001)
	for i := range keys {
		keys[i] = fmt.Sprint("p/", i)
	}
	listing(t, keys...)
	l.fails(`S3Download: listing "s3://bucket/p/*": more than 1000 objects match`, m, action.Entry{"source": "s3://bucket/p/*", "destination": "."})
	l.want(map[string]string{"file": ""})
}

func testDownloadNoOverwrite(t *testing.T) {
	listing(t, "p/a", "p/b")
	l := newLocal(t, map[string]string{"b": "old"})
	for _, e := range []action.Entry{
		{"source": "s3://bucket/p/b", "destination": "b", "overwrite": false},
		{"source": "s3://bucket/p/*", "destination": ".", "overwrite": false},
	} {
		if err := l.run(transfer.S3Download{}, e); !strings.HasSuffix(err, `b" already exists and overwrite is false`) {
			t.Errorf("error = %s", err)
		}
	}
	l.want(map[string]string{"b": "old"})
}
