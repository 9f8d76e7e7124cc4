package runner_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner"
)

// example is a document in the documentation with what its commands print.
type example struct{ document, output string }

var fenced = regexp.MustCompile("(?s)```(yaml|output)\n(.*?)```\n")

// examples returns the documents of a page; an output belongs to the document above it.
func examples(t *testing.T, page string) []example {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var list []example
	for _, m := range fenced.FindAllStringSubmatch(string(text), -1) {
		if m[1] == "yaml" {
			list = append(list, example{document: m[2]})
		} else {
			list[len(list)-1].output = m[2]
		}
	}
	return list
}

var documentName = regexp.MustCompile(`(?m)^name: (.*)$`)

// TestDocumentation runs the documents of docs/components.md.
func TestDocumentation(t *testing.T) {
	page, err := filepath.Abs("../docs/components.md")
	if err != nil {
		t.Fatal(err)
	}
	list := examples(t, page)
	if len(list) < 8 {
		t.Fatalf("%d examples", len(list))
	}
	for _, e := range list {
		t.Run(documentName.FindStringSubmatch(e.document)[1], func(t *testing.T) {
			f := newFixture(t)
			t.Chdir(f.dir)
			r := f.documents(e.document).run()
			for r.Pending {
				r = f.run()
			}
			if r.ExitCode != runner.ExitSuccess {
				t.Errorf("exit code %d: %v\n%s", r.ExitCode, r.err, r.log("console.log"))
			}
			var printed strings.Builder
			for line := range strings.Lines(r.log("console.log")) {
				if _, text, ok := strings.Cut(line, "CmdExecution: Stdout: "); ok {
					printed.WriteString(text)
				}
			}
			if diff := cmp.Diff(e.output, printed.String()); diff != "" {
				t.Errorf("output (-documented +real):\n%s", diff)
			}
			if f.warned.Len() > 0 {
				t.Errorf("warnings: %s", &f.warned)
			}
		})
	}
}
