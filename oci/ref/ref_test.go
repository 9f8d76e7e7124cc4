package ref_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/oci/ref"
)

const digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func TestParse(t *testing.T) {
	tests := []struct {
		input string
		want  ref.Ref
		text  string // of String
	}{
		{"scratch", ref.Ref{Transport: ref.Scratch}, "scratch"},
		{"amazonlinux:2", ref.Ref{Transport: ref.Registry, Host: "docker.io", Repository: "library/amazonlinux", Tag: "2"}, "docker.io/library/amazonlinux:2"},
		{"debian", ref.Ref{Transport: ref.Registry, Host: "docker.io", Repository: "library/debian", Tag: "latest"}, "docker.io/library/debian:latest"},
		{"bitnami/redis:7", ref.Ref{Transport: ref.Registry, Host: "docker.io", Repository: "bitnami/redis", Tag: "7"}, "docker.io/bitnami/redis:7"},
		{"index.docker.io/library/debian:12", ref.Ref{Transport: ref.Registry, Host: "docker.io", Repository: "library/debian", Tag: "12"}, "docker.io/library/debian:12"},
		{"localhost/app", ref.Ref{Transport: ref.Registry, Host: "localhost", Repository: "app", Tag: "latest"}, "localhost/app:latest"},
		{"localhost:5000/team/app:1.0", ref.Ref{Transport: ref.Registry, Host: "localhost:5000", Repository: "team/app", Tag: "1.0"}, "localhost:5000/team/app:1.0"},
		{"[::1]:5000/app:1", ref.Ref{Transport: ref.Registry, Host: "[::1]:5000", Repository: "app", Tag: "1"}, "[::1]:5000/app:1"},
		{"quay.io/a/b@" + digest, ref.Ref{Transport: ref.Registry, Host: "quay.io", Repository: "a/b", Digest: digest}, "quay.io/a/b@" + digest},
		{"debian:12@" + digest, ref.Ref{Transport: ref.Registry, Host: "docker.io", Repository: "library/debian", Tag: "12", Digest: digest}, "docker.io/library/debian:12@" + digest},
		{"web-base/1.0.0", ref.Ref{Transport: ref.Registry, Host: "docker.io", Repository: "web-base/1.0.0", Tag: "latest"}, "docker.io/web-base/1.0.0:latest"},
		{"store:web-base:1.0.0-1", ref.Ref{Transport: ref.Store, Repository: "web-base", Tag: "1.0.0-1"}, "store:web-base:1.0.0-1"},
		{"store:Web Base_x:1.0.0-1", ref.Ref{Transport: ref.Store, Repository: "web-base-x", Tag: "1.0.0-1"}, "store:web-base-x:1.0.0-1"},
		{"store:web", ref.Ref{Transport: ref.Store, Repository: "web", Tag: "latest"}, "store:web:latest"},
		{"store:localhost:5000/app:1", ref.Ref{Transport: ref.Store, Repository: "localhost:5000/app", Tag: "1"}, "store:localhost:5000/app:1"},
		{"store:" + digest, ref.Ref{Transport: ref.Store, Digest: digest}, "store:" + digest},
		{"oci-layout:./images", ref.Ref{Transport: ref.Layout, Path: "./images"}, "oci-layout:./images"},
		{"oci-layout:/a/b:web:1.0-1", ref.Ref{Transport: ref.Layout, Path: "/a/b", Tag: "web:1.0-1"}, "oci-layout:/a/b:web:1.0-1"},
		{"oci-layout:/a/b@" + digest, ref.Ref{Transport: ref.Layout, Path: "/a/b", Digest: digest}, "oci-layout:/a/b@" + digest},
		{`oci-layout:C:\images:web`, ref.Ref{Transport: ref.Layout, Path: `C:\images`, Tag: "web"}, `oci-layout:C:\images:web`},
		{"docker-daemon:debian:12", ref.Ref{Transport: ref.Daemon, Host: "docker.io", Repository: "library/debian", Tag: "12"}, "docker-daemon:docker.io/library/debian:12"},
		{"docker-daemon:" + digest, ref.Ref{Transport: ref.Daemon, Digest: digest}, "docker-daemon:" + digest},
		{"docker-daemon:" + digest[7:], ref.Ref{Transport: ref.Daemon, Digest: digest}, "docker-daemon:" + digest},
	}
	for _, tt := range tests {
		t.Run(tt.input, func(t *testing.T) {
			got, err := ref.Parse(tt.input)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Parse(%q), -want +got:\n%s", tt.input, diff)
			}
			if got.String() != tt.text {
				t.Errorf("String = %q, want %q", got.String(), tt.text)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct{ input, text, hint string }{
		{"", "it is empty", ""},
		{"https://quay.io/a/b", "has no URL scheme", `leave out "https://"`},
		{"Debian:12", `"library/Debian" has upper case letters`, `write "debian"`},
		{"quay.io/Team/app", `"Team/app" has upper case letters`, `write "quay.io/team/app"`},
		{"debian:", `the tag "" is not valid`, "a tag is"},
		{"debian:-1", `the tag "-1" is not valid`, "a tag is"},
		{"debian@sha256:12", "64 hexadecimal digits", ""},
		{"debian@sha512:" + strings.Repeat("a", 128), "64 hexadecimal digits", ""},
		{"a//b", `the repository "a//b" is not valid`, "lower case letters"},
		{"-a/b", `the repository "-a/b" is not valid`, ""},
		{"bad_host.example/app", "not a host name", ""},
		{"example.com:99999999/app", "not a host name", ""},
		{digest[7:], "an image id", "NAME@sha256"},
		{strings.Repeat("a", 300), "longer than 255", ""},
		{"store:", "the name is missing", "store:NAME:TAG"},
		{"store:a b!:1", "not a name in the image store", "NAME:TAG"},
		{"store:sha256:12", "64 hexadecimal digits", ""},
		{"store:web:1 0", `the tag "1 0" is not valid`, ""},
		{"oci-layout:", "the folder is missing", "oci-layout:DIR"},
		{"oci-layout:dir: x", "is not valid in an OCI layout", ""},
		{"oci-layout:dir@sha256:12", "64 hexadecimal digits", ""},
		{"docker-daemon:UPPER", "upper case", ""},
	}
	for _, tt := range tests {
		t.Run(tt.input, func(t *testing.T) {
			_, err := ref.Parse(tt.input)
			var refError *ref.Error
			if !errors.As(err, &refError) {
				t.Fatalf("Parse(%q) = %v, want a *ref.Error", tt.input, err)
			}
			if refError.Input != tt.input || !strings.Contains(err.Error(), tt.text) || !strings.Contains(refError.Hint(), tt.hint) {
				t.Errorf("error %q with hint %q, want input %q, text %q and hint %q", err, refError.Hint(), tt.input, tt.text, tt.hint)
			}
		})
	}
}

func TestParseRegistryRefusesTransports(t *testing.T) {
	for _, input := range []string{"store:web:1", "oci-layout:/tmp/x", "docker-daemon:debian:12"} {
		if got, err := ref.ParseRegistry(input); err == nil {
			t.Errorf("ParseRegistry(%q) = %v, want an error", input, got)
		}
	}
}

func TestWithTagAndDigest(t *testing.T) {
	r, err := ref.ParseRegistry("quay.io/a/b@" + digest)
	if err != nil {
		t.Fatal(err)
	}
	tagged, err := r.WithTag("1.4.0-2")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := tagged.String(), "quay.io/a/b:1.4.0-2"; got != want {
		t.Errorf("WithTag = %q, want %q", got, want)
	}
	pinned, err := tagged.WithDigest(digest)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := pinned.String(), "quay.io/a/b:1.4.0-2@"+digest; got != want {
		t.Errorf("WithDigest = %q, want %q", got, want)
	}
	if pinned.Identifier() != digest || tagged.Identifier() != "1.4.0-2" {
		t.Errorf("Identifier = %q and %q, want the digest before the tag", pinned.Identifier(), tagged.Identifier())
	}
	if _, err := r.WithTag("a b"); err == nil {
		t.Error("WithTag accepts a tag with a space")
	}
	if _, err := r.WithDigest("sha256:1"); err == nil {
		t.Error("WithDigest accepts a short digest")
	}
}

func TestNormal(t *testing.T) {
	tests := []struct{ name, want string }{
		{"Web Base", "web-base"},
		{"a  b", "a--b"},
		{"My_App-2", "my-app-2"},
		{"_x_", "-x-"},
	}
	for _, tt := range tests {
		if got := ref.Normal(tt.name); got != tt.want {
			t.Errorf("Normal(%q) = %q, want %q", tt.name, got, tt.want)
		}
	}
	if got, want := ref.ImagePointer("Web Base", "1.4.0", 2), "web-base:1.4.0-2"; got != want {
		t.Errorf("ImagePointer = %q, want %q", got, want)
	}
}

func TestIsLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "localhost:5000": true, "LOCALHOST:5000": true, "reg.localhost": true,
		"127.0.0.1": true, "127.9.8.7:80": true, "[::1]:5000": true, "::1": true, "[::1]": true,
		"10.0.0.1": false, "172.16.0.1:5000": false, "192.168.1.1": false, "example.com": false,
		"localhost.example.com": false, "127.0.0.1.example.com": false, "0.0.0.0:5000": false,
	} {
		if got := ref.IsLoopback(host); got != want {
			t.Errorf("IsLoopback(%q) = %v, want %v", host, got, want)
		}
	}
}

func TestHostsContains(t *testing.T) {
	hosts := ref.Hosts{"reg.example:5000", "10.0.0.7", "Other.example/"}
	for host, want := range map[string]bool{
		"reg.example:5000": true, "reg.example": false, "reg.example:5001": false,
		"10.0.0.7": true, "10.0.0.7:5000": true, "10.0.0.70": false, "other.example": true,
	} {
		if got := hosts.Contains(host); got != want {
			t.Errorf("Contains(%q) = %v, want %v", host, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"debian:12", "store:web:1", "oci-layout:/a:b", "docker-daemon:x", "scratch", "a@" + digest, "[::1]:5/x", "oci-layout:C:/x:y@z"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, input string) {
		r, err := ref.Parse(input)
		if err != nil {
			return
		}
		again, err := ref.Parse(r.String())
		if err != nil {
			t.Fatalf("Parse(%q) gives %q, which does not parse: %v", input, r, err)
		}
		if again != r {
			t.Errorf("Parse(%q) = %+v, but its text %q is %+v", input, r, r, again)
		}
	})
}
