package library_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/slipway-oci/slipway/builder/component/library"
	"github.com/slipway-oci/slipway/builder/component/sealed"
	"github.com/slipway-oci/slipway/builder/component/store"
	"github.com/slipway-oci/slipway/runner/action/catalog"
)

// twoKeys gives a shelf that has both keys in its settings, and their ids.
func twoKeys(t *testing.T, plain *shelf) (s *shelf, ids [2]string) {
	t.Helper()
	keys := map[string]string{}
	for i, key := range []string{testKey, otherKey} {
		id, err := sealed.Fingerprint(key)
		if err != nil {
			t.Fatal(err)
		}
		keys[id], ids[i] = key, id
	}
	return plain.with(func(o *library.Options) {
		o.Sealer = sealed.New(sealed.Options{Keys: keys})
		o.Fetch = func(context.Context, string) ([]byte, error) { return []byte(hiddenTemplate), nil }
	}), ids
}

// having gives a shelf that has one key alone.
func (s *shelf) having(id, key string) *shelf {
	return s.with(func(o *library.Options) {
		o.Sealer = sealed.New(sealed.Options{Keys: map[string]string{id: key}})
	})
}

func TestRekeyRecipes(t *testing.T) {
	for name, template := range templates {
		t.Run(name, func(t *testing.T) {
			plain := newShelf(t)
			s, ids := twoKeys(t, plain)
			text := "name: web\nparentImage: debian:12\n" + template
			locked := text + "kmsKeyId: " + ids[0] + "\n"
			s.keepText(locked)
			s.keepText("semanticVersion: 1.1.0\n" + text) // in clear text
			other, err := store.Open(t.Context(), plain.storage.Path(), store.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close() // another process that has the file open
			done, err := s.RekeyRecipes(s.ctx(), library.RekeyRequest{Reference: "web/1.x.x", Key: ids[1]})
			if err != nil || len(done.Recipes) != 2 || len(done.Warnings) > 0 {
				t.Fatalf("changed %+v, %v", done, err)
			}
			if bytes.Contains(s.onDisk(), []byte("hidden-in-the-template")) {
				t.Error("the clear text is still on the disk")
			}
			alone := s.having(ids[1], otherKey)
			for version, want := range map[string]string{"1.0.0": locked, "1.1.0": "semanticVersion: 1.1.0\n" + text} {
				r, err := alone.Recipe(s.ctx(), "web/"+version)
				if err != nil || !r.Encrypted || r.KMSKey != ids[1] {
					t.Errorf("%s: %+v, %v", version, r, err)
				}
				if file, _, err := alone.RecipeFile(s.ctx(), r); err != nil || string(file) != want {
					t.Errorf("%s: file %q, %v", version, file, err)
				}
				opened, err := alone.OpenRecipe(s.ctx(), "web/"+version)
				if err != nil {
					t.Fatal(err)
				}
				if got, err := opened.ReadTemplate(s.ctx(), nil); err != nil || got.Text != hiddenTemplate {
					t.Errorf("%s: template %+v, %v", version, got, err)
				}
			}
			if done, err := s.RekeyRecipes(s.ctx(), library.RekeyRequest{From: ids[0], Key: ids[1]}); err != nil || len(done.Recipes) > 0 {
				t.Errorf("none has the first key any more: %+v, %v", done, err)
			}
			if done, err := s.RekeyRecipes(s.ctx(), library.RekeyRequest{Reference: "web/1.1.0"}); err != nil || done.Recipes[0].Encrypted || done.Recipes[0].KMSKey != "" {
				t.Errorf("back to clear text: %+v, %v", done, err)
			}
			if file, _, err := plain.RecipeFile(s.ctx(), mustRecipe(t, plain, "web/1.1.0")); err != nil || !bytes.Contains(file, []byte("semanticVersion: 1.1.0")) {
				t.Errorf("in clear text: %q, %v", file, err)
			}
		})
	}
}

func mustRecipe(t *testing.T, s *shelf, reference string) library.Recipe {
	t.Helper()
	r, err := s.Recipe(s.ctx(), reference)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRekeyRecipesRefusals(t *testing.T) {
	plain := newShelf(t)
	s, ids := twoKeys(t, plain)
	s.keepText("name: web\nparentImage: debian:12\n" + templates["inline"] + "kmsKeyId: " + testKey + "\n")
	_, err := s.RekeyRecipes(s.ctx(), library.RekeyRequest{Reference: "wbe", Key: ids[1]})
	refused(t, err, library.NotFound, `did you mean "web"`)
	_, err = s.RekeyRecipes(s.ctx(), library.RekeyRequest{Reference: "web"})
	refused(t, err, library.InvalidRequest, "web/1.0.0", "local key", "without kmsKeyId")
	_, err = s.having(ids[1], otherKey).RekeyRecipes(s.ctx(), library.RekeyRequest{Key: ids[1]})
	refused(t, err, library.ClientFault, "web/1.0.0", ids[0])
	_, err = s.having(ids[0], testKey).RekeyRecipes(s.ctx(), library.RekeyRequest{Key: ids[1]})
	refused(t, err, library.InvalidRequest, ids[1])
	if r := mustRecipe(t, s, "web"); r.KMSKey != ids[0] || !r.Encrypted {
		t.Errorf("the recipe was changed: %+v", r)
	}
	if _, _, err := s.RecipeFile(s.ctx(), mustRecipe(t, s, "web")); err != nil {
		t.Error(err)
	}
}

// failing encrypts a few times, and then no more.
type failing struct {
	library.Sealer
	left int
}

func (f *failing) Seal(ctx context.Context, key string, document, label []byte) ([]byte, string, string, error) {
	if f.left--; f.left < 0 {
		return nil, "", "", errors.New("the key service is gone")
	}
	return f.Sealer.Seal(ctx, key, document, label)
}

// TestRekeyGoesOnWhereItBrokeOff: the key service fails in the middle of a recipe, between its file and its template.
func TestRekeyGoesOnWhereItBrokeOff(t *testing.T) {
	s, ids := twoKeys(t, newShelf(t))
	for _, version := range []string{"1.0.0", "1.1.0", "1.2.0"} {
		s.keepText("name: web\nparentImage: debian:12\nsemanticVersion: " + version + "\n" + templates["address"] + "kmsKeyId: " + ids[0] + "\n")
	}
	request := library.RekeyRequest{From: ids[0], Key: ids[1]}
	broken := s.with(func(o *library.Options) { o.Sealer = &failing{s.options.Sealer, 3} })
	done, err := broken.RekeyRecipes(s.ctx(), request)
	refused(t, err, library.InvalidRequest, "web/1.1.0", "the key service is gone")
	if len(done.Recipes) != 1 {
		t.Errorf("changed %+v", done.Recipes)
	}
	for version, key := range map[string]string{"1.0.0": ids[1], "1.1.0": ids[0], "1.2.0": ids[0]} {
		r := mustRecipe(t, s, "web/"+version)
		if file, template, err := s.RecipeFile(s.ctx(), r); r.KMSKey != key || err != nil || len(file) == 0 || string(template) != hiddenTemplate {
			t.Errorf("%s with %s: %v", version, r.KMSKey, err)
		}
	}
	if done, err := s.RekeyRecipes(s.ctx(), request); err != nil || len(done.Recipes) != 2 {
		t.Errorf("the second time: %+v, %v", done, err)
	}
}

const rekeyVariable = "SLIPWAY_TEST_REKEY"

// TestMain makes the test program one that changes keys for ever when it is started as such.
func TestMain(m *testing.M) {
	if path := os.Getenv(rekeyVariable); path != "" {
		fmt.Fprintln(os.Stderr, rekeyForEver(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func rekeyForEver(path string) error {
	ctx := context.Background()
	storage, err := store.Open(ctx, path, store.Options{})
	if err != nil {
		return err
	}
	actions, err := catalog.Builtin()
	if err != nil {
		return err
	}
	l := library.New(storage, library.Options{Actions: actions, Sealer: sealed.New(sealed.Options{Keys: killedKeys})})
	for {
		for id := range killedKeys {
			if _, err := l.Rekey(ctx, library.RekeyRequest{Key: id}); err != nil {
				return err
			}
			if _, err := l.RekeyRecipes(ctx, library.RekeyRequest{Key: id}); err != nil {
				return err
			}
			fmt.Fprintln(os.Stdout, id)
		}
	}
}

var killedKeys = func() map[string]string {
	keys := map[string]string{}
	for _, key := range []string{testKey, otherKey} {
		id, err := sealed.Fingerprint(key)
		if err != nil {
			panic(err)
		}
		keys[id] = key
	}
	return keys
}()

// TestRekeyKilledLeavesEverythingReadable kills processes that change keys, and reads everything after each.
func TestRekeyKilledLeavesEverythingReadable(t *testing.T) {
	plain := newShelf(t)
	s, ids := twoKeys(t, plain)
	for i := range 5 {
		r := request("abc", fmt.Sprintf("1.%d.0", i), fmt.Sprint("hidden-", i))
		r.KMSKey = &ids[0]
		s.create(r)
		s.keepText(fmt.Sprintf("name: web\nparentImage: debian:12\nsemanticVersion: 1.%d.0\n%skmsKeyId: %s\n", i, templates["address"], ids[0]))
	}
	for range 6 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env, cmd.Stderr = append(os.Environ(), rekeyVariable+"="+plain.storage.Path()), os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Read(make([]byte, 1)); err != nil { // it has changed everything once
			t.Fatal(err)
		}
		<-time.After(time.Duration(rand.IntN(60)) * time.Millisecond)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		for i := range 5 {
			found, err := s.Source().Find(s.ctx(), fmt.Sprintf("abc/1.%d.0", i))
			if err != nil || !bytes.Contains(found.Document.Bytes, fmt.Append(nil, "hidden-", i)) {
				t.Errorf("component 1.%d.0: %v", i, err)
			}
			opened, err := s.OpenRecipe(s.ctx(), fmt.Sprintf("web/1.%d.0", i))
			if err != nil {
				t.Errorf("recipe 1.%d.0: %v", i, err)
				continue
			}
			if got, err := opened.ReadTemplate(s.ctx(), nil); err != nil || got.Text != hiddenTemplate {
				t.Errorf("template of 1.%d.0: %q, %v", i, got.Text, err)
			}
		}
	}
}
