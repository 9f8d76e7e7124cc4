package option

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/spf13/pflag"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/plan"
)

// parse parses flags of one group.
func parse(t *testing.T, add func(*pflag.FlagSet), args ...string) error {
	t.Helper()
	fs := pflag.NewFlagSet("test", pflag.ContinueOnError)
	add(fs)
	return fs.Parse(args)
}

func TestPlatforms(t *testing.T) {
	tests := []struct {
		text string
		want []v1.Platform
	}{
		{"linux/amd64", []v1.Platform{{OS: "linux", Architecture: "amd64"}}},
		{"linux/amd64,linux/arm/v7", []v1.Platform{{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm", Variant: "v7"}}},
	}
	for _, tt := range tests {
		var p Platform
		if err := parse(t, p.AddFlags, "--platform", tt.text); err != nil {
			t.Fatal(err)
		}
		got, err := p.Platforms()
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("%q: %v (-want +got):\n%s", tt.text, err, diff)
		}
	}
	for _, text := range []string{"amd64", "linux/", "/amd64", "linux//v7", "linux/arm/v7/x", "linux/arm/"} {
		p := Platform{list: []string{text}}
		if got, err := p.Platforms(); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

func TestBuilderOptions(t *testing.T) {
	tests := []struct {
		name string
		args []string
		env  map[string]string
		want engine.Options
	}{
		{"nothing", nil, nil, engine.Options{Builder: "embedded", Root: "/cache", CABundle: "/ca.pem"}},
		{
			"environment", nil,
			map[string]string{"SLIPWAY_BUILDER": "tcp://b:1", "SLIPWAY_BUILDER_IDLE": "10m", "SLIPWAY_RUNTIME": "crun"},
			engine.Options{Builder: "tcp://b:1", Root: "/cache", CABundle: "/ca.pem", Idle: 10 * time.Minute, Runtime: "crun"},
		},
		{
			"the flag wins",
			[]string{"--builder", "embedded"},
			map[string]string{"SLIPWAY_BUILDER": "tcp://b:1"},
			engine.Options{Builder: "embedded", Root: "/cache", CABundle: "/ca.pem"},
		},
		{
			"proxies", nil,
			map[string]string{"http_proxy": "http://small", "HTTP_PROXY": "http://big", "NO_PROXY": "a"},
			engine.Options{Builder: "embedded", Root: "/cache", CABundle: "/ca.pem", Proxy: engine.Proxy{HTTP: "http://small", No: "a"}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b Builder
			if err := parse(t, b.AddFlags, tt.args...); err != nil {
				t.Fatal(err)
			}
			got, err := b.EngineOptions("/cache", func(k string) string {
				if k == "SSL_CERT_FILE" {
					return "/ca.pem"
				}
				return tt.env[k]
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("options (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBuilderOptionsRefuse(t *testing.T) {
	for name, value := range map[string]string{"SLIPWAY_BUILDER": "buildkit", "SLIPWAY_BUILDER_IDLE": "soon"} {
		var b Builder
		_, err := b.EngineOptions("/cache", func(k string) string {
			if k == name {
				return value
			}
			return ""
		})
		if err == nil || !strings.Contains(err.Error(), value) {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
}

func TestParamsApply(t *testing.T) {
	var p Params
	if err := parse(t, p.AddFlags, "-p", "A=1,2", "--param", "nginx.B="); err != nil {
		t.Fatal(err)
	}
	var got plan.Options
	if err := p.Apply(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"A=1,2", "nginx.B="}, got.Params); diff != "" {
		t.Errorf("params (-want +got):\n%s", diff)
	}
	p.file = t.TempDir() + "/none.yaml"
	if err := p.Apply(&got); err == nil {
		t.Error("a missing file is no error")
	}
}

func TestFixedValues(t *testing.T) {
	var format Format
	var compression Compression
	var progress Progress
	add := func(fs *pflag.FlagSet) {
		format.AddFlags(fs, "sarif")
		compression.AddFlags(fs)
		progress.AddFlags(fs)
	}
	if err := parse(t, add); err != nil || format.JSON() || compression.String() != "gzip" || progress.String() != "auto" {
		t.Errorf("defaults: %v, %v, %v, %v", err, &format, &compression, &progress)
	}
	if err := parse(t, add, "--format", "sarif", "--compression", "zstd", "--progress", "rawjson"); err != nil {
		t.Fatal(err)
	}
	if !format.Is("sarif") || compression.String() != "zstd" || !progress.JSON() {
		t.Errorf("set: %v, %v, %v", &format, &compression, &progress)
	}
	for _, args := range [][]string{{"--format", "yaml"}, {"--compression", "lz4"}, {"--progress", "loud"}} {
		if err := parse(t, add, args...); err == nil || !strings.Contains(err.Error(), "not one of") {
			t.Errorf("%q: %v", args, err)
		}
	}
}
