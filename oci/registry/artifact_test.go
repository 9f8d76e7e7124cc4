package registry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/slipway-oci/slipway/oci/ocitest"
	"github.com/slipway-oci/slipway/oci/ref"
)

func memoryBlob(t *testing.T, mediaType types.MediaType, text string) Blob {
	t.Helper()
	digest, size, err := v1.SHA256(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return Blob{Descriptor: v1.Descriptor{MediaType: mediaType, Digest: digest, Size: size}, Data: []byte(text)}
}

func memoryArtifact(t *testing.T, blobs ...Blob) Manifest {
	t.Helper()
	layers := []v1.Descriptor{}
	for _, b := range blobs[1:] {
		layers = append(layers, b.Descriptor)
	}
	raw, err := json.Marshal(v1.Manifest{SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Config: blobs[0].Descriptor, Layers: layers})
	if err != nil {
		t.Fatal(err)
	}
	return Manifest{Raw: raw, Descriptor: memoryBlob(t, types.OCIManifestSchema1, string(raw)).Descriptor}
}

func registryRef(t *testing.T, text string) ref.Ref {
	t.Helper()
	r, err := ref.ParseRegistry(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestPushArtifactAndReadItBack(t *testing.T) {
	server := ocitest.Registry(t)
	c := New(Options{})
	blobs := []Blob{memoryBlob(t, "application/vnd.oci.empty.v1+json", "{}"), memoryBlob(t, "text/plain", "hello")}
	m := memoryArtifact(t, blobs...)
	to := registryRef(t, server.Host+"/things:1.0")
	for range 2 {
		if err := c.PushArtifact(t.Context(), to, m, blobs); err != nil {
			t.Fatal(err)
		}
	}
	if got := server.Count("POST", "/blobs/uploads/"); got != 2 {
		t.Errorf("%d uploads, want each blob once", got)
	}
	got, err := c.Manifest(t.Context(), to)
	if err != nil || !bytes.Equal(got.Raw, m.Raw) {
		t.Errorf("manifest %s, %v", got.Raw, err)
	}
	data, err := c.ReadBlob(t.Context(), to, blobs[1].Descriptor, 5)
	if err != nil || string(data) != "hello" {
		t.Errorf("blob %q, %v", data, err)
	}
	if _, err := c.ReadBlob(t.Context(), to, blobs[1].Descriptor, 4); err == nil || !strings.Contains(err.Error(), "has 5 bytes; at most 4 are read") {
		t.Errorf("beyond the limit: %v", err)
	}
}

func TestPushArtifactWithoutTag(t *testing.T) {
	server := ocitest.Registry(t)
	c := New(Options{})
	blobs := []Blob{memoryBlob(t, "application/vnd.oci.empty.v1+json", "{}")}
	m := memoryArtifact(t, blobs...)
	to, err := registryRef(t, server.Host+"/things").WithDigest(m.Descriptor.Digest.String())
	if err != nil {
		t.Fatal(err)
	}
	to.Tag = ""
	if err := c.PushArtifact(t.Context(), to, m, blobs); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Head(t.Context(), to); err != nil {
		t.Error(err)
	}
}

func TestTags(t *testing.T) {
	// Three pages; the links of a registry behind a proxy name another host, which must not matter.
	server := ocitest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch req.URL.Query().Get("last") {
		case "":
			w.Header().Set("Link", `</v2/things/tags/list?last=b&n=2>; rel="next"`)
			fmt.Fprint(w, `{"name":"things","tags":["a","b"]}`)
		case "b":
			w.Header().Set("Link", `<http://elsewhere.invalid/v2/things/tags/list?last=d&n=2>; rel=next`)
			fmt.Fprint(w, `{"name":"things","tags":["c","d"]}`)
		default:
			fmt.Fprint(w, `{"name":"things","tags":["e"]}`)
		}
	}))
	tags, err := New(Options{}).Tags(t.Context(), registryRef(t, server.Host+"/things"))
	if diff := cmp.Diff([]string{"a", "b", "c", "d", "e"}, tags); diff != "" || err != nil {
		t.Errorf("tags (-want +got):\n%s%v", diff, err)
	}
}

func TestTagsOfNothing(t *testing.T) {
	server := ocitest.Registry(t)
	if _, err := New(Options{}).Tags(t.Context(), registryRef(t, server.Host+"/things")); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	circle := ocitest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", `</v2/things/tags/list?n=1000>; rel="next"`)
		fmt.Fprint(w, `{"tags":["a"]}`)
	}))
	tags, err := New(Options{}).Tags(t.Context(), registryRef(t, circle.Host+"/things"))
	if diff := cmp.Diff([]string{"a"}, tags); diff != "" || err != nil {
		t.Errorf("a registry that goes round in circles (-want +got):\n%s%v", diff, err)
	}
}
