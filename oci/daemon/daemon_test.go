package daemon_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/oci/daemon"
	"github.com/slipway-oci/slipway/oci/ocitest"
	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/store"
)

func open(t *testing.T, host string) *daemon.Client {
	t.Helper()
	client, err := daemon.Open(daemon.Options{Host: host})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func names(t *testing.T, list ...string) []ref.Ref {
	t.Helper()
	var names []ref.Ref
	for _, text := range list {
		r, err := ref.Parse("docker-daemon:" + text)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, r)
	}
	return names
}

func configDigest(t *testing.T, img store.Image) v1.Hash {
	t.Helper()
	m, err := img.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	return m.Config.Digest
}

func TestImagesGoIntoDockerAndBack(t *testing.T) { thereAndBack(t, ocitest.Docker(t), 2) }

func TestImagesGoIntoPodmanAndBack(t *testing.T) { thereAndBack(t, ocitest.Podman(t), 0) }

// thereAndBack loads two images with two common layers; skipped is how many of them need not be sent twice.
func thereAndBack(t *testing.T, engine *ocitest.Engine, skipped int) {
	t.Helper()
	client, s := open(t, engine.Host), ocitest.Store(t)
	a, b := ocitest.Files{"a": "1"}, ocitest.Files{"b": "2"}
	first := ocitest.Put(t, s, ocitest.Image(t, a, b), "first:1")
	second := ocitest.Put(t, s, ocitest.Image(t, a, b, ocitest.Files{"c": "3"}), "second:1")
	loaded, err := client.Load(t.Context(), first, names(t, "first:1", "localhost:5000/team/first:x"))
	if err != nil {
		t.Fatal(err)
	}
	if id := configDigest(t, first); loaded.ID != id || loaded.Sent != 2 || loaded.Skipped != 0 || loaded.Present {
		t.Errorf("first = %+v, want the id %s and two layers sent", loaded, id)
	}
	loaded, err = client.Load(t.Context(), second, names(t, "second:1"))
	if err != nil {
		t.Fatal(err)
	}
	if id := configDigest(t, second); loaded.ID != id || loaded.Sent != 3-skipped || loaded.Skipped != skipped {
		t.Errorf("second = %+v, want the id %s and %d layers left out", loaded, id, skipped)
	}
	if loaded, err = client.Load(t.Context(), second, names(t, "again:1")); err != nil || !loaded.Present || loaded.Bytes != 0 {
		t.Errorf("the second time = %+v, %v, want nothing sent", loaded, err)
	}
	for _, name := range []string{"second:1", "again:1"} {
		if id := engine.Run("image", "inspect", "--format", "{{.Id}}", name); strings.TrimPrefix(id, "sha256:") != loaded.ID.Hex {
			t.Errorf("%s has the image %s as %s, want %s", engine.Name, id, name, loaded.ID)
		}
	}
	back(t, engine, client, second)
}

// back imports what the engine has into a store that has a part of it, and into an empty one.
func back(t *testing.T, engine *ocitest.Engine, client *daemon.Client, img store.Image) {
	t.Helper()
	info, err := client.Inspect(t.Context(), names(t, "second:1")[0])
	if err != nil {
		t.Fatal(err)
	}
	if config, _ := img.Config(); !cmp.Equal(info.DiffIDs, config.RootFS.DiffIDs) {
		t.Errorf("inspect = %+v, want the layers %s", info, config.RootFS.DiffIDs)
	}
	empty, partial := ocitest.Store(t), ocitest.Store(t)
	part := ocitest.Put(t, partial, ocitest.Image(t, ocitest.Files{"a": "1"}), "part:1")
	for _, to := range []*store.Store{empty, partial} {
		got, err := client.Import(t.Context(), info.ID, info.Platform, to)
		if err != nil {
			t.Fatal(err)
		}
		if err := got.Verify(t.Context()); err != nil {
			t.Error(err)
		}
		if configDigest(t, got) != configDigest(t, img) {
			t.Errorf("%s gave back another config", engine.Name)
		}
	}
	got, err := partial.WithConfig(t.Context(), info.ID)
	if err != nil {
		t.Fatal(err)
	}
	have, _ := got.Layers()
	if want, _ := part.Layers(); have[0].Digest != want[0].Digest {
		t.Errorf("the lowest layer is %s, want the store's own %s", have[0].Digest, want[0].Digest)
	}
	engine.Run("rmi", "--force", "second:1", "again:1")
	if _, err := client.Import(t.Context(), info.ID, info.Platform, empty); err != nil {
		t.Errorf("what the store has needs no engine: %v", err)
	}
	missing, err := client.Inspect(t.Context(), names(t, "second:1")[0])
	if !errors.As(err, new(*daemon.NotFoundError)) || !strings.Contains(err.Error(), `"second:1"`) {
		t.Errorf("inspect of a removed image = %+v, %v", missing, err)
	}
}

// fakeEngine answers like a Docker Engine whose images and archives are given.
func fakeEngine(t *testing.T, handle func(path string, w http.ResponseWriter, r *http.Request) bool) *daemon.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/v1.41")
		switch {
		case path == "/version":
			fmt.Fprint(w, `{"ApiVersion":"1.41","Os":"linux","Arch":"amd64"}`)
		case path == "/info":
			fmt.Fprint(w, `{}`)
		case handle(path, w, r):
		default:
			http.Error(w, `{"message":"no such image"}`, http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	return open(t, "tcp://"+strings.TrimPrefix(server.URL, "http://"))
}

func TestImportRefusesALayerThatIsNotTheConfigs(t *testing.T) {
	s := ocitest.Store(t)
	right := ocitest.Put(t, s, ocitest.Image(t, ocitest.Files{"a": "right"}), "")
	m, err := right.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	config, err := s.ReadBlob(m.Config)
	if err != nil {
		t.Fatal(err)
	}
	archive := ocitest.Tar(t, ocitest.Files{
		"config.json": string(config), "wrong/layer.tar": string(ocitest.Tar(t, ocitest.Files{"a": "wrong"})),
		"manifest.json": `[{"Config":"config.json","Layers":["wrong/layer.tar"]}]`,
	})
	client := fakeEngine(t, func(path string, w http.ResponseWriter, _ *http.Request) bool {
		_, _ = w.Write(archive)
		return strings.HasSuffix(path, "/get")
	})
	into := ocitest.Store(t)
	_, err = client.Import(t.Context(), m.Config.Digest, v1.Platform{}, into)
	if !errors.As(err, new(*store.DigestError)) {
		t.Errorf("Import = %v, want a *store.DigestError", err)
	}
	if images, _ := into.List(t.Context()); len(images) != 0 {
		t.Errorf("the store has %v, want nothing", images)
	}
	if _, err := client.Import(t.Context(), right.Digest(), v1.Platform{}, into); err == nil || !strings.Contains(err.Error(), "does not have the image") {
		t.Errorf("Import of another image than the archive's = %v", err)
	}
}

func TestLoadTellsWhatTheEngineSays(t *testing.T) {
	img := ocitest.Put(t, ocitest.Store(t), ocitest.Image(t, ocitest.Files{"a": "1"}), "a:1")
	for answer, want := range map[string]string{
		`{"error":"no space left"}`:  "no space left",
		`{"stream":"Loaded image:"}`: "does not have it",
	} {
		client := fakeEngine(t, func(path string, w http.ResponseWriter, _ *http.Request) bool {
			switch path {
			case "/images/json":
				fmt.Fprint(w, `[]`)
			case "/images/load":
				fmt.Fprint(w, answer)
			default:
				return false
			}
			return true
		})
		if _, err := client.Load(t.Context(), img, names(t, "a:1")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Load = %v, want %q", err, want)
		}
	}
}

func TestEngineThatDoesNotAnswer(t *testing.T) {
	host := "unix://" + filepath.Join(t.TempDir(), "none.sock")
	err := open(t, host).Ping(t.Context())
	var unavailable *daemon.UnavailableError
	if !errors.As(err, &unavailable) || unavailable.Host != host || !strings.Contains(unavailable.Hint(), "DOCKER_HOST") {
		t.Errorf("Ping = %v", err)
	}
}

func TestEngineIsFoundWhereDockerFindsIt(t *testing.T) {
	config := t.TempDir()
	write := func(path, text string) {
		t.Helper()
		path = filepath.Join(config, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("contexts/meta/"+fmt.Sprintf("%x", sha256.Sum256([]byte("remote")))+"/meta.json", `{"Name":"remote","Endpoints":{"docker":{"Host":"tcp://10.0.0.1:2375"}}}`)
	write("config.json", `{"currentContext":"remote"}`)
	tests := []struct {
		name string
		env  map[string]string
		want string
	}{
		{"DOCKER_HOST", map[string]string{"DOCKER_HOST": "unix:///a.sock"}, "unix:///a.sock"},
		{"current context", nil, "tcp://10.0.0.1:2375"},
		{"DOCKER_CONTEXT", map[string]string{"DOCKER_CONTEXT": "remote"}, "tcp://10.0.0.1:2375"},
		{"unknown context", map[string]string{"DOCKER_CONTEXT": "other"}, `docker context "other" does not exist`},
		{"no address", map[string]string{"DOCKER_HOST": "nonsense"}, "not an address"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client, err := daemon.Open(daemon.Options{Getenv: func(name string) string {
				if name == "DOCKER_CONFIG" {
					return config
				}
				return tt.env[name]
			}})
			got := ""
			if err != nil {
				got = err.Error()
			} else {
				got = client.Host()
			}
			if !strings.Contains(got, tt.want) {
				t.Errorf("Open = %q, want %q", got, tt.want)
			}
		})
	}
}
