package artifact

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/slipway-oci/slipway/oci/ocitest"
	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/registry"
)

const text = `name: Open Ports # the comment stays
schemaVersion: 1.0
phases:
  - name: build
    steps:
      - {name: Open, action: ExecuteBash, inputs: {commands: ['true']}}
`

func example(version string) Component {
	return Component{
		Name: "Open Ports", Version: version, Platform: "Linux", Type: "BUILD", Description: "Opens the ports.",
		SupportedOSVersions: []string{"Debian 12", "Ubuntu"}, Document: []byte(text),
	}
}

func client() *registry.Client {
	return registry.New(registry.Options{Retry: registry.Retry{Attempts: 1}})
}

func parse(t *testing.T, text string) ref.Ref {
	t.Helper()
	r, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func push(t *testing.T, to string, c Component, o PushOptions) ref.Ref {
	t.Helper()
	pinned, err := Push(t.Context(), client(), parse(t, to), c, o)
	if err != nil {
		t.Fatal(err)
	}
	return pinned
}

func TestParse(t *testing.T) {
	digest := "sha256:" + strings.Repeat("a", 64)
	for _, test := range []struct{ text, want string }{
		{"oci://localhost:5000/components/nginx", "localhost:5000/components/nginx:x.x.x"},
		{"localhost:5000/components/nginx", "localhost:5000/components/nginx:x.x.x"},
		{"oci://localhost:5000/nginx:1.x.x", "localhost:5000/nginx:1.x.x"},
		{"oci://localhost:5000/nginx:stable", "localhost:5000/nginx:stable"},
		{"oci://localhost:5000/nginx@" + digest, "localhost:5000/nginx@" + digest},
		{"oci://localhost:5000/nginx:1.0.0@" + digest, "localhost:5000/nginx:1.0.0@" + digest},
		{"oci://nginx", "docker.io/library/nginx:x.x.x"},
	} {
		if got := parse(t, test.text).String(); got != test.want {
			t.Errorf("Parse(%q) = %s, want %s", test.text, got, test.want)
		}
	}
	if _, err := Parse("oci://"); err == nil {
		t.Error("an empty reference is accepted")
	}
}

func TestPushAndPull(t *testing.T) {
	for name, host := range map[string]string{"in process": ocitest.Registry(t).Host, "distribution": ""} {
		t.Run(name, func(t *testing.T) {
			if host == "" {
				host = ocitest.Distribution(t)
			}
			repository := "oci://" + host + "/components/open-ports"
			first := push(t, repository, example("1.2.0"), PushOptions{})
			if first.Tag != "1.2.0" {
				t.Errorf("tag %q, want the version", first.Tag)
			}
			later := example("1.10.0")
			later.ChangeDescription = "more ports"
			push(t, repository+":1.x.x", later, PushOptions{})
			push(t, repository, example("2.0.0"), PushOptions{})
			push(t, repository+":stable", example("1.2.0"), PushOptions{})
			for _, test := range []struct{ reference, version string }{
				{repository, "2.0.0"},
				{repository + ":1.x.x", "1.10.0"},
				{repository + ":1.2.x", "1.2.0"},
				{repository + ":1.2.0", "1.2.0"},
				{repository + ":stable", "1.2.0"},
				{repository + "@" + first.Digest, "1.2.0"},
			} {
				got, pinned, err := Pull(t.Context(), client(), parse(t, test.reference))
				if err != nil {
					t.Errorf("%s: %v", test.reference, err)
					continue
				}
				want := example(test.version)
				if test.version == "1.10.0" {
					want = later
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", test.reference, diff)
				}
				resolved, err := Resolve(t.Context(), client(), parse(t, test.reference))
				if err != nil || resolved != pinned || pinned.Digest == "" {
					t.Errorf("%s: Resolve gives %s (%v), Pull gave %s", test.reference, resolved, err, pinned)
				}
			}
			versions, err := Versions(t.Context(), client(), parse(t, repository))
			var tags []string
			for _, v := range versions {
				tags = append(tags, v.Tag)
			}
			if diff := cmp.Diff([]string{"2.0.0", "1.10.0", "1.2.0"}, tags); diff != "" || err != nil {
				t.Errorf("versions (-want +got):\n%s%v", diff, err)
			}
		})
	}
}

func TestOtherToolsSeeAnArtifact(t *testing.T) {
	skopeo, err := exec.LookPath("skopeo")
	if err != nil {
		t.Skip("skopeo is not installed (Debian: apt install skopeo)")
	}
	host := ocitest.Distribution(t)
	pinned := push(t, "oci://"+host+"/open-ports", example("1.0.0"), PushOptions{})
	cmd := exec.CommandContext(t.Context(), skopeo, "inspect", "--raw", "--tls-verify=false", "docker://"+host+"/open-ports:1.0.0")
	raw, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	digest, _, _ := v1.SHA256(bytes.NewReader(raw))
	if digest.String() != pinned.Digest {
		t.Errorf("skopeo reads %s, pushed was %s", digest, pinned.Digest)
	}
	const want = `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"application/vnd.slipway.component.v1",` +
		`"config":{"mediaType":"application/vnd.oci.empty.v1+json","size":2,"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},` +
		`"layers":[{"mediaType":"application/vnd.slipway.component.document.v1+yaml","size":163,"digest":"DOCUMENT",` +
		`"annotations":{"org.opencontainers.image.title":"open-ports.yaml"}}],` +
		`"annotations":{"io.slipway.component.digest":"DOCUMENT","io.slipway.component.platform":"Linux",` +
		`"io.slipway.component.supported-os-versions":"[\"Debian 12\",\"Ubuntu\"]","io.slipway.component.type":"BUILD",` +
		`"org.opencontainers.image.description":"Opens the ports.","org.opencontainers.image.title":"Open Ports","org.opencontainers.image.version":"1.0.0"}}`
	document, _, _ := v1.SHA256(strings.NewReader(text))
	if diff := cmp.Diff(strings.ReplaceAll(want, "DOCUMENT", document.String()), string(raw)); diff != "" {
		t.Errorf("manifest (-want +got):\n%s", diff)
	}
}

func TestPushAgain(t *testing.T) {
	server := ocitest.Registry(t)
	to := "oci://" + server.Host + "/open-ports"
	first := push(t, to, example("1.0.0"), PushOptions{})
	server.Reset()
	if second := push(t, to, example("1.0.0"), PushOptions{}); second != first || server.Count("PUT", "")+server.Count("POST", "") > 0 {
		t.Errorf("the same component was pushed again: %s, %v", second, server.Requests())
	}
	other := example("1.0.0")
	other.Description = "Opens other ports."
	_, err := Push(t.Context(), client(), parse(t, to), other, PushOptions{})
	var refused *Error
	if want := "component " + server.Host + "/open-ports:1.0.0: the registry has another component of this version (" + first.Digest + ")"; !errors.As(err, &refused) || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if replaced := push(t, to, other, PushOptions{Replace: true}); replaced.Digest == first.Digest {
		t.Error("the version was not replaced")
	}
	push(t, to+":stable", example("1.0.0"), PushOptions{})
	push(t, to+":stable", other, PushOptions{}) // such a tag is there to move
}

func TestPushRefuses(t *testing.T) {
	server := ocitest.Registry(t)
	name := server.Host + "/open-ports"
	change := func(f func(*Component)) Component {
		c := example("1.0.0")
		f(&c)
		return c
	}
	for _, test := range []struct {
		name, to, want string
		component      Component
	}{
		{"digest", name + "@sha256:" + strings.Repeat("a", 64), "a component is pushed to a tag, not to a digest", example("1.0.0")},
		{"other version", name + ":1.0.1", "version 1.0.0 of the component does not fit the tag", example("1.0.0")},
		{"other major", name + ":2.x.x", "version 1.0.0 of the component does not fit the tag", example("1.0.0")},
		{"open version", name + ":stable", `its version "1.x.x" is not allowed`, example("1.x.x")},
		{"name", name, `its name "a/b" is not allowed`, change(func(c *Component) { c.Name = "a/b" })},
		{"platform", name, `its platform "linux" is not allowed`, change(func(c *Component) { c.Platform = "linux" })},
		{"type", name, "it is said to be of type TEST, and its document is of type BUILD", change(func(c *Component) { c.Type = "TEST" })},
		{"description", name, `its description "of more than 1024 characters" is not allowed`, change(func(c *Component) { c.Description = strings.Repeat("é", 1025) })},
		{"document", name, "did not find expected", change(func(c *Component) { c.Document = []byte("a: [") })},
	} {
		_, err := Push(t.Context(), client(), parse(t, test.to), test.component, PushOptions{})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", test.name, err, test.want)
		}
	}
	if server.Count("PUT", "") > 0 {
		t.Error("something was pushed")
	}
}

// put stores a manifest with one blob of the document.
func put(t *testing.T, to ref.Ref, change func(*manifest)) {
	t.Helper()
	m, blobs, err := build(example("1.0.0"))
	if err != nil {
		t.Fatal(err)
	}
	var decoded manifest
	if err := json.Unmarshal(m.Raw, &decoded); err != nil {
		t.Fatal(err)
	}
	change(&decoded)
	raw, err := json.Marshal(decoded)
	if err != nil {
		t.Fatal(err)
	}
	self, err := blob(types.MediaType(decoded.MediaType), raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := client().PushArtifact(t.Context(), to, registry.Manifest{Descriptor: self.Descriptor, Raw: raw}, blobs); err != nil {
		t.Fatal(err)
	}
}

func TestPullRefuses(t *testing.T) {
	server := ocitest.Registry(t)
	to := parse(t, server.Host+"/open-ports:1.0.0")
	for _, test := range []struct {
		name, want string
		change     func(*manifest)
	}{
		{"another artifact", `it is an artifact of type "application/vnd.example", not a component`, func(m *manifest) { m.ArtifactType = "application/vnd.example" }},
		{"an image", "it is a container image, not a component", func(m *manifest) {
			m.ArtifactType, m.Config.MediaType = "", types.OCIConfigJSON
		}},
		{"no type", "it has not exactly one layer of type application/vnd.slipway.component.document.v1+yaml", func(m *manifest) { m.ArtifactType = "" }},
		{"two layers", "it is damaged: it has 2 layers, and not one component document", func(m *manifest) { m.Layers = append(m.Layers, m.Layers[0]) }},
		{"another layer", "it is damaged: it has 1 layers, and not one component document", func(m *manifest) { m.Layers[0].MediaType = "text/plain" }},
		{"too large", "its document has 1048577 bytes; at most 1048576 are allowed", func(m *manifest) { m.Layers[0].Size = 1<<20 + 1 }},
		{"another digest", "and it is said to be \"sha256:0\"", func(m *manifest) { m.Annotations[digestKey] = "sha256:0" }},
		{"another version", "it is version 1.0.1", func(m *manifest) { m.Annotations[versionKey] = "1.0.1" }},
		{"no version", `its version "" is not allowed`, func(m *manifest) { delete(m.Annotations, versionKey) }},
		{"a path as name", `its name "../../evil" is not allowed`, func(m *manifest) { m.Annotations[nameKey] = "../../evil" }},
		{"another type", "it is said to be of type TEST, and its document is of type BUILD", func(m *manifest) { m.Annotations[typeKey] = "TEST" }},
		{"bad list", "annotation io.slipway.component.supported-os-versions: ", func(m *manifest) { m.Annotations[osVersionsKey] = "[1" }},
	} {
		put(t, to, test.change)
		_, _, err := Pull(t.Context(), client(), to)
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), server.Host+"/open-ports:1.0.0") {
			t.Errorf("%s: got %v, want %s", test.name, err, test.want)
		}
	}
}

func TestDocumentOfAnyArtifact(t *testing.T) {
	server := ocitest.Registry(t)
	to := parse(t, server.Host+"/open-ports:1.0.0")
	put(t, to, func(m *manifest) { m.ArtifactType, m.Annotations = "application/vnd.unknown.artifact.v1", nil })
	if _, _, err := Pull(t.Context(), client(), to); !errors.Is(err, ErrNotComponent) {
		t.Errorf("Pull: %v, want ErrNotComponent", err)
	}
	data, pinned, err := Document(t.Context(), client(), to)
	if err != nil || string(data) != text || pinned.Digest == "" {
		t.Errorf("got %q, %s, %v", data, pinned, err)
	}
}

func TestEveryReadIsVerified(t *testing.T) {
	real := ocitest.Registry(t)
	pinned := push(t, real.Host+"/open-ports", example("1.0.0"), PushOptions{})
	for _, part := range []string{"/blobs/", "/manifests/"} {
		// A registry, or somebody on the way, that changes a byte.
		server := ocitest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			req, err := http.NewRequestWithContext(req.Context(), req.Method, "http://"+real.Host+req.URL.String(), nil)
			if err != nil {
				t.Error(err)
				return
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			var body bytes.Buffer
			_, _ = body.ReadFrom(resp.Body)
			w.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
			w.WriteHeader(resp.StatusCode)
			if strings.Contains(req.URL.Path, part) {
				_, _ = w.Write(bytes.Replace(body.Bytes(), []byte("Open"), []byte("Shut"), 1))
				return
			}
			_, _ = w.Write(body.Bytes())
		}))
		_, _, err := Pull(t.Context(), client(), parse(t, server.Host+"/open-ports@"+pinned.Digest))
		if err == nil || !strings.Contains(err.Error(), "sha256:") {
			t.Errorf("changed %s: got %v, want an error with the digests", part, err)
		}
	}
}

func TestNothingMatches(t *testing.T) {
	server := ocitest.Registry(t)
	for _, version := range []string{"1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.4.0", "1.5.0"} {
		push(t, server.Host+"/open-ports", example(version), PushOptions{})
	}
	_, _, err := Pull(t.Context(), client(), parse(t, server.Host+"/open-ports:2.x.x"))
	var refused *Error
	if !errors.Is(err, ErrNoVersion) || !errors.As(err, &refused) || refused.Hint() != "it has 1.5.0, 1.4.0, 1.3.0, 1.2.0, 1.1.0 and 1 more" {
		t.Errorf("got %v, %+v", err, refused)
	}
	if _, _, err := Pull(t.Context(), client(), parse(t, server.Host+"/other:1.x.x")); !errors.Is(err, registry.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	if _, err := Resolve(t.Context(), client(), parse(t, server.Host+"/open-ports:1.0.1")); !errors.Is(err, registry.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}
