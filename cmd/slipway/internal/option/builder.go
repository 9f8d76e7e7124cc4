package option

import (
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/engine/dial"
)

// Builder is --builder, where containers run.
type Builder struct{ name string }

// AddFlags adds --builder.
func (b *Builder) AddFlags(fs *pflag.FlagSet) {
	fs.StringVar(&b.name, "builder", "", "where containers run: embedded, or the `ADDRESS` of a BuildKit (default: SLIPWAY_BUILDER, else embedded)")
}

// Options reads the flag and the environment: SLIPWAY_BUILDER, SLIPWAY_BUILDER_IDLE, SLIPWAY_RUNTIME and the proxy
// variables. root is the state folder of the embedded builder.
func (b *Builder) Options(root string, getenv func(string) string) (engine.Options, error) {
	o := engine.Options{Builder: b.name, Root: root, Runtime: getenv("SLIPWAY_RUNTIME"), Proxy: proxy(getenv)}
	if o.Builder == "" {
		o.Builder = getenv("SLIPWAY_BUILDER")
	}
	if o.Builder == "" {
		o.Builder = engine.Embedded
	}
	if o.Builder != engine.Embedded {
		if err := dial.Check(o.Builder); err != nil {
			return o, err
		}
	}
	var err error
	o.Idle, err = Idle(getenv)
	return o, err
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
