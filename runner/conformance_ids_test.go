package runner_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestEveryClauseHasATest walks the ids of the conformance checklist (component-document reference, chapter 10) and
// finds each as a subtest of a TestConformance; and the other way round, no test bears an id that the list lacks.
func TestEveryClauseHasATest(t *testing.T) {
	text, err := os.ReadFile("testdata/conformance.txt")
	if err != nil {
		t.Fatal(err)
	}
	ids := strings.Fields(string(text))
	tested := map[string][]string{}
	for _, root := range []string{".", "../cmd/slipway-runner"} {
		for file, words := range testedIDs(t, root) {
			for _, id := range words {
				tested[id] = append(tested[id], file)
			}
		}
	}
	for _, id := range ids {
		if len(tested[id]) == 0 {
			t.Errorf("%s has no test", id)
		}
	}
	for id, files := range tested {
		if !slices.Contains(ids, id) {
			t.Errorf("%s in %v is not on the list", id, files)
		}
	}
}

var clauseID = regexp.MustCompile(`^[A-Z0-9]+-[0-9]{2}$`)

// testedIDs returns by file the ids that name subtests in the packages below root: keys of a table of tests, and first
// arguments of Run.
func testedIDs(t *testing.T, root string) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			var name ast.Expr
			switch n := n.(type) {
			case *ast.KeyValueExpr:
				name = n.Key
			case *ast.AssignStmt:
				if at, ok := n.Lhs[0].(*ast.IndexExpr); ok {
					name = at.Index
				}
			case *ast.CallExpr:
				if f, ok := n.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Run" && len(n.Args) == 2 {
					name = n.Args[0]
				}
			}
			if literal, ok := name.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if id, err := strconv.Unquote(literal.Value); err == nil && clauseID.MatchString(id) {
					found[path] = append(found[path], id)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
