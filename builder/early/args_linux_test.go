package early

import (
	"os"
	"slices"
	"testing"
)

func TestArgsAreThoseOfTheProcess(t *testing.T) {
	if got := Args(); !slices.Equal(got, os.Args) {
		t.Errorf("Args() = %q, want %q", got, os.Args)
	}
}
