package option

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/pflag"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/engine/dial"
)

// Builder is --builder, where containers run.
type Builder struct{ name string }

// AddFlags adds --builder.
func (b *Builder) AddFlags(fs *pflag.FlagSet) {
	fs.StringVar(&b.name, "builder", "", "where containers run: embedded, docker (a container of Docker), or the `ADDRESS` of a BuildKit (default: SLIPWAY_BUILDER, else "+engine.Default()+")")
}

// EngineOptions reads the flag and the environment: SLIPWAY_BUILDER, SLIPWAY_BUILDER_IDLE, SLIPWAY_RUNTIME and the proxy
// variables. root is the state folder of the embedded builder.
func (b *Builder) EngineOptions(root string, getenv func(string) string) (engine.Options, error) {
	o := engine.Options{Builder: b.name, Root: root, Runtime: getenv("SLIPWAY_RUNTIME"), Proxy: proxy(getenv), CABundle: caBundle(getenv)}
	if o.Builder == "" {
		o.Builder = getenv("SLIPWAY_BUILDER")
	}
	if o.Builder == "" {
		o.Builder = engine.Default()
	}
	if o.Builder != engine.Embedded && o.Builder != engine.Docker {
		if err := dial.Check(o.Builder); err != nil {
			return o, err
		}
	}
	var err error
	o.Idle, err = Idle(getenv)
	return o, err
}

// bundles are where distributions keep the CA certificates that this machine trusts, as Go's crypto/x509 knows them.
var bundles = []string{
	"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem",
}

// caBundle is the file of CA certificates that this machine trusts, "" when there is none.
func caBundle(getenv func(string) string) string {
	if file := getenv("SSL_CERT_FILE"); file != "" {
		return file
	}
	for _, file := range bundles {
		if _, err := os.Stat(file); err == nil {
			return file
		}
	}
	return ""
}

// Idle reads SLIPWAY_BUILDER_IDLE, how long the embedded builder stays when nothing uses it.
func Idle(getenv func(string) string) (time.Duration, error) {
	text := getenv("SLIPWAY_BUILDER_IDLE")
	if text == "" {
		return 0, nil
	}
	idle, err := time.ParseDuration(text)
	if err != nil {
		return 0, idleError{text}
	}
	return idle, nil
}

type idleError struct{ text string }

func (e idleError) Error() string {
	return fmt.Sprintf("SLIPWAY_BUILDER_IDLE %q is no duration", e.text)
}

func (idleError) Hint() string { return "write it as 10m or 1h30m" }

// proxy reads the proxy variables; the lower-case ones win, as in curl.
func proxy(getenv func(string) string) engine.Proxy {
	either := func(lower, upper string) string {
		if v := getenv(lower); v != "" {
			return v
		}
		return getenv(upper)
	}
	return engine.Proxy{
		HTTP:  either("http_proxy", "HTTP_PROXY"),
		HTTPS: either("https_proxy", "HTTPS_PROXY"),
		FTP:   either("ftp_proxy", "FTP_PROXY"),
		No:    either("no_proxy", "NO_PROXY"),
		All:   either("all_proxy", "ALL_PROXY"),
	}
}
