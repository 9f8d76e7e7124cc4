package library_test

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/builder/component/library"
	"github.com/slipway-oci/slipway/builder/component/sealed"
	"github.com/slipway-oci/slipway/builder/recipe"
)

const hiddenTemplate = "FROM {{{ imagebuilder:parentImage }}}\n{{{ imagebuilder:components }}}\nENV WORD=hidden-in-the-template\n"

// templates are a recipe whose template is part of it, and one whose template is behind an address.
var templates = map[string]string{
	"inline":  "dockerfileTemplateData: |\n  " + strings.ReplaceAll(strings.TrimSpace(hiddenTemplate), "\n", "\n  ") + "\n",
	"address": "dockerfileTemplateUri: https://host/Dockerfile\n",
}

// keyed gives a shelf that has testKey in its settings, and the id of the key.
func keyed(t *testing.T, plain *shelf) (s *shelf, id string) {
	t.Helper()
	id, err := sealed.Fingerprint(testKey)
	if err != nil {
		t.Fatal(err)
	}
	return plain.with(func(o *library.Options) {
		o.Sealer = sealed.New(sealed.Options{Keys: map[string]string{id: testKey}})
		o.Fetch = func(context.Context, string) ([]byte, error) { return []byte(hiddenTemplate), nil }
	}), id
}

// keepText keeps the recipe that a file holds.
func (s *shelf) keepText(text string) library.Recipe {
	s.t.Helper()
	parsed, err := recipe.Parse("recipe.yaml", []byte(text))
	if err != nil {
		s.t.Fatal(err)
	}
	kept, err := s.CreateRecipe(s.ctx(), parsed, []byte(text))
	if err != nil || len(parsed.Warnings)+len(kept.Warnings) > 0 {
		s.t.Fatalf("warnings %q and %q, %v", parsed.Warnings, kept.Warnings, err)
	}
	return kept.Recipe
}

// onDisk is everything that the store has written.
func (s *shelf) onDisk() []byte {
	s.t.Helper()
	var all []byte
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(s.storage.Path() + suffix)
		if err != nil {
			s.t.Fatal(err)
		}
		all = append(all, data...)
	}
	return all
}

func TestKMS01RecipesAreEncryptedAtRest(t *testing.T) {
	for name, template := range templates {
		t.Run(name, func(t *testing.T) {
			plain := newShelf(t)
			s, id := keyed(t, plain)
			text := "name: web\nparentImage: debian:12\n" + template + "kmsKeyId: " + testKey + "\n"
			r := s.keepText(text)
			if !r.Encrypted || r.KMSKey != id {
				t.Errorf("encrypted %v with %q", r.Encrypted, r.KMSKey)
			}
			for _, secret := range []string{"hidden-in-the-template", testKey[12:]} {
				if bytes.Contains(s.onDisk(), []byte(secret)) {
					t.Errorf("the store holds %q", secret)
				}
			}
			opened, err := s.OpenRecipe(s.ctx(), "web")
			if err != nil {
				t.Fatal(err)
			}
			if got, err := opened.ReadTemplate(s.ctx(), nil); err != nil || got.Text != hiddenTemplate {
				t.Errorf("template %+v, %v", got, err)
			}
			if file, _, err := s.RecipeFile(s.ctx(), r); err != nil || string(file) != text {
				t.Errorf("file %q, %v", file, err)
			}
		})
	}
}

func TestRecipesWithoutTheirKey(t *testing.T) {
	plain := newShelf(t)
	s, id := keyed(t, plain)
	r := s.keepText("name: web\nparentImage: debian:12\n" + templates["inline"] + "kmsKeyId: " + id + "\n")
	for name, other := range map[string]*shelf{
		"no sealer": plain,
		"no key":    plain.with(func(o *library.Options) { o.Sealer = sealed.New(sealed.Options{}) }),
		"wrong key": plain.with(func(o *library.Options) {
			o.Sealer = sealed.New(sealed.Options{Keys: map[string]string{id: otherKey}})
		}),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := other.OpenRecipe(other.ctx(), "web")
			refused(t, err, library.ClientFault, `recipe "web/1.0.0"`, id)
			_, _, err = other.RecipeFile(other.ctx(), r)
			refused(t, err, library.ClientFault, `recipe "web/1.0.0"`, id)
			list, err := other.Recipes(other.ctx(), "")
			if err != nil || len(list) != 1 || list[0].KMSKey != id || !list[0].Encrypted {
				t.Errorf("the list: %+v, %v", list, err)
			}
		})
	}
	parsed, err := recipe.Parse("recipe.yaml", []byte("name: other\nparentImage: debian:12\nkmsKeyId: "+id+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = plain.CreateRecipe(plain.ctx(), parsed, []byte("x"))
	refused(t, err, library.InvalidRequest, "kmsKeyId")
}

func TestTheDefaultKeyEncryptsRecipes(t *testing.T) {
	s, id := keyed(t, newShelf(t))
	s = s.with(func(o *library.Options) { o.Settings.DefaultKey = id })
	if r := s.keepText("name: web\nparentImage: debian:12\n" + templates["inline"]); !r.Encrypted || r.KMSKey != id {
		t.Errorf("encrypted %v with %q", r.Encrypted, r.KMSKey)
	}
}

// A recipe is sealed for the version that comes next; when another takes that number it is sealed again.
func TestRecipesAreSealedAgainWhenTheVersionIsTaken(t *testing.T) {
	plain := newShelf(t)
	s, id := keyed(t, plain)
	sealer := &overtaking{s.options.Sealer, func() { plain.keep("web", "1.0.0") }}
	s = s.with(func(o *library.Options) { o.Sealer = sealer })
	r := s.keepText("name: web\nsemanticVersion: 1.x.x\nparentImage: debian:12\n" + templates["inline"] + "kmsKeyId: " + id + "\n")
	if r.Version.Text == "1.0.0" {
		t.Fatalf("version %s, which another has", r.Version.Text)
	}
	if _, _, err := s.RecipeFile(s.ctx(), r); err != nil {
		t.Error(err)
	}
}
