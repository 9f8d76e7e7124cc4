package plan

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/oci/ref"
)

func TestREC08FormsOfParentImage(t *testing.T) {
	own := []Build{
		{recipe.Version{1, 4, 0}, 1, ref.Ref{Transport: ref.Store, Repository: "web-base", Tag: "1.4.0-1"}},
		{recipe.Version{1, 4, 0}, 12, ref.Ref{Transport: ref.Store, Repository: "web-base", Tag: "1.4.0-12"}},
		{recipe.Version{1, 3, 9}, 2, ref.Ref{Transport: ref.Store, Repository: "web-base", Tag: "1.3.9-2"}},
	}
	pin := "@" + indexDigest
	for _, test := range []struct{ parent, asked, name, pinned, source string }{
		{"debian:12", "docker.io/library/debian:12", "docker.io/library/debian:12", "docker.io/library/debian" + pin, custom},
		{"amazonlinux", "docker.io/library/amazonlinux:latest", "docker.io/library/amazonlinux:latest", "docker.io/library/amazonlinux" + pin, custom},
		{"localhost:5000/a/b" + pin, "localhost:5000/a/b" + pin, "localhost:5000/a/b", "localhost:5000/a/b" + pin, custom},
		{"docker.io/web-base/1.0.0", "docker.io/web-base/1.0.0:latest", "docker.io/web-base/1.0.0:latest", "docker.io/web-base/1.0.0" + pin, custom},
		{"store:base:1", "store:base:1", "store:base:1", recipe.ParentContext, custom},
		{"docker-daemon:base:1", "docker-daemon:docker.io/library/base:1", "docker-daemon:base:1", recipe.ParentContext, imported},
		{"web-base/x.x.x", "store:web-base:1.4.0-12", "web-base/x.x.x", recipe.ParentContext, custom},
		{"web-base/1.4.0/1", "store:web-base:1.4.0-1", "web-base/1.4.0/1", recipe.ParentContext, custom},
		{"web-base/1.3.x", "store:web-base:1.3.9-2", "web-base/1.3.x", recipe.ParentContext, custom},
		{"arn:aws:imagebuilder:us-east-1:123456789012:image/web-base/1.x.x", "store:web-base:1.4.0-12", "arn:aws:imagebuilder:us-east-1:123456789012:image/web-base/1.x.x", recipe.ParentContext, custom},
		{"arn:aws:imagebuilder:eu-west-1:aws:image/amazon-linux-2023-x86/x.x.x", "docker.io/library/amazonlinux:2023", "docker.io/library/amazonlinux:2023", "docker.io/library/amazonlinux" + pin, amazonManaged},
		{"arn:aws:imagebuilder:eu-west-1:aws:image/house-linux/x.x.x", "registry.example.com/house:1", "registry.example.com/house:1", "registry.example.com/house" + pin, amazonManaged},
	} {
		t.Run(strings.ReplaceAll(test.parent, "/", "_"), func(t *testing.T) {
			i := &images{builds: own}
			p, err := makePlan(t, map[string]string{"recipe.yaml": "name: web\nparentImage: " + test.parent + "\n"}, func(o *Options) {
				o.Images = i
				o.Settings.ManagedImages = map[string]string{"house-linux": "registry.example.com/house:1"}
			})
			if err != nil {
				t.Fatal(err)
			}
			got := [][]string{i.asked, {p.Parent.Name, p.Parent.Pinned, p.Parent.ImageSource, p.Parent.Digest}}
			want := [][]string{{test.asked}, {test.name, test.pinned, test.source, indexDigest}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("parent (-want +got):\n%s", diff)
			}
		})
	}
}

func TestREC08LayoutIsRelativeToTheRecipe(t *testing.T) {
	i := &images{}
	p, err := makePlan(t, map[string]string{"recipe.yaml": "name: web\nparentImage: oci-layout:./base:1\n"}, func(o *Options) { o.Images = i })
	if err != nil {
		t.Fatal(err)
	}
	if want := p.Context + "/base:1"; i.asked[0] != "oci-layout:"+want || p.Parent.Name != "oci-layout:./base:1" {
		t.Errorf("asked for %q, name %q; want the folder %q", i.asked[0], p.Parent.Name, want)
	}
}

func TestREC08Scratch(t *testing.T) {
	p, err := makePlan(t, map[string]string{"recipe.yaml": "name: web\nparentImage: scratch\n"}, func(o *Options) { o.Images = nil })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Platform{{Name: "linux/amd64"}}, p.Platforms); diff != "" || p.Parent.Pinned != "scratch" || p.OS != "Linux" {
		t.Errorf("parent %+v, platforms (-want +got):\n%s", p.Parent, diff)
	}
}

func TestREC08Refused(t *testing.T) {
	for _, test := range []struct{ parent, want, hint string }{
		{"ami-0123456789abcdef0", "a machine image is no parent of a container", "name a container image, such as debian:12"},
		{"ssm:/my/parameter", "a machine image is no parent of a container", "name a container image, such as debian:12"},
		{"web-base/9.x.x", "no such image was built here", "there are 1.4.0/1"},
		{"web-base/x.2.x", `version "x.2.x": every node to the right of an x must be x`, ""},
		{"web-base/1.x.x/2", "a version with an open node has no build number", ""},
		{"arn:aws:imagebuilder:us-east-1:aws:image/unheard-of/x.x.x", `managed image "unheard-of" is not known`, "say what stands for it in the setting managedImages.unheard-of"},
		{"arn:aws:s3:::bucket", "not the ARN of an image", ""},
	} {
		t.Run(strings.ReplaceAll(test.parent, "/", "_"), func(t *testing.T) {
			_, err := makePlan(t, map[string]string{"recipe.yaml": "name: web\nparentImage: " + test.parent + "\n"}, func(o *Options) {
				o.Images = &images{builds: []Build{{recipe.Version{1, 4, 0}, 1, ref.Ref{}}}}
			})
			if want := `recipe.yaml:2:14: parent image "` + test.parent + `": ` + test.want; err == nil || err.Error() != want || hint(err) != test.hint {
				t.Errorf("got %v, hint %q\nwant %s, hint %q", err, hint(err), want, test.hint)
			}
		})
	}
}

func TestREC11Platforms(t *testing.T) {
	windows := v1.Platform{OS: "windows", Architecture: "amd64", OSVersion: "10.0.20348.1"}
	for _, test := range []struct {
		name, override, want string
		platforms            []string
		recipe               string // its platforms
		only                 *v1.Platform
		workers              bool
	}{
		{name: "machine", want: "linux/amd64"},
		{name: "asked for", platforms: []string{"linux/arm64", "linux/amd64", "linux/arm64"}, want: "linux/arm64,linux/amd64"},
		{name: "of the recipe", recipe: "[linux/arm64, linux/amd64]", want: "linux/arm64,linux/amd64"},
		{name: "asked for besides the recipe", recipe: "[linux/arm64]", platforms: []string{"linux/amd64"}, want: "linux/amd64"},
		{name: "override agrees", override: "Linux", want: "linux/amd64"},
		{name: "override differs", override: "Windows", want: `recipe.yaml:3:19: platformOverride is Windows, but parent image "debian:12" is for linux`},
		{name: "parent lacks it", platforms: []string{"linux/s390x"}, want: `recipe.yaml:2:14: parent image "debian:12": no image for platform "linux/s390x"`},
		{name: "parent of another machine", only: &v1.Platform{OS: "linux", Architecture: "arm64"}, want: `recipe.yaml:2:14: parent image "debian:12": no image for platform "linux/amd64"`},
		{name: "windows", override: "Windows", only: &windows, want: `recipe.yaml:2:14: parent image "debian:12": the builder has no Windows workers`},
		{name: "windows workers", override: "Windows", only: &windows, workers: true, want: "windows/amd64"},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := head
			if test.override != "" {
				text += "platformOverride: " + test.override + "\n"
			}
			if test.recipe != "" {
				text += "platforms: " + test.recipe + "\n"
			}
			p, err := makePlan(t, map[string]string{"recipe.yaml": text}, func(o *Options) {
				o.Images, o.WindowsWorkers = &images{only: test.only}, test.workers
				for _, name := range test.platforms {
					platform, err := v1.ParsePlatform(name)
					if err != nil {
						t.Fatal(err)
					}
					o.Platforms = append(o.Platforms, *platform)
				}
			})
			var got string
			if err != nil {
				got = err.Error()
			} else {
				var all []string
				for _, platform := range p.Platforms {
					all = append(all, platform.Name)
				}
				got = strings.Join(all, ",")
			}
			if got != test.want {
				t.Errorf("got %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestREC12SupportedOSVersions(t *testing.T) {
	for _, test := range []struct {
		name             string
		supported, names []string
		want             string
	}{
		{"short name", []string{"Ubuntu 24"}, []string{"Ubuntu 24", "Ubuntu 24.04"}, ""},
		{"full name", []string{"Debian 12", "Ubuntu 24.04"}, []string{"Ubuntu 24", "Ubuntu 24.04"}, ""},
		{"other", []string{"Ubuntu 24"}, []string{"Ubuntu 22", "Ubuntu 22.04"}, "supports Ubuntu 24, not Ubuntu 22.04"},
		{"letter case", []string{"ubuntu"}, []string{"Ubuntu 24"}, "supports ubuntu, not Ubuntu 24"},
		{"unknown system", []string{"Ubuntu 24"}, []string{"", ""}, ""},
		{"any", nil, []string{"Ubuntu 24"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := ""
			if err := SupportsOS(test.supported, test.names...); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("SupportsOS(%q, %q) = %q, want %q", test.supported, test.names, got, test.want)
			}
		})
	}
}

func TestREC09WithoutHostAnOwnImageWithHostARepository(t *testing.T) {
	own := []Build{{recipe.Version{1, 0, 0}, 3, ref.Ref{Transport: ref.Store, Repository: "web-base", Tag: "1.0.0-3"}}}
	for _, test := range []struct{ parent, asked string }{
		{"web-base/x.x.x", "store:web-base:1.0.0-3"},
		{"web-base/1.0.0", "store:web-base:1.0.0-3"},
		{"docker.io/web-base/1.0.0", "docker.io/web-base/1.0.0:latest"},
		{"localhost:5000/web-base/x.x.x", "localhost:5000/web-base/x.x.x:latest"},
	} {
		i := &images{builds: own}
		_, err := makePlan(t, map[string]string{"recipe.yaml": "name: web\nparentImage: " + test.parent + "\n"}, func(o *Options) { o.Images = i })
		if err != nil {
			t.Errorf("%s: %v", test.parent, err)
			continue
		}
		if diff := cmp.Diff([]string{test.asked}, i.asked); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.parent, diff)
		}
	}
}

func TestREC12NamesOfTheParentsSystem(t *testing.T) {
	for _, test := range []struct {
		release string
		want    []string
	}{
		{"NAME=\"Ubuntu\"\nVERSION_ID=\"24.04\"\nID=ubuntu\nID_LIKE=debian\n", []string{"Ubuntu 24", "Ubuntu 24.04"}},
		{"ID=debian\nNAME='Debian GNU/Linux'\nVERSION_ID=12\n", []string{"Debian 12"}},
		{"ID=\"amzn\"\nNAME=\"Amazon Linux\"\nVERSION_ID=\"2023\"", []string{"Amazon Linux 2023"}},
		{"# a comment\nID=void\nNAME=Void\n", []string{"Void"}},
		{"ID=house\nNAME=\"House Linux\"\nVERSION_ID=3.2.1\n", []string{"House Linux 3", "House Linux 3.2.1"}},
		{"", nil},
		{"no release at all", nil},
	} {
		if diff := cmp.Diff(test.want, SystemNames(test.release)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.release, diff)
		}
	}
}

// unreachable answers for the image store only.
type unreachable struct{ has string }

func (u unreachable) Resolve(_ context.Context, r ref.Ref) (Image, error) {
	if r.String() == u.has {
		return Image{Digest: indexDigest}, nil
	}
	return Image{}, errors.New("no answer")
}

func (u unreachable) Builds(context.Context, string) ([]Build, error) { return nil, nil }

func TestUnreachableParentThatTheStoreHas(t *testing.T) {
	for _, test := range []struct{ parent, has, hint string }{
		{"debian:bookworm", "store:debian:bookworm", "the image store has an image of this name: parentImage: store:debian:bookworm"},
		{"debian:bookworm", "store:debian:trixie", ""},
		{"store:debian:bookworm", "store:debian:trixie", ""},
	} {
		_, err := makePlan(t, map[string]string{"recipe.yaml": "name: web\nparentImage: " + test.parent + "\n"}, func(o *Options) { o.Images = unreachable{test.has} })
		if want := `recipe.yaml:2:14: parent image "` + test.parent + `": no answer`; err == nil || err.Error() != want || hint(err) != test.hint {
			t.Errorf("got %v, hint %q\nwant %s, hint %q", err, hint(err), want, test.hint)
		}
	}
}
