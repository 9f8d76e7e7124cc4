package library_test

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/slipway-oci/slipway/builder/component/library"
	"github.com/slipway-oci/slipway/builder/component/store"
	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/runner/action/catalog"
)

// The size of the store that the benchmarks work on.
const (
	benchNames    = 10_000
	benchVersions = 10
)

// BenchmarkLibrary measures a store of 10,000 components with 10 versions each.
func BenchmarkLibrary(b *testing.B) {
	ctx := b.Context()
	path := filepath.Join(b.TempDir(), "store.db")
	storage, err := store.Open(ctx, path, store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer storage.Close()
	if err := fill(b, storage); err != nil {
		b.Fatal(err)
	}
	actions, err := catalog.Builtin()
	if err != nil {
		b.Fatal(err)
	}
	l := library.New(storage, library.Options{Actions: actions})
	token := ""
	run := func(name string, f func(int) error) {
		b.Run(name, func(b *testing.B) {
			for i := range b.N {
				if err := f(i); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	list := func(r library.ListRequest) func(int) error {
		return func(int) error {
			page, err := l.List(ctx, r)
			token = page.Next
			return err
		}
	}
	filter := func(name, value string) []library.Filter {
		return []library.Filter{{Name: name, Values: []string{value}}}
	}
	run("list", list(library.ListRequest{Limit: 25}))
	run("list next page", list(library.ListRequest{Limit: 25, Next: token}))
	run("list by name", list(library.ListRequest{Limit: 25, ByName: true}))
	run("list one name", list(library.ListRequest{Filters: filter("name", "component-5000")}))
	run("list by version", list(library.ListRequest{Limit: 25, Filters: filter("version", "9.x.x")}))
	run("wildcard", func(i int) error {
		_, err := l.Source().Find(ctx, fmt.Sprintf("component-%d/x.x.x", i*7919%benchNames))
		return err
	})
	run("misspelt", func(int) error {
		if _, err := l.Resolve(ctx, "compnent-5000"); library.CodeOf(err) != library.NotFound {
			return fmt.Errorf("found, or %w", err)
		}
		return nil
	})
	run("create", func(i int) error {
		_, err := l.Create(ctx, request(fmt.Sprintf("component-%d", i%benchNames), "20.0.0", fmt.Sprint(b.N, i)))
		return err
	})
	run("open", func(int) error {
		s, err := store.Open(ctx, path, store.Options{})
		if err != nil {
			return err
		}
		defer s.Close()
		return library.New(s, library.Options{}).CheckSupport(ctx)
	})
}

func fill(b *testing.B, storage *store.Store) error {
	b.Helper()
	text := []byte(*doc("bench"))
	return storage.Update(b.Context(), func(w library.Writer) error {
		for i := range benchNames {
			for n := range benchVersions {
				v := recipe.Version{n, 0, 0}
				c := library.Component{
					Namespace: library.Own, Name: fmt.Sprintf("component-%d", i), Version: library.Version{Version: v, Text: v.String()}, Build: 1,
					Platform: "Linux", Type: "BUILD", Digest: fmt.Sprintf("sha256:%x", sha256.Sum256(text)), Size: len(text), Created: time.Unix(0, 0), State: library.Active,
				}
				if _, _, err := w.NextBuild(b.Context(), c.Namespace, c.Normal(), c.Version); err != nil {
					return err
				}
				if err := w.AddComponent(b.Context(), &c, text); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
