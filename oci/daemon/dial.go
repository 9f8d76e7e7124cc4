package daemon

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/docker/cli/cli/connhelper"
)

// transport makes the connections to an engine, and the URL under which its requests are written.
func transport(e endpoint) (*http.Transport, string, error) {
	u, err := url.Parse(e.host)
	if err != nil {
		return nil, "", &hostError{e.host}
	}
	t := &http.Transport{DisableCompression: true}
	dial := func(network, address string) {
		t.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}
	}
	switch u.Scheme {
	case "unix":
		dial("unix", strings.TrimPrefix(e.host, "unix://"))
		return t, "http://engine", nil
	case "npipe":
		t.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialPipe(ctx, strings.ReplaceAll(u.Path, "/", `\`))
		}
		return t, "http://engine", nil
	case "tcp", "http", "https":
		if e.certs == "" && u.Scheme != "https" {
			return t, "http://" + u.Host, nil
		}
		t.TLSClientConfig, err = tlsConfig(e)
		return t, "https://" + u.Host, err
	case "ssh":
		helper, err := connhelper.GetConnectionHelper(e.host)
		if err != nil {
			return nil, "", fmt.Errorf("docker engine %q: %w", e.host, err)
		}
		t.DialContext = helper.Dialer
		return t, "http://engine", nil
	default:
		return nil, "", &hostError{e.host}
	}
}

// tlsConfig reads the certificates that Docker keeps as ca.pem, cert.pem and key.pem; each may be missing.
func tlsConfig(e endpoint) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: e.insecure} //nolint:gosec // as the user asked
	if e.certs == "" {
		return c, nil
	}
	if ca, err := os.ReadFile(filepath.Join(e.certs, "ca.pem")); err == nil {
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(ca) {
			return nil, fmt.Errorf("%s: no certificate", filepath.Join(e.certs, "ca.pem"))
		}
	}
	if cert := filepath.Join(e.certs, "cert.pem"); isThere(cert) {
		pair, err := tls.LoadX509KeyPair(cert, filepath.Join(e.certs, "key.pem"))
		if err != nil {
			return nil, fmt.Errorf("certificate of this client: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// hostError is an address that names no engine.
type hostError struct{ host string }

func (e *hostError) Error() string {
	return fmt.Sprintf("docker engine %q: not an address of an engine", e.host)
}

func (*hostError) Hint() string {
	return "DOCKER_HOST is written unix:///var/run/docker.sock, tcp://HOST:PORT or ssh://HOST"
}
