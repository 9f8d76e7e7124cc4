package build

import (
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/builder/stage"
)

func TestInstructionsShowNoSecretAlsoInPieces(t *testing.T) {
	masker := stage.Services{Secrets: map[string][]byte{"TOKEN": []byte("value of it\n")}}.Masker()
	o := instructions{masker: masker, open: map[string]io.WriteCloser{}}
	var got []string
	line := func(text string) { got = append(got, text) }
	o.write("a", []byte("first\r\nit is value"), line)
	o.write("b", []byte("of another value\n"), line)
	o.write("a", []byte(" of it!\nends in val"), line)
	o.end("a")
	o.end("none")
	o.close()
	want := []string{"first", "it is ", "of another value", "***!", "ends in ", "val"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}
