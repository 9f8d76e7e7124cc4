//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The stages of a Dockerfile with tests.
const (
	imageStage = "image"
	testStage  = "test"
)

// dockerfile has a RUN line for each command; the changing value is declared as late as it can be. With staged, the
// tests are a stage of their own on top of the image.
func dockerfile(parent string, w Work, staged bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "FROM %s", parent)
	if staged {
		fmt.Fprintf(&b, " AS %s", imageStage)
	}
	b.WriteString("\n")
	for _, c := range w.Components {
		if c.Changing {
			b.WriteString("ARG run\n")
		}
		for _, command := range c.Commands {
			fmt.Fprintf(&b, "RUN %s\n", withRun(command, "$run"))
		}
	}
	if staged && len(w.Tests) > 0 {
		fmt.Fprintf(&b, "FROM %s AS %s\nRUN %s\n", imageStage, testStage, strings.Join(w.Tests, " && "))
	}
	return b.String()
}

func writeDockerfile(p Project, parent string, staged bool) error {
	return os.WriteFile(filepath.Join(p.Dir, "Dockerfile"), []byte(dockerfile(parent, p.Work, staged)), 0o644)
}
