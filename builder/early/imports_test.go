package early

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestNothingElseIsImported keeps the packages that are to be initialized early from waiting for others.
func TestNothingElseIsImported(t *testing.T) {
	allowed := []string{"runtime", "sync", "syscall", "github.com/slipway-oci/slipway/builder/early"}
	for _, folder := range []string{".", "../engine/embedded/standby", "../../cmd/slipway/internal/release"} {
		files, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", folder, len(files), err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			for _, imported := range parsed.Imports {
				if path, err := strconv.Unquote(imported.Path.Value); err != nil || !slices.Contains(allowed, path) {
					t.Errorf("%s imports %s", file, imported.Path.Value)
				}
			}
		}
	}
}
