package library_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway-oci/slipway/builder/component/library"
	"github.com/slipway-oci/slipway/builder/component/store"
	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/runner/action/catalog"
)

// shelf is a library on a real store, with a clock that stands still.
type shelf struct {
	*library.Library
	t       *testing.T
	storage *store.Store
	options library.Options
	now     time.Time
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	actions, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	storage, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "store.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { storage.Close() })
	s := &shelf{t: t, storage: storage, now: time.Date(2031, 4, 9, 7, 15, 2, 113e6, time.UTC)}
	s.options = library.Options{Actions: actions, Now: func() time.Time { return s.now }}
	s.Library = library.New(storage, s.options)
	return s
}

// with gives a library with other options on the same store.
func (s *shelf) with(change func(*library.Options)) *shelf {
	other := *s
	change(&other.options)
	other.Library = library.New(s.storage, other.options)
	return &other
}

// doc is a document with these phases. The text makes it differ from others.
func doc(text string, phases ...string) *string {
	if len(phases) == 0 {
		phases = []string{"build"}
	}
	out := "schemaVersion: 1.0\nphases:\n"
	for _, p := range phases {
		out += "  - name: " + p + "\n    steps:\n      - {name: Step, action: ExecuteBash, inputs: {commands: ['echo " + text + "']}}\n"
	}
	return &out
}

func request(name, version, text string) library.Request {
	return library.Request{Name: name, Version: version, Platform: "Linux", Data: doc(text)}
}

// add creates components, each NAME/VERSION with content of its own, and gives the last.
func (s *shelf) add(references ...string) library.Component {
	s.t.Helper()
	var last library.Component
	for i, r := range references {
		name, version, _ := strings.Cut(r, "/")
		last = s.create(request(name, version, r+strings.Repeat("+", i)))
	}
	return last
}

func (s *shelf) create(r library.Request) library.Component {
	s.t.Helper()
	made, err := s.Create(s.t.Context(), r)
	if err != nil {
		s.t.Fatalf("creating %s/%s: %v", r.Name, r.Version, err)
	}
	if made.Unchanged {
		s.t.Fatalf("creating %s/%s: unchanged", r.Name, r.Version)
	}
	return made.Component
}

// deprecate changes the state of every build that a reference matches.
func (s *shelf) deprecate(reference string, d library.Deprecation) {
	s.t.Helper()
	if _, err := s.Deprecate(s.t.Context(), reference, d); err != nil {
		s.t.Fatalf("deprecating %s: %v", reference, err)
	}
}

// chosen is what a reference means for building, or the error.
func (s *shelf) chosen(reference string) string {
	c, err := s.Resolve(s.t.Context(), reference)
	if err != nil {
		return err.Error()
	}
	return strings.TrimPrefix(c.Short(), c.Normal()+"/")
}

// recipe keeps a recipe with these components.
func (s *shelf) recipe(name, version string, references ...string) (library.Recipe, error) {
	s.t.Helper()
	text := "name: " + name + "\nsemanticVersion: " + version + "\nparentImage: debian:12\n"
	if len(references) > 0 {
		text += "components:\n"
	}
	for _, r := range references {
		text += "  - component: " + r + "\n"
	}
	parsed, err := recipe.Parse("recipe.yaml", []byte(text))
	if err != nil {
		s.t.Fatal(err)
	}
	kept, err := s.CreateRecipe(s.t.Context(), parsed, []byte(text))
	return kept.Recipe, err
}

func (s *shelf) keep(name, version string, references ...string) library.Recipe {
	s.t.Helper()
	r, err := s.recipe(name, version, references...)
	if err != nil {
		s.t.Fatalf("recipe %s/%s: %v", name, version, err)
	}
	return r
}

// refused checks that an error is a refusal with this code and a message with each of the texts.
func refused(t *testing.T, err error, code library.Code, texts ...string) {
	t.Helper()
	if got := library.CodeOf(err); err == nil || got != code {
		t.Errorf("got %v (%s), want %s", err, got, code)
		return
	}
	message := err.Error()
	for hint := range hints(err) {
		message += "\n" + hint
	}
	for _, text := range texts {
		if !strings.Contains(message, text) {
			t.Errorf("the refusal does not say %q:\n%s", text, message)
		}
	}
}

// hints are those of an error and of what it wraps.
func hints(err error) func(func(string) bool) {
	return func(yield func(string) bool) {
		var walk func(error)
		walk = func(err error) {
			if h, ok := err.(interface{ Hint() string }); ok {
				yield(h.Hint())
			}
			if many, ok := err.(interface{ Unwrap() []error }); ok {
				for _, e := range many.Unwrap() {
					walk(e)
				}
			} else if e := errors.Unwrap(err); e != nil {
				walk(e)
			}
		}
		walk(err)
	}
}

// builds lists what is stored under a reference as VERSION/BUILD, highest first.
func (s *shelf) builds(reference string) []string {
	s.t.Helper()
	page, err := s.Builds(s.t.Context(), library.BuildsRequest{Reference: reference})
	if err != nil {
		s.t.Fatal(err)
	}
	return shorts(page.Components)
}

func shorts(components []library.Component) []string {
	list := []string{}
	for _, c := range components {
		list = append(list, c.Short())
	}
	return list
}

func (s *shelf) ctx() context.Context { return s.t.Context() }
