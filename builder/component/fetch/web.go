package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"github.com/slipway-oci/slipway/oci/ref"
)

const (
	maxRedirects = 5
	webTimeout   = 2 * time.Minute
)

func (f *Fetcher) newClient() *http.Client {
	dialer := &net.Dialer{Timeout: 30 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		// Here the name is resolved, so that no name leads to such an address.
		if addr, err := netip.ParseAddrPort(address); err == nil && isLinkLocal(addr.Addr()) {
			return linkLocal(addr.Addr().String())
		}
		return nil
	}}
	proxy := f.opts.Proxy
	if proxy == nil {
		proxy = http.ProxyFromEnvironment
	}
	return &http.Client{
		Timeout:       webTimeout,
		CheckRedirect: f.checkRedirect,
		Transport: &http.Transport{
			Proxy: proxy, DialContext: dialer.DialContext, ForceAttemptHTTP2: true,
			TLSClientConfig:     &tls.Config{RootCAs: f.opts.CAs, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: 30 * time.Second,
			IdleConnTimeout: 30 * time.Second, MaxIdleConns: 4,
			DisableCompression: true, // the bytes as they are stored: a digest is of them
		},
	}
}

// web reads an https:// or http:// address.
func (f *Fetcher) web(ctx context.Context, address string) ([]byte, error) {
	target, err := url.Parse(address)
	if err != nil {
		return nil, &Error{Message: "it is not a URL"} // the cause would repeat what may be secret
	}
	if target.Host == "" {
		return nil, &Error{Message: "it names no host"}
	}
	if err := f.checkTarget(target); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, withoutURL(err)
	}
	req.Header.Set("User-Agent", "slipway")
	resp, err := f.client.Do(req)
	if err != nil {
		return nil, withoutURL(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server answered %s", resp.Status)
	}
	if resp.ContentLength > f.opts.Limit {
		return nil, f.tooLarge(address)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, f.opts.Limit+1))
	return data, withoutURL(err)
}

// checkTarget holds for the address and for every redirect.
func (f *Fetcher) checkTarget(u *url.URL) error {
	if addr, err := netip.ParseAddr(u.Hostname()); err == nil && isLinkLocal(addr) {
		return linkLocal(addr.String())
	}
	if u.Scheme == "http" && !f.opts.AllowHTTP && !ref.IsLoopback(u.Host) {
		return &Error{Message: "plain http is not allowed", Advice: "use https, or set uri.allowHttp in the settings"}
	}
	return nil
}

func (f *Fetcher) checkRedirect(next *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return fmt.Errorf("stopped after %d redirects", maxRedirects)
	}
	if from := via[0].URL.Scheme; next.URL.Scheme != from {
		return fmt.Errorf("redirected from %s to %s", from, next.URL.Scheme)
	}
	return f.checkTarget(next.URL)
}

// metadataV6 is where EC2 keeps the credentials of a machine besides the link-local 169.254.169.254.
var metadataV6 = netip.MustParseAddr("fd00:ec2::254")

func isLinkLocal(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	return addr.IsLinkLocalUnicast() || addr.IsLinkLocalMulticast() || addr == metadataV6
}

func linkLocal(addr string) *Error {
	return &Error{Message: "the link-local address " + addr + " is never read", Advice: "clouds keep the credentials of machines there"}
}

// withoutURL takes the URL out of an error of net/http: it may hold credentials.
func withoutURL(err error) error {
	var u *url.Error
	for errors.As(err, &u) {
		err = u.Err
	}
	return err
}
