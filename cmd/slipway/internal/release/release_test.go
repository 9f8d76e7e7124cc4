package release

import (
	"runtime"
	"testing"
)

func TestLineShortensTheCommit(t *testing.T) {
	tail := " " + runtime.Version() + " " + Platform + "\n"
	for commit, want := range map[string]string{
		"": "slipway v1.2.3" + tail, "abc": "slipway v1.2.3 commit abc" + tail,
		"0123456789abcdef": "slipway v1.2.3 commit 0123456789ab" + tail,
	} {
		if got := Line("v1.2.3", commit); got != want {
			t.Errorf("Line(%q) = %q, want %q", commit, got, want)
		}
	}
}
