package recipe

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const ownTemplate = "FROM {{{ imagebuilder:parentImage }}}\nENV OWN=1\n{{{ imagebuilder:components }}}\n"

func TestTemplateAddresses(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "Dockerfile")
	if err := os.WriteFile(file, []byte(ownTemplate), 0o644); err != nil {
		t.Fatal(err)
	}
	fetch := func(_ context.Context, address string) ([]byte, error) {
		if address != "https://example.com/Dockerfile" {
			return nil, fmt.Errorf("asked for %q", address)
		}
		return []byte(ownTemplate), nil
	}
	digest := fmt.Sprintf("#sha256=%x", sha256.Sum256([]byte(ownTemplate)))
	for _, test := range []struct{ uri, want string }{
		{"file://" + file, ""},
		{"file://Dockerfile", ""},
		{"./Dockerfile", ""},
		{"./Dockerfile" + digest, ""},
		{"https://example.com/Dockerfile" + digest, ""},
		{"./Dockerfile#sha256=" + strings.Repeat("0", 64), "has digest sha256:"},
		{"ftp://example.com/x", "no known scheme"},
		{"Dockerfile", "no known scheme"},
		{"./none", "no such file"},
		{"FROM x\nRUN y", "holds a text of several lines"},
	} {
		t.Run(test.uri[:min(len(test.uri), 30)], func(t *testing.T) {
			r := &Recipe{Dir: dir, Template: TemplateSource{URI: Text{Value: test.uri, Pos: at(3, 1)}}}
			template, err := r.ReadTemplate(t.Context(), fetch)
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want == "" && template.Text != ownTemplate:
				t.Errorf("got %q", template.Text)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "recipe.yaml:3:1: ")):
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestAddressWithoutFetch(t *testing.T) {
	r := &Recipe{Template: TemplateSource{URI: Text{Value: "https://example.com/Dockerfile", Pos: at(3, 1)}}}
	_, err := r.ReadTemplate(t.Context(), nil)
	if want := `recipe.yaml:3:1: reading template "https://example.com/Dockerfile": https addresses are not read here`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
