package runner_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
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

func TestParameterStore(t *testing.T) {
	server := parameters(t)
	f := newFixture(t)
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key", "AWS_REGION": "eu-west-1", "AWS_EC2_METADATA_DISABLED": "true",
	} {
		t.Setenv(name, value)
	}
	f.o.Environ = append(f.o.Environ, "AWS_ENDPOINT_URL_SSM="+server.URL)
	f.o.SSM = runner.ValueMap{"/app/mapped": {Value: "from the map"}, "/app/token": {Value: "mapped-secret", Secure: true}}
	r := f.documents(build(
		sh("a", "echo {{ aws:ssm:/app/mapped }}, {{ aws:ssm:resolve(/app/plain) }}"),
		sh("b", "echo {{ aws:ssm:/app/secure }} {{ aws:ssm:/app/token }}"),
		sh("c", "echo {{ aws:ssm:/app/none }}", "maxAttempts: 2,"),
	)).run().want(report.Failed, 1)
	if got := r.steps()["a"]["outputs"]; got != `[{"stdout":"from the map, plain text"}]` {
		t.Errorf("outputs of a: %s", got)
	}
	r.wantMasked("very-hidden", "mapped-secret")
	if got := fmt.Sprint(r.steps()["c"]["failureMessage"]); !strings.Contains(got, "ParameterNotFound") || !strings.Contains(got, "--ssm-map") {
		t.Errorf("failure of c: %s", got)
	}
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
