package transfer

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
)

// clients are the two HTTP clients of one step: with and without trust in every certificate. They are made when first
// needed and keep their connections for the step's other entries.
type clients struct {
	caFile string
	proxy  func(*http.Request) (*url.URL, error)
	made   map[bool]*http.Client
}

func newClients(m Download) *clients {
	c := &clients{caFile: m.CAFile, proxy: m.Proxy, made: map[bool]*http.Client{}}
	if c.proxy == nil {
		c.proxy = http.ProxyFromEnvironment
	}
	return c
}

func (c *clients) get(ignoreCertificates bool) (*http.Client, error) {
	if client, ok := c.made[ignoreCertificates]; ok {
		return client, nil
	}
	settings := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: ignoreCertificates} //nolint:gosec // asked for by the author
	if !ignoreCertificates {
		roots, err := Roots(c.caFile)
		if err != nil {
			return nil, err
		}
		settings.RootCAs = roots
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = c.proxy
	transport.TLSClientConfig = settings
	client := &http.Client{Transport: transport, CheckRedirect: checkRedirect}
	c.made[ignoreCertificates] = client
	return client, nil
}

func (c *clients) close() {
	for _, client := range c.made {
		client.CloseIdleConnections()
	}
}

var errScheme = errors.New("redirected to a URL that is neither http nor https")

func checkRedirect(next *http.Request, via []*http.Request) error {
	if len(via) > 10 {
		return errRedirects
	}
	if next.URL.Scheme != "http" && next.URL.Scheme != "https" {
		return errScheme
	}
	return nil
}

// Roots returns the system's certificate authorities and those of the PEM bundle caFile. It returns nil, which means
// the system's, when no bundle is named, or it does not exist or is empty: an empty file is the mount point of a
// bundle that the machine does not have.
func Roots(caFile string) (*x509.CertPool, error) {
	if caFile == "" {
		return nil, nil
	}
	bundle, err := os.ReadFile(caFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("certificate bundle: %w", err)
	}
	if len(bundle) == 0 {
		return nil, nil
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(bundle) {
		return nil, fmt.Errorf("certificate bundle %q holds no certificate", caFile)
	}
	return roots, nil
}
