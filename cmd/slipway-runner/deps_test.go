package main

import (
	"os/exec"
	"strings"
	"testing"
)

// TestDependencies keeps the runner small: it is put into every build container.
func TestDependencies(t *testing.T) {
	allowed := []string{
		"github.com/slipway-oci/slipway/cmd/slipway-runner",
		"github.com/slipway-oci/slipway/runner",
		"github.com/aws/aws-sdk-go-v2", // S3
		"github.com/aws/smithy-go",
		"golang.org/x/sys/unix",
		"golang.org/x/term",
		"gopkg.in/yaml.v3",
		"mvdan.cc/sh/v3", // the built-in shell
	}
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for path := range strings.FieldsSeq(string(out)) {
		ok := false
		for _, module := range allowed {
			ok = ok || path == module || strings.HasPrefix(path, module+"/")
		}
		if !ok {
			t.Errorf("the runner links %s", path)
		}
	}
}
