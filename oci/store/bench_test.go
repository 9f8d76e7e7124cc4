package store_test

import (
	"fmt"
	"testing"

	"github.com/slipway-oci/slipway/oci/ocitest"
)

// BenchmarkPut stores an image under another name each time, as a build does that changed nothing.
func BenchmarkPut(b *testing.B) {
	s := ocitest.Store(b)
	img := ocitest.Image(b, ocitest.Files{"a": "1"}, ocitest.Files{"b": "2"})
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := s.Put(b.Context(), img, fmt.Sprintf("app:%d", i%10), nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkResolve finds one of a hundred images by its name.
func BenchmarkResolve(b *testing.B) {
	s := ocitest.Store(b)
	for i := range 100 {
		ocitest.Put(b, s, ocitest.Image(b, ocitest.Files{"a": fmt.Sprint(i)}), fmt.Sprintf("app:%d", i))
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Resolve(b.Context(), "store:app:50"); err != nil {
			b.Fatal(err)
		}
	}
}
