package fetch

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/builder/component/artifact"
	"github.com/slipway-oci/slipway/oci/ocitest"
	"github.com/slipway-oci/slipway/oci/registry"
)

const text = "schemaVersion: 1.0\nphases:\n  - name: build\n    steps:\n      - {name: Step, action: ExecuteBash, inputs: {commands: ['true']}}\n"

func sum(data string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(data))) }

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// objects is an S3 with one object.
type objects struct{ uri, data string }

func (o objects) Read(_ context.Context, uri string, _ int64) ([]byte, error) {
	if uri != o.uri {
		return nil, fmt.Errorf("NoSuchKey: %s", uri)
	}
	return []byte(o.data), nil
}

func server(t *testing.T, handler http.HandlerFunc) (address string, o Options) {
	t.Helper()
	s := httptest.NewTLSServer(handler)
	t.Cleanup(s.Close)
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return s.URL, Options{CAs: pool}
}

func push(t *testing.T, reference string) {
	t.Helper()
	r, err := artifact.Parse(reference)
	if err != nil {
		t.Fatal(err)
	}
	c := artifact.Component{Name: "The Step", Version: "1.2.0", Platform: "Linux", Type: "BUILD", SupportedOSVersions: []string{"Debian 12"}, Document: []byte(text)}
	if _, err := artifact.Push(t.Context(), registry.New(registry.Options{}), r, c, artifact.PushOptions{}); err != nil {
		t.Fatal(err)
	}
}

func TestCOMP08EverySchemeIsRead(t *testing.T) {
	web, o := server(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) })
	host := ocitest.Registry(t).Host
	push(t, "oci://"+host+"/step")
	o.Dir, o.AnyFile = t.TempDir(), true
	file := filepath.Join(o.Dir, "step.yaml")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	o.S3, o.Registry = objects{"s3://bucket/step.yaml", text}, registry.New(registry.Options{})
	f := New(o)
	for _, address := range []string{
		"file://" + file, "file://step.yaml", web + "/step.yaml", "s3://bucket/step.yaml",
		"oci://" + host + "/step:1.2.0", "oci://" + host + "/step:1.x.x", "oci://" + host + "/step",
	} {
		for _, pin := range []string{"", "#sha256=" + sum(text), "#sha256=" + strings.ToUpper(sum(text))} {
			data, err := f.Read(t.Context(), address+pin)
			if err != nil || string(data) != text {
				t.Errorf("%s%s: got %q, %v", address, pin, data, err)
			}
		}
		want := fmt.Sprintf("address %q: the content is sha256:%s, not sha256:%s", address, sum(text), sum("other"))
		data, err := f.Read(t.Context(), address+"#sha256="+sum("other")) // COMP-10
		var mismatch *DigestError
		if !errors.As(err, &mismatch) || err.Error() != want {
			t.Errorf("another digest at %s: got %q, %v, want %s", address, data, err, want)
		}
	}
}

func TestAddressesThatAreRefused(t *testing.T) {
	f := New(Options{AnyFile: true, S3: objects{}})
	for _, test := range []struct{ address, want, hint string }{
		{"ftp://host/f", `address "ftp://host/f": unknown scheme "ftp"`, Known},
		{"step.yaml", `address "step.yaml": it is not an address`, Known},
		{"", "it is not an address", Known},
		{"name: a\nphases: []\n", "it is a text of several lines, not an address", "a client such as the AWS CLI replaces file://PATH by the content of the file: pass that as data, or write the address so that the client sends it as it is"},
		{"https://", `address "https:": it names no host`, ""},
		{"https://user:secret@ho st/a", `address "https://...": it is not a URL`, ""},
		{"https://host/a#sha256=12", `address "https://host/a": what follows #sha256= is not 64 hexadecimal digits`, ""},
		{"http://example.com/a?token=secret", `address "http://example.com/a": plain http is not allowed`, "use https, or set uri.allowHttp in the settings"},
		{"https://169.254.169.254/latest/meta-data", `address "https://169.254.169.254/latest/meta-data": the link-local address 169.254.169.254 is never read`, "clouds keep the credentials of machines there"},
		{"https://[fe80::1%25eth0]/", `address "https://[fe80::1%25eth0]/": the link-local address fe80::1%eth0 is never read`, "clouds keep the credentials of machines there"},
		{"https://[::ffff:169.254.169.254]/", `address "https://[::ffff:169.254.169.254]/": the link-local address ::ffff:169.254.169.254 is never read`, "clouds keep the credentials of machines there"},
		{"https://[fd00:ec2::254]/", `address "https://[fd00:ec2::254]/": the link-local address fd00:ec2::254 is never read`, "clouds keep the credentials of machines there"},
		{"s3://bucket", `address "s3://bucket": it does not name an object`, "write s3://BUCKET/KEY with the whole key"},
		{"s3://bucket/prefix/", `address "s3://bucket/prefix/": it does not name an object`, "write s3://BUCKET/KEY with the whole key"},
		{"s3://bucket/a*", `address "s3://bucket/a*": it has a wildcard`, "one object is read; write its whole key"},
		{"oci://host.example/repo:1.0.0", `address "oci://host.example/repo:1.0.0": oci:// addresses are not read here`, ""},
		{"file://", `address "file://": it names no file`, ""},
	} {
		_, err := f.Read(t.Context(), test.address)
		var refused *Error
		if !errors.As(err, &refused) || err.Error() != test.want || refused.Hint() != test.hint {
			t.Errorf("%q: got %v (hint %q)\nwant %s (hint %q)", test.address, err, refused.Hint(), test.want, test.hint)
		}
	}
}

func TestRedirects(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/away" {
			http.Redirect(w, req, "http://example.invalid/", http.StatusFound)
			return
		}
		fmt.Fprint(w, text)
	}))
	t.Cleanup(plain.Close)
	web, o := server(t, func(w http.ResponseWriter, req *http.Request) {
		to := map[string]string{
			"/5": "/4", "/4": "/3", "/3": "/2", "/2": "/1", "/1": "/0", "/6": "/5",
			"/down": plain.URL + "/", "/file": "file:///etc/passwd", "/metadata": "https://169.254.169.254/",
		}[req.URL.Path]
		if to == "" {
			fmt.Fprint(w, text)
			return
		}
		http.Redirect(w, req, to, http.StatusFound)
	})
	f := New(o)
	for _, test := range []struct{ address, want string }{
		{web + "/5", ""},
		{web + "/6", "stopped after 5 redirects"},
		{web + "/down", "redirected from https to http"},
		{web + "/file", "redirected from https to file"},
		{web + "/metadata", "the link-local address 169.254.169.254 is never read"},
		{plain.URL + "/", ""}, // this machine
		{plain.URL + "/away", "plain http is not allowed"},
	} {
		_, err := f.Read(t.Context(), test.address)
		if got := errorText(err); (got == "") != (test.want == "") || !strings.HasSuffix(got, test.want) {
			t.Errorf("%s: got %q, want %q", test.address, got, test.want)
		}
	}
}

func TestANameThatLeadsToALinkLocalAddress(t *testing.T) {
	// Names are looked up by the dialer, so it is the dialer that must refuse.
	f := New(Options{})
	conn, err := f.client.Transport.(*http.Transport).DialContext(t.Context(), "tcp", "169.254.169.254:80")
	var refused *Error
	if conn != nil || !errors.As(err, &refused) || refused.Message != "the link-local address 169.254.169.254 is never read" {
		t.Errorf("got %v", err)
	}
}

func TestAnswersThatAreNoContent(t *testing.T) {
	const limit = 1 << 20
	web, o := server(t, func(w http.ResponseWriter, req *http.Request) {
		switch req.URL.Path {
		case "/long":
			w.Header().Set("Content-Length", fmt.Sprint(limit+1))
		case "/endless":
			for req.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					return
				}
			}
		case "/short":
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "short")
		case "/largest":
			_, _ = w.Write(make([]byte, limit))
		default:
			w.WriteHeader(http.StatusForbidden)
		}
	})
	host := strings.TrimPrefix(web, "https://")
	withSecret := "https://user:password@" + host + "/none?token=secret"
	for _, test := range []struct{ address, want string }{
		{web + "/long", fmt.Sprintf("address %q: the content is larger than 1048576 bytes", web+"/long")},
		{web + "/endless", fmt.Sprintf("address %q: the content is larger than 1048576 bytes", web+"/endless")},
		{web + "/short", fmt.Sprintf("reading %q: unexpected EOF", web+"/short")},
		{withSecret, fmt.Sprintf("reading %q: the server answered 403 Forbidden", web+"/none")},
		{web + "/largest", ""},
	} {
		if _, err := New(o).Read(t.Context(), test.address); errorText(err) != test.want {
			t.Errorf("%s: got %q, want %q", test.address, errorText(err), test.want)
		}
	}
	file := filepath.Join(t.TempDir(), "long")
	if err := os.WriteFile(file, make([]byte, limit+1), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{AnyFile: true}).Read(t.Context(), "file://"+file); errorText(err) != fmt.Sprintf("address %q: the content is larger than 1048576 bytes", "file://"+file) {
		t.Error(err)
	}
}

func TestErrorsDoNotHoldSecrets(t *testing.T) {
	const secret = "hidden"
	for _, address := range []string{
		"https://user:" + secret + "@127.0.0.1:1/a?token=" + secret, "https://user:" + secret + "@169.254.1.1/a", "http://a.example/a?" + secret, "https://%zz" + secret,
	} {
		if _, err := New(Options{}).Read(t.Context(), address); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", address, err)
		}
	}
}
