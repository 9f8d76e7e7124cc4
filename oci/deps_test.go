// Package oci_test checks what the packages under oci are linked with.
package oci_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestNoEngine keeps the direction of imports: images know nothing of builds.
func TestNoEngine(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for dep := range strings.FieldsSeq(string(out)) {
		for _, forbidden := range []string{"github.com/moby/buildkit", "github.com/containerd/containerd", "github.com/slipway-oci/slipway/builder", "github.com/slipway-oci/slipway/runner", "github.com/slipway-oci/slipway/cmd"} {
			if strings.HasPrefix(dep, forbidden) {
				t.Errorf("a package under oci imports %s", dep)
			}
		}
	}
}
