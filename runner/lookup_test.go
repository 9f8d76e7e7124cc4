package runner_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/runner"
	"github.com/slipway-oci/slipway/runner/execute"
	"github.com/slipway-oci/slipway/runner/report"
)

// parameters is a Parameter Store with one parameter of each type.
func parameters(t *testing.T) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var ask struct {
			Name           string
			WithDecryption bool
		}
		if err := json.NewDecoder(r.Body).Decode(&ask); err != nil || !ask.WithDecryption || r.Header.Get("X-Amz-Target") != "AmazonSSM.GetParameter" {
			t.Errorf("request %+v, %v, %v", ask, r.Header, err)
		}
		if !strings.Contains(r.Header.Get("Authorization"), "/eu-west-1/ssm/aws4_request") {
			t.Errorf("authorization %q", r.Header.Get("Authorization"))
		}
		switch ask.Name {
		case "/app/plain":
			fmt.Fprint(w, `{"Parameter":{"Type":"String","Value":"plain text"}}`)
		case "/app/secure":
			fmt.Fprint(w, `{"Parameter":{"Type":"SecureString","Value":"very-hidden"}}`)
		default:
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"__type":"ParameterNotFound","message":""}`)
		}
	}))
	t.Cleanup(server.Close)
	return server
}

var lookups = conformance{
	"DYN-01": func(t *testing.T) {
		f := newFixture(t)
		f.o.Environ = append(f.o.Environ, "EMPTY=", "FULL=a {{ Name }}")
		r := f.documents(build(
			created("a", "{{ env:FULL }}|{{ env:EMPTY }}|", f.dir+"/a"),
			created("b", "{{ env:NOT_SET }}", f.dir+"/b", "maxAttempts: 3, onFailure: Continue,"),
		)).run().want(report.Failed, 1)
		if got := f.read("a"); got != "a {{ Name }}||" {
			t.Errorf("a: %q", got)
		}
		if got := r.steps()["b"]; got["attempts"] != 0.0 || !strings.Contains(fmt.Sprint(got["failureMessage"]), `"NOT_SET" is not set`) {
			t.Errorf("b: %v", got)
		}
	},
	"DYN-02": func(t *testing.T) {
		f := newFixture(t)
		f.o.Environ = append(f.o.Environ, "WEIRD(x).y=strange", "a/b=slash")
		f.documents(build(created("a", "{{ env:WEIRD(x).y }} {{env:a/b}} {{  env:a/b\t}}", f.dir+"/a"))).run().want(report.Success, 0)
		if got := f.read("a"); got != "strange slash slash" {
			t.Errorf("a: %q", got)
		}
	},
	"DYN-03": func(t *testing.T) {
		f := newFixture(t)
		f.o.Now = clock("2026-03-04T05:06:07.089+02:00")
		f.o.Environ = append(f.o.Environ, "AWS_REGION=eu-west-1", "SLIPWAY_ACCOUNT_ID=123456789012")
		keys := []string{"executionId", "accountId", "region", "osPlatform", "date", "dateTime", "phase", "step", "hostname", "osName", "osVersion", "uuid"}
		text := ""
		for _, key := range keys {
			text += "{{ context:" + key + " }}|"
		}
		f.documents(build(created("a", text+"{{ context:uuid }}", f.dir+"/a"))).run().want(report.Success, 0)
		got := strings.Split(f.read("a"), "|")
		if want := "id-1 123456789012 eu-west-1 Linux 2026-03-04 2026-03-04T03:06:07Z build a"; strings.Join(got[:8], " ") != want {
			t.Errorf("%q, want %s", got[:8], want)
		}
		if host, _ := os.Hostname(); got[8] != host {
			t.Errorf("hostname %q, want %q", got[8], host)
		}
		if id := regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`); !id.MatchString(got[11]) || got[11] == got[12] {
			t.Errorf("uuids %q", got[11:])
		}
	},
	"DYN-04": func(t *testing.T) {
		f := newFixture(t)
		f.o.SSM = runner.ValueMap{"/a/b": {Value: "from the map"}, "a": {Value: "mapped-secret", Secure: true}}
		r := f.documents(build(
			sh("plain", "echo {{ aws:ssm:/a/b }}"),
			sh("secure", "echo {{ aws:ssm:resolve(a) }}; echo {{ aws:ssm:resolve(a) }} >&2; echo {{ aws:ssm:resolve(a) }} > "+f.dir+"/out"),
		)).run().want(report.Success, 0)
		if got := r.steps()["plain"]["outputs"]; got != `[{"stdout":"from the map"}]` {
			t.Errorf("outputs: %s", got)
		}
		if got := f.read("out"); got != "mapped-secret\n" {
			t.Errorf("the command got %q", got)
		}
		r.wantMasked("mapped-secret")
	},
	"DYN-05": func(t *testing.T) {
		f := newFixture(t)
		setAWS(t, "", "")
		r := f.documents(build(sh("a", "echo {{ aws:ssm:/a/b }}", "maxAttempts: 2,"))).run().want(report.Failed, 1)
		message := fmt.Sprint(r.steps()["a"]["failureMessage"])
		if !strings.Contains(message, "--ssm-map") || !strings.Contains(message, "credentials") {
			t.Errorf("failure: %s", message)
		}
		if got := r.steps()["a"]["attempts"]; got != 0.0 {
			t.Errorf("%v attempts", got)
		}
	},
	"DYN-06": func(t *testing.T) {
		f := newFixture(t)
		setAWS(t, "id", "key")
		f.o.Environ = append(f.o.Environ, "AWS_ENDPOINT_URL_SSM="+parameters(t).URL)
		r := f.documents(build(
			sh("a", "echo {{ aws:ssm:resolve(/app/plain) }}"), sh("b", "echo {{ aws:ssm:/app/secure }}"), sh("c", "echo {{ aws:ssm:/app/none }}"),
		)).run().want(report.Failed, 1)
		if got := r.steps()["a"]["outputs"]; got != `[{"stdout":"plain text"}]` {
			t.Errorf("outputs of a: %s", got)
		}
		r.wantMasked("very-hidden")
		if got := fmt.Sprint(r.steps()["c"]["failureMessage"]); !strings.Contains(got, "ParameterNotFound") || !strings.Contains(got, "--ssm-map") {
			t.Errorf("failure of c: %s", got)
		}
	},
	"DYN-07": func(t *testing.T) {
		f := newFixture(t)
		f.o.IMDS = runner.ValueMap{"placement/region": {Value: "eu-west-1"}}
		r := f.documents(build(sh("a", "echo {{ aws:imds:placement/region }}"))).run().want(report.Success, 0)
		if got := r.steps()["a"]["outputs"]; got != `[{"stdout":"eu-west-1"}]` {
			t.Errorf("outputs: %s", got)
		}
	},
}

// setAWS gives the process the credentials of a key, or none.
func setAWS(t *testing.T, id, key string) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": id, "AWS_SECRET_ACCESS_KEY": key, "AWS_REGION": "eu-west-1", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_PROFILE": "", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
	} {
		t.Setenv(name, value)
	}
}

// created is a step that writes text, the inside of a quoted YAML scalar, to a file.
func created(name, text, path string, more ...string) string {
	return fmt.Sprintf(`{name: %s, action: CreateFile, %s inputs: [{path: %q, content: "%s"}]}`, name, strings.Join(more, " "), path, text)
}

func TestInstanceMetadata(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method + r.URL.Path {
		case "PUT/latest/api/token":
			w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "60")
			fmt.Fprint(w, "token")
		case "GET/latest/meta-data/instance-id":
			fmt.Fprint(w, "i-123")
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	f := newFixture(t)
	f.o.Environ = append(f.o.Environ, "AWS_EC2_METADATA_SERVICE_ENDPOINT="+server.URL)
	f.o.IMDS = runner.ValueMap{"local-ipv4": {Value: "10.0.0.1"}}
	f.documents(build(sh("a", "echo {{ aws:imds:local-ipv4 }} {{ aws:imds:instance-id }}")))
	r := f.run().want(report.Success, 0)
	if got := r.steps()["a"]["outputs"]; got != `[{"stdout":"10.0.0.1 i-123"}]` {
		t.Errorf("outputs: %s", got)
	}
	f.o.ExecutionID, f.o.RebootMode = "in-container", execute.RebootNone
	if r := f.run().want(report.Failed, 1); !strings.Contains(fmt.Sprint(r.steps()["a"]["failureMessage"]), "--imds-map") {
		t.Errorf("in a container: %v", r.steps()["a"])
	}
}
