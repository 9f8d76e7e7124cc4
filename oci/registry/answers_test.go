package registry

import (
	"testing"
	"testing/synctest"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/oci/ref"
)

func TestAnswersCountOnceAndNotForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, digest := ref.Ref{Host: "registry.example", Repository: "app", Tag: "1"}, v1.Hash{Algorithm: "sha256", Hex: "1"}
		two := one
		two.Tag = "2"
		var a answers
		a.keep(one, digest, true)
		a.keep(two, digest, true)
		if _, ok := a.take(one, v1.Hash{Algorithm: "sha256", Hex: "2"}); ok {
			t.Error("the answer counts for another digest")
		}
		time.Sleep(answerLife - time.Millisecond)
		if yes, ok := a.take(one, digest); !yes || !ok {
			t.Error("the answer does not count")
		}
		if _, ok := a.take(one, digest); ok {
			t.Error("the answer counts twice")
		}
		time.Sleep(time.Millisecond)
		if yes, ok := a.take(two, digest); yes || ok {
			t.Errorf("the answer counts after %v", answerLife)
		}
		a.keep(one, digest, false)
		if yes, ok := a.take(one, digest); yes || !ok {
			t.Errorf("the answer no: %v, %v", yes, ok)
		}
	})
}
