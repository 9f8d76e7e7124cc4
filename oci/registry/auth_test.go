package registry_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	ggcr "github.com/google/go-containerregistry/pkg/registry"

	"github.com/slipway-oci/slipway/oci/ocitest"
	"github.com/slipway-oci/slipway/oci/registry"
)

const secret = "correct-horse"

func TestBasicCredentials(t *testing.T) {
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("user:"+secret))
	backend := ggcr.New(ggcr.Logger(quiet()))
	server := ocitest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Header.Get("Authorization") != want {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		backend.ServeHTTP(w, req)
	}))
	img := ocitest.Put(t, ocitest.Store(t), ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1")
	push(t, client(t, registry.Options{Keychain: password{"user", secret}}), img, server.Host+"/app:1", registry.PushOptions{})
	if err := client(t, registry.Options{Keychain: password{"user", secret}}).Ping(t.Context(), server.Host); err != nil {
		t.Errorf("Ping: %v", err)
	}
	for _, keychain := range []password{{}, {"user", "wrong-" + secret}} {
		if err := client(t, registry.Options{Keychain: keychain}).Ping(t.Context(), server.Host); !errors.Is(err, registry.ErrDenied) {
			t.Errorf("Ping with wrong credentials = %v, want ErrDenied", err)
		}
		_, err := client(t, registry.Options{Keychain: keychain}).Head(t.Context(), mustRef(t, server.Host+"/app:1"))
		wantText(t, err, "401 Unauthorized")
		wantHint(t, err, "slipway login "+server.Host)
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error %q has the password", err)
		}
	}
}

// tokenRegistry is a registry that wants bearer tokens, and its own token server. Every token is good for uses requests.
func tokenRegistry(t *testing.T, uses int64) (server *ocitest.Server, issued *atomic.Int64) {
	t.Helper()
	backend := ggcr.New(ggcr.Logger(quiet()))
	issued = &atomic.Int64{}
	var left atomic.Int64
	server = ocitest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/token" {
			user, pass, _ := req.BasicAuth()
			if user != "user" || pass != secret {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			left.Store(uses)
			fmt.Fprintf(w, `{"token":"t%d:%s"}`, issued.Add(1), strings.Join(req.URL.Query()["scope"], " "))
			return
		}
		token := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
		current := fmt.Sprintf("t%d:", issued.Load())
		if !strings.HasPrefix(token, current) || !strings.Contains(token, "repository:team/app:") || left.Add(-1) < 0 {
			w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="http://%s/token",service="test, one",scope="repository:team/app:pull"`, req.Host))
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		backend.ServeHTTP(w, req)
	}))
	return server, issued
}

func TestBearerToken(t *testing.T) {
	server, issued := tokenRegistry(t, 1000)
	img := ocitest.Put(t, ocitest.Store(t), ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1")
	c := client(t, registry.Options{Keychain: password{"user", secret}, Jobs: 1})
	push(t, c, img, server.Host+"/team/app:1", registry.PushOptions{})
	if n := server.Count("GET", "/token"); int64(n) != issued.Load() || n > 4 {
		t.Errorf("asked for %d tokens, got %d, want a few for a whole push", n, issued.Load())
	}
	for _, r := range server.Requests() {
		if r.Path == "/token" && !strings.Contains(r.Query, "service=test%2C+one") {
			t.Errorf("the token was asked for with %q, want the service of the challenge", r.Query)
		}
	}
}

func TestExpiredTokenIsRenewed(t *testing.T) {
	server, issued := tokenRegistry(t, 2)
	img := ocitest.Put(t, ocitest.Store(t), ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1")
	c := client(t, registry.Options{Keychain: password{"user", secret}, Jobs: 1})
	push(t, c, img, server.Host+"/team/app:1", registry.PushOptions{})
	if issued.Load() < 3 {
		t.Errorf("%d tokens for a push with more than 6 requests, want more", issued.Load())
	}
}

func TestRefusedTokenHasHintAndNoSecret(t *testing.T) {
	server, _ := tokenRegistry(t, 1)
	_, err := client(t, registry.Options{Keychain: password{"user", "wrong-" + secret}}).Head(t.Context(), mustRef(t, server.Host+"/team/app:1"))
	wantText(t, err, "getting a token: 401 Unauthorized")
	wantHint(t, err, "slipway login "+server.Host)
	if strings.Contains(err.Error(), secret) {
		t.Errorf("the error %q has the password", err)
	}
}

func TestRedirectDoesNotCarryCredentials(t *testing.T) {
	img := ocitest.Put(t, ocitest.Store(t), ocitest.BigImage(t, 1000), "app:1")
	backend := ocitest.Registry(t)
	push(t, client(t, registry.Options{}), img, backend.Host+"/app:1", registry.PushOptions{})
	server := ocitest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Header.Get("Authorization") == "" {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		http.Redirect(w, req, "http://"+backend.Host+req.URL.Path+"?X-Signature="+secret, http.StatusTemporaryRedirect)
	}))
	backend.Reset()
	c := client(t, registry.Options{Keychain: password{"user", secret}})
	if _, err := c.Pull(t.Context(), mustRef(t, server.Host+"/app:1"), ocitest.Store(t), registry.PullOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, r := range backend.Requests() {
		if got := r.Header.Get("Authorization"); got != "" {
			t.Errorf("%s %s carried %q to another host", r.Method, r.Path, got)
		}
	}
}

func TestErrorsHaveNoSignedURL(t *testing.T) {
	server := ocitest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, "http://127.0.0.1:1/blob?X-Signature="+secret, http.StatusTemporaryRedirect)
	}))
	_, err := client(t, registry.Options{}).Manifest(t.Context(), mustRef(t, server.Host+"/app:1"))
	wantText(t, err, "connection refused")
	if strings.Contains(err.Error(), secret) {
		t.Errorf("the error %q has the signature", err)
	}
}

func TestRedirectToLinkLocalIsRefused(t *testing.T) {
	server := ocitest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, "http://169.254.169.254/latest/meta-data", http.StatusTemporaryRedirect)
	}))
	_, err := client(t, registry.Options{}).Manifest(t.Context(), mustRef(t, server.Host+"/app:1"))
	wantText(t, err, "link-local")
	if n := len(server.Requests()); n != 1 {
		t.Errorf("%d requests, want no retry", n)
	}
}

func TestConnectionRefusedHint(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = client(t, registry.Options{}).Head(t.Context(), mustRef(t, host+"/app:1"))
	wantText(t, err, "connection refused")
	wantHint(t, err, "is the registry running?")
}

// named is a transport on which every name is one server.
func named(address string) *http.Transport {
	return &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}}
}

func TestPlainHTTPOnlyWhereAllowed(t *testing.T) {
	server := ocitest.Registry(t)
	img := ocitest.Put(t, ocitest.Store(t), ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1")
	for _, host := range []string{"10.0.0.1:5000", "192.168.1.1", "reg.example"} {
		opts := registry.Options{Transport: named(server.Host)}
		_, err := client(t, opts).Push(t.Context(), img, mustRef(t, host+"/app:1"), registry.PushOptions{})
		wantText(t, err, "HTTP response to HTTPS client")
		wantHint(t, err, "--insecure-registry "+host)
		opts.Insecure = []string{host}
		if _, err := client(t, opts).Push(t.Context(), img, mustRef(t, host+"/app:1"), registry.PushOptions{}); err != nil {
			t.Errorf("with %s allowed: %v", host, err)
		}
	}
}

func TestUntrustedCertificate(t *testing.T) {
	server := httptest.NewTLSServer(ggcr.New(ggcr.Logger(quiet())))
	t.Cleanup(server.Close)
	server.Config.ErrorLog = quiet()
	address := server.Listener.Addr().String()
	img := ocitest.Put(t, ocitest.Store(t), ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1")

	_, err := client(t, registry.Options{Transport: named(address)}).Push(t.Context(), img, mustRef(t, "example.com/app:1"), registry.PushOptions{})
	wantText(t, err, "x509")
	wantHint(t, err, "the certificate of example.com is not trusted")

	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	trusting := named(address)
	trusting.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	push(t, client(t, registry.Options{Transport: trusting}), img, "example.com/app:1", registry.PushOptions{})

	push(t, client(t, registry.Options{Insecure: []string{address}}), img, address+"/app:2", registry.PushOptions{})
}
