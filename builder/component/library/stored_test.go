package library_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/builder/component/library"
	"github.com/slipway-oci/slipway/builder/component/sealed"
	"github.com/slipway-oci/slipway/builder/component/store"
	"github.com/slipway-oci/slipway/builder/recipe"
)

func TestOpenRecipe(t *testing.T) {
	const template = "FROM {{{ imagebuilder:parentImage }}}\n{{{ imagebuilder:components }}}\nENV KEPT=yes\n"
	s := newShelf(t).with(func(o *library.Options) {
		o.Fetch = func(context.Context, string) ([]byte, error) { return []byte(template), nil }
	})
	s.add("abc/1.0.0")
	text := "name: My Web\nsemanticVersion: 1.x.x\nparentImage: debian:12\ncomponents: [{component: abc}]\ndockerfileTemplateUri: https://host/Dockerfile\n"
	parsed, err := recipe.Parse("recipe.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.CreateRecipe(s.ctx(), parsed, []byte(text)); err != nil {
		t.Fatal(err)
	}
	r, err := s.OpenRecipe(s.ctx(), "my-web")
	if err != nil {
		t.Fatal(err)
	}
	if r.Version.Value != "1.0.0" || r.Dir != "" || r.File != "my-web/1.0.0" || r.Components[0].Reference.Value != "abc" {
		t.Errorf("opened %+v", r)
	}
	nobody := func(context.Context, string) ([]byte, error) { return nil, errors.New("read again") }
	if got, err := r.ReadTemplate(s.ctx(), nobody); err != nil || got.Text != template {
		t.Errorf("template %+v, %v", got, err)
	}
	_, err = s.OpenRecipe(s.ctx(), "my-web/2.x.x")
	refused(t, err, library.NotFound)
	for text, want := range map[string]bool{
		"web": true, "web/1.x.x": true, "web/1.0.0": true, "arn:aws:imagebuilder:eu-west-1:123456789012:container-recipe/web/1.0.0": true,
		"recipe.yaml": false, "./web": false, "..": false, "web/1.0.0/1": false, "aws:web": false, "": false,
	} {
		if library.IsRecipe(text) != want {
			t.Errorf("IsRecipe(%q) is not %v", text, want)
		}
	}
}

const otherKey = "base64key://BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA="

func TestRekey(t *testing.T) {
	keys := map[string]string{}
	var ids []string
	for _, key := range []string{testKey, otherKey} {
		id, err := sealed.Fingerprint(key)
		if err != nil {
			t.Fatal(err)
		}
		keys[id] = key
		ids = append(ids, id)
	}
	plain := newShelf(t)
	s := plain.with(func(o *library.Options) { o.Sealer = sealed.New(sealed.Options{Keys: keys}) })
	r := request("abc", "1.0.0", "once encrypted")
	r.KMSKey = &ids[0]
	s.create(r)
	s.create(request("abc", "1.1.0", "once clear"))
	s.create(request("other", "1.0.0", "left alone"))
	done, err := s.Rekey(s.ctx(), library.RekeyRequest{Reference: "abc", Key: ids[1]})
	if err != nil || len(done.Components) != 2 || len(done.Warnings) > 0 {
		t.Fatalf("changed %v, %v", shorts(done.Components), err)
	}
	for reference, want := range map[string]string{"abc/1.0.0": "once encrypted", "abc/1.1.0": "once clear"} {
		c, err := s.Get(s.ctx(), reference)
		if err != nil || !c.Encrypted || c.KMSKey != ids[1] {
			t.Errorf("%s: encrypted %v with %q, %v", reference, c.Encrypted, c.KMSKey, err)
		}
		found, err := s.with(func(o *library.Options) {
			o.Sealer = sealed.New(sealed.Options{Keys: map[string]string{ids[1]: otherKey}})
		}).Source().Find(s.ctx(), reference)
		if err != nil || !strings.Contains(string(found.Document.Bytes), want) {
			t.Errorf("%s with the new key alone: %v, %v", reference, found, err)
		}
	}
	path := s.storage.Path()
	if err := s.storage.Close(); err != nil { // which ends the log of changes
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(data), "once clear") {
		t.Error("the clear text is still in the file")
	}
	if !strings.Contains(string(data), "left alone") {
		t.Error("the test does not see clear text that is there")
	}
	reopened, err := store.Open(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { reopened.Close() })
	l := library.New(reopened, s.options)
	if _, err := l.Rekey(s.ctx(), library.RekeyRequest{Reference: "none", Key: ids[1]}); library.CodeOf(err) != library.NotFound {
		t.Errorf("nothing: %v", err)
	}
	if done, err := l.Rekey(s.ctx(), library.RekeyRequest{From: ids[0], Key: ids[1]}); err != nil || len(done.Components) > 0 {
		t.Errorf("no document has the first key any more: %v, %v", shorts(done.Components), err)
	}
	if done, err := l.Rekey(s.ctx(), library.RekeyRequest{}); err != nil || len(done.Components) != 2 {
		t.Errorf("back to clear text: %v, %v", shorts(done.Components), err)
	}
}

func TestRekeyNeedsTheOldKey(t *testing.T) {
	id, err := sealed.Fingerprint(testKey)
	if err != nil {
		t.Fatal(err)
	}
	plain := newShelf(t)
	r := request("abc", "1.0.0", "a")
	r.KMSKey = &id
	plain.with(func(o *library.Options) { o.Sealer = sealed.New(sealed.Options{Keys: map[string]string{id: testKey}}) }).create(r)
	s := plain.with(func(o *library.Options) { o.Sealer = sealed.New(sealed.Options{}) })
	_, err = s.Rekey(s.ctx(), library.RekeyRequest{Reference: "abc", Key: otherKey})
	refused(t, err, library.ClientFault, "abc/1.0.0/1", id)
	if c, err := s.Get(s.ctx(), "abc"); err != nil || c.KMSKey != id || !c.Encrypted {
		t.Errorf("the component was changed: %+v, %v", c, err)
	}
}
