package option

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/builder/engine"
)

func TestSecretsComeFromFilesAndVariables(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("from file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := Secret{given: []string{"id=A,src=" + file, "id=B,env=OTHER", "id=C"}}
	got, err := s.Values(func(name string) string { return map[string]string{"OTHER": "from OTHER", "C": "from C"}[name] })
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]byte{"A": []byte("from file\n"), "B": []byte("from OTHER"), "C": []byte("from C")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}

func TestWrongSecretsAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"id=A":              "which is not set",
		"src=x":             "is not an id",
		"id=a/b,env=HOME":   "is not an id",
		"id=A,src=x,env=y":  "both a file and a variable",
		"id=A,value=secret": `"value" is not a key`,
		"id=A,src=/nowhere": "no such file",
	} {
		s := Secret{given: []string{text}}
		_, err := s.Values(func(string) string { return "" })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("--secret %s: %v, want %q", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret\"") {
			t.Errorf("--secret %s: the error has the value: %v", text, err)
		}
	}
}

func TestCachesAreReadInBuildKitsWords(t *testing.T) {
	c := Cache{from: []string{"localhost:5000/cache"}, to: []string{"type=local,dest=/tmp/c", "type=registry,ref=r/c,mode=min"}}
	from, to, err := c.Caches()
	if err != nil {
		t.Fatal(err)
	}
	wantFrom := []engine.Cache{{Type: "registry", Attrs: map[string]string{"ref": "localhost:5000/cache"}}}
	wantTo := []engine.Cache{
		{Type: "local", Attrs: map[string]string{"dest": "/tmp/c", "mode": "max"}},
		{Type: "registry", Attrs: map[string]string{"ref": "r/c", "mode": "min"}},
	}
	if diff := cmp.Diff(wantFrom, from) + cmp.Diff(wantTo, to); diff != "" {
		t.Errorf("caches (-want +got):\n%s", diff)
	}
	wrong := Cache{from: []string{"type=local,src"}}
	if _, _, err := wrong.Caches(); err == nil {
		t.Error("type=local,src is accepted")
	}
}
