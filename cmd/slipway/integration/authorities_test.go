//go:build linux

package integration

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

func TestDownloadsTrustTheMachinesAuthorities(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("got")) }))
	t.Cleanup(server.Close)
	bundle := filepath.Join(t.TempDir(), "ca.crt")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(bundle, text, 0o600); err != nil {
		t.Fatal(err)
	}
	h := newHome(t).with("SSL_CERT_FILE=" + bundle)
	p := newProject(t, "scratch",
		component("plain", build(createFile("/plain", "plain")), test(exists("/plain"))),
		component("downloads", build(download(server.URL, "/built")), test(download(server.URL, "/tested"), exists("/tested"))))
	digest := h.build(p).wantCode(0).digest()
	if got := fileIn(t, h, digest, "/built"); got != "got" {
		t.Errorf("/built is %q", got)
	}
	newHome(t).with("SSL_CERT_FILE=/dev/null").build(p).wantCode(1, "certificate")
}
