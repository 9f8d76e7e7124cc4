package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/actiontest"
	"github.com/slipway-oci/slipway/runner/action/transfer"
)

// onlyThisEnvironment hides every setting for AWS that the machine of the test may have, and then sets variables.
func onlyThisEnvironment(t *testing.T, variables map[string]string) {
	t.Helper()
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("AWS_CONFIG_FILE", "/nonexistent/config")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	for name, value := range variables {
		t.Setenv(name, value)
	}
}

// s3Server starts a real S3 server with one empty bucket, "bucket", and sets the environment for it.
func s3Server(t *testing.T) *s3.Client {
	t.Helper()
	program := os.Getenv("SLIPWAY_S3_SERVER")
	if program == "" {
		t.Skip("SLIPWAY_S3_SERVER must name an S3 server: go build -C tools -o DIR/versitygw github.com/versity/versitygw/cmd/versitygw")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	onlyThisEnvironment(t, map[string]string{
		"AWS_ENDPOINT_URL": "http://" + address, "AWS_ACCESS_KEY_ID": "012345678901", "AWS_SECRET_ACCESS_KEY": "secret",
	})
	ctx, cancel := context.WithCancel(t.Context())
	var log bytes.Buffer
	server := exec.CommandContext(ctx, program, "--access", "012345678901", "--secret", "secret", "--port", address, "--quiet", "posix", t.TempDir())
	server.Stdout, server.Stderr = &log, &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = server.Wait()
		if t.Failed() {
			t.Logf("server: %s", &log)
		}
	})
	for limit := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			break
		}
		if time.Now().After(limit) {
			t.Fatal("the S3 server does not answer")
		}
	}
	client, err := transfer.S3Access{}.Client(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("bucket")}); err != nil {
		t.Fatal(err)
	}
	return client
}

// putObjects stores objects by key; a key that ends with "/" is the marker of a folder.
func putObjects(t *testing.T, client *s3.Client, objects map[string]string) {
	t.Helper()
	for key, content := range objects {
		_, err := client.PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: aws.String("bucket"), Key: &key, Body: strings.NewReader(content),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// wantObjects compares the whole bucket.
func wantObjects(t *testing.T, client *s3.Client, want map[string]string) {
	t.Helper()
	page, err := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("bucket")})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, object := range page.Contents {
		out, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("bucket"), Key: object.Key})
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(out.Body)
		out.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		got[*object.Key] = string(data)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
}

// local is a working directory for S3 modules.
type local struct{ *fixture }

func newLocal(t *testing.T, files map[string]string) local {
	f := &fixture{t: t, url: "no-url"}
	f.req, f.rec = actiontest.Request(t)
	for name, content := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(f.req.Dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		f.write(name, content)
	}
	return local{f}
}

func (l local) run(m action.Module, entries ...action.Entry) string {
	l.t.Helper()
	l.req.Entries = entries
	_, err := m.Run(l.t.Context(), l.req)
	if err == nil {
		return ""
	}
	return strings.ReplaceAll(err.Error(), l.req.Dir, "DIR")
}

func (l local) must(m action.Module, entries ...action.Entry) {
	l.t.Helper()
	if err := l.run(m, entries...); err != "" {
		l.t.Error(err)
	}
}

func (l local) fails(want string, m action.Module, entries ...action.Entry) {
	l.t.Helper()
	if err := l.run(m, entries...); err != want {
		l.t.Errorf("error = %s\nwant    %s", err, want)
	}
}

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
	l.fails(`S3Download: destination folder: stat DIR/none: no such file or directory`, m,
		action.Entry{"source": "s3://bucket/key", "destination": "none/file"})
	l.fails(`S3Download: destination folder: stat DIR/none: no such file or directory`, m,
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

func testBucketOwner(t *testing.T) {
	var owners []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		owners = append(owners, r.Header.Get("X-Amz-Expected-Bucket-Owner"))
		if owners[len(owners)-1] != "012345678901" {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")
		}
	}))
	defer server.Close()
	onlyThisEnvironment(t, map[string]string{"AWS_ENDPOINT_URL": server.URL})
	l := newLocal(t, map[string]string{"f": "F"})
	l.fails(`S3Download: downloading "s3://bucket/key": AccessDenied: Access Denied`, transfer.S3Download{},
		action.Entry{"source": "s3://bucket/key", "destination": "new", "expectedBucketOwner": "999999999999"})
	l.fails(`S3Upload: uploading "DIR/f" to "s3://bucket/key": AccessDenied: Access Denied`, transfer.S3Upload{},
		action.Entry{"source": "f", "destination": "s3://bucket/key", "expectedBucketOwner": "999999999999"})
	l.must(transfer.S3Upload{}, action.Entry{"source": "f", "destination": "s3://bucket/key", "expectedBucketOwner": "012345678901"})
	if diff := cmp.Diff([]string{"999999999999", "999999999999", "012345678901"}, owners); diff != "" {
		t.Errorf("owners (-want +got):\n%s", diff)
	}
	l.want(map[string]string{"f": "F"})
}

func testFileUpload(t *testing.T) {
	client := s3Server(t)
	l := newLocal(t, map[string]string{"a b.txt": "A", "empty": ""})
	if err := os.Symlink("a b.txt", filepath.Join(l.req.Dir, "link")); err != nil {
		t.Fatal(err)
	}
	l.must(transfer.S3Upload{},
		action.Entry{"source": "a b.txt", "destination": "s3://bucket/key"},
		action.Entry{"source": "a b.txt", "destination": "s3://bucket/prefix/"},
		action.Entry{"source": "empty", "destination": "s3://bucket"},
		action.Entry{"source": "link", "destination": "s3://bucket/link", "recurse": true})
	wantObjects(t, client, map[string]string{"key": "A", "prefix/a b.txt": "A", "empty": "", "link": "A"})
	l.must(transfer.S3Upload{}, action.Entry{"source": "empty", "destination": "s3://bucket/key"})
	wantObjects(t, client, map[string]string{"key": "", "prefix/a b.txt": "A", "empty": "", "link": "A"})
	l.fails(`S3Upload: stat DIR/none: no such file or directory`, transfer.S3Upload{}, action.Entry{"source": "none", "destination": "s3://bucket/key"})
}

func testFolderUpload(t *testing.T) {
	client := s3Server(t)
	l := newLocal(t, map[string]string{"d/f": "F", "d/sub/g": "G", "other/o": "O"})
	for link, target := range map[string]string{"d/file": "../other/o", "d/folder": "../other"} {
		if err := os.Symlink(target, filepath.Join(l.req.Dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	l.fails(`S3Upload: "DIR/d" is a folder and recurse is false`, transfer.S3Upload{}, action.Entry{"source": "d", "destination": "s3://bucket/p"})
	l.must(transfer.S3Upload{}, action.Entry{"source": "d", "destination": "s3://bucket/p", "recurse": true})
	wantObjects(t, client, map[string]string{"p/f": "F", "p/sub/g": "G", "p/file": "O"})
}

func testWildcardUpload(t *testing.T) {
	client := s3Server(t)
	l := newLocal(t, map[string]string{"in/a.log": "A", "in/b.log": "B", "in/c.log/f": "F", "in/x": "X", "empty/sub/x": ""})
	if err := os.Remove(filepath.Join(l.req.Dir, "empty/sub/x")); err != nil {
		t.Fatal(err)
	}
	l.must(transfer.S3Upload{}, action.Entry{"source": "in/*.log", "destination": "s3://bucket/p"})
	wantObjects(t, client, map[string]string{"p/a.log": "A", "p/b.log": "B"})
	l.must(transfer.S3Upload{}, action.Entry{"source": "in/*.log", "destination": "s3://bucket/p/", "recurse": true})
	wantObjects(t, client, map[string]string{"p/a.log": "A", "p/b.log": "B", "p/c.log/f": "F"})
	l.fails(`S3Upload: "DIR/in/none*": no file to upload`, transfer.S3Upload{}, action.Entry{"source": "in/none*", "destination": "s3://bucket/p"})
	l.fails(`S3Upload: "DIR/empty": no file to upload`, transfer.S3Upload{}, action.Entry{"source": "empty", "destination": "s3://bucket/p", "recurse": true})
}

func TestLargeFilesAreSentInParts(t *testing.T) {
	client := s3Server(t)
	data := make([]byte, 65<<20)
	for i := range data {
		data[i] = byte(i * i >> 8)
	}
	l := newLocal(t, map[string]string{"large": string(data)})
	l.must(transfer.S3Upload{}, action.Entry{"source": "large", "destination": "s3://bucket/large"})
	head, err := client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("bucket"), Key: aws.String("large")})
	if err != nil {
		t.Fatal(err)
	}
	if tag := aws.ToString(head.ETag); !strings.HasSuffix(tag, `-5"`) {
		t.Errorf("ETag %s is not one of five parts", tag)
	}
	l.must(transfer.S3Download{}, action.Entry{"source": "s3://bucket/large", "destination": "copy"})
	copied, err := os.ReadFile(filepath.Join(l.req.Dir, "copy"))
	if err != nil || !bytes.Equal(copied, data) {
		t.Errorf("the copy differs: %d bytes, %v", len(copied), err)
	}
}

func testAccess(t *testing.T) {
	type request struct{ path, authorization string }
	var got request
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		key, _, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential="), "/")
		got = request{r.URL.Path, key}
	}))
	defer server.Close()
	secrets := t.TempDir()
	for name, text := range map[string]string{"AWS_ACCESS_KEY_ID": "from-file\r\n", "AWS_SECRET_ACCESS_KEY": "s\n"} {
		if err := os.WriteFile(filepath.Join(secrets, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	shared := filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(shared, []byte("[other]\naws_access_key_id = from-profile\naws_secret_access_key = s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{"AWS_ACCESS_KEY_ID": "from-environment", "AWS_SECRET_ACCESS_KEY": "s"}
	profile := map[string]string{"AWS_SHARED_CREDENTIALS_FILE": shared, "AWS_PROFILE": "other"}
	metadata := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		const roles = "/latest/meta-data/iam/security-credentials/"
		switch r.URL.Path {
		case "/latest/api/token":
			w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "60")
			fmt.Fprint(w, "token")
		case roles:
			fmt.Fprint(w, "role")
		case roles + "role":
			fmt.Fprint(w, `{"Code": "Success", "AccessKeyId": "from-machine", "SecretAccessKey": "s", "Token": "t", "Expiration": "2099-01-01T00:00:00Z"}`)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer metadata.Close()
	machine := map[string]string{"AWS_EC2_METADATA_DISABLED": "", "AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata.URL}
	nobody := map[string]string{"AWS_EC2_METADATA_DISABLED": "", "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1"}
	for _, c := range []struct {
		name    string
		sets    []map[string]string
		secrets string
		want    string
	}{
		{"no machine role", []map[string]string{nobody}, "/nonexistent", ""},
		{"machine role", []map[string]string{machine}, "/nonexistent", "from-machine"},
		{"none", nil, "/nonexistent", ""},
		{"environment", []map[string]string{keys, profile}, secrets, "from-environment"},
		{"secrets", []map[string]string{profile}, secrets, "from-file"},
		{"profile", []map[string]string{profile}, "/nonexistent", "from-profile"},
	} {
		t.Run(c.name, func(t *testing.T) {
			onlyThisEnvironment(t, map[string]string{"AWS_ENDPOINT_URL": server.URL})
			for _, set := range c.sets {
				for name, value := range set {
					t.Setenv(name, value)
				}
			}
			l := newLocal(t, map[string]string{"f": "F"})
			l.must(transfer.S3Upload{Access: transfer.S3Access{SecretsFolder: c.secrets}},
				action.Entry{"source": "f", "destination": "s3://bucket/a/key"})
			if want := (request{"/bucket/a/key", c.want}); got != want {
				t.Errorf("request = %+v, want %+v", got, want)
			}
		})
	}
}

func TestBrokenCredentialsAreAnError(t *testing.T) {
	onlyThisEnvironment(t, map[string]string{
		"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/credentials",
	})
	l := newLocal(t, map[string]string{"f": "F"})
	m := transfer.S3Upload{Access: transfer.S3Access{MaxBackoff: time.Millisecond}}
	err := l.run(m, action.Entry{"source": "f", "destination": "s3://bucket/key"})
	if !strings.HasPrefix(err, "S3Upload: uploading \"DIR/f\" to \"s3://bucket/key\": AWS credentials: ") {
		t.Errorf("error = %s", err)
	}
}

func TestRequestsAreRetried(t *testing.T) {
	for status, wantRequests := range map[int]int{503: 4, 500: 4, 429: 4, 403: 1} {
		requests := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			requests++
			w.WriteHeader(status)
		}))
		onlyThisEnvironment(t, map[string]string{"AWS_ENDPOINT_URL": server.URL})
		l := newLocal(t, map[string]string{"f": "F"})
		m := transfer.S3Upload{Access: transfer.S3Access{MaxBackoff: time.Millisecond}}
		if err := l.run(m, action.Entry{"source": "f", "destination": "s3://bucket/key"}); err == "" {
			t.Errorf("%d is a success", status)
		}
		if requests != wantRequests {
			t.Errorf("%d: %d requests, want %d", status, requests, wantRequests)
		}
		server.Close()
	}
}

func TestBucketInAnotherRegion(t *testing.T) {
	var regions []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		credential := strings.Split(r.Header.Get("Authorization"), "/")
		regions = append(regions, credential[2])
		if credential[2] != "eu-west-1" {
			w.Header().Set("X-Amz-Bucket-Region", "eu-west-1")
			w.WriteHeader(http.StatusMovedPermanently)
			fmt.Fprint(w, "<Error><Code>PermanentRedirect</Code><Message>elsewhere</Message></Error>")
		}
	}))
	defer server.Close()
	onlyThisEnvironment(t, map[string]string{"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"})
	l := newLocal(t, map[string]string{"f": "F"})
	l.must(transfer.S3Upload{}, action.Entry{"source": "f", "destination": "s3://bucket/1"}, action.Entry{"source": "f", "destination": "s3://bucket/2"})
	if diff := cmp.Diff([]string{"us-east-1", "eu-west-1", "eu-west-1"}, regions); diff != "" {
		t.Errorf("regions (-want +got):\n%s", diff)
	}
}

func TestTransferEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel(action.ErrInterrupted)
		<-r.Context().Done()
	}))
	defer server.Close()
	onlyThisEnvironment(t, map[string]string{"AWS_ENDPOINT_URL": server.URL})
	l := newLocal(t, nil)
	l.req.Entries = []action.Entry{{"source": "s3://bucket/key", "destination": "f"}}
	if _, err := (transfer.S3Download{}).Run(ctx, l.req); !errors.Is(err, action.ErrInterrupted) {
		t.Errorf("error = %v", err)
	}
	l.want(map[string]string{})
}

func TestS3StaticChecks(t *testing.T) {
	source, _ := transfer.S3Download{}.Spec().Input("source")
	for text, ok := range map[string]bool{
		"s3://b/key": true, "s3://b/p/*": true, "s3://b/*": true, "s3://b/p*": true, "s3://b/a/../b": true,
		"s3://b/*/x": false, "s3://b/p/": false, "s3://b": false, "s3:///key": false, "https://b/key": false, "b/key": false, "s3://b*/x": false,
	} {
		if err := source.Check(text); (err == nil) != ok {
			t.Errorf("check of source %q = %v", text, err)
		}
	}
	destination, _ := transfer.S3Upload{}.Spec().Input("destination")
	for text, ok := range map[string]bool{"s3://b/key": true, "s3://b/p/": true, "s3://b": true, "s3://b/p/*": false, "/p": false} {
		if err := destination.Check(text); (err == nil) != ok {
			t.Errorf("check of destination %q = %v", text, err)
		}
	}
}
