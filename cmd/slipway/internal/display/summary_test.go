package display

import (
	"testing"

	"github.com/slipway-oci/slipway/builder/result"
)

func TestAddedText(t *testing.T) {
	for _, test := range []struct {
		added result.Added
		want  string
	}{
		{result.Added{Component: "c"}, "c: nothing"},
		{result.Added{Component: "c", Files: 1, Bytes: 48_100_000}, "c: 48.1 MB in 1 file"},
		{result.Added{Component: "c", Files: 1234, Bytes: 5, Deleted: 1}, "c: 5 B in 1234 files, 1 name deleted"},
		{result.Added{Component: "c", Deleted: 2}, "c: 0 B in 0 files, 2 names deleted"},
	} {
		if got := addedText(test.added); got != test.want {
			t.Errorf("%+v: got %q, want %q", test.added, got, test.want)
		}
	}
}
