package transfer_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/transfer"
)

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
