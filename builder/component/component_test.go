package component

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/action/catalog"
)

func oneStep(phase string) string {
	return "schemaVersion: 1.0\nphases:\n  - name: " + phase + "\n    steps:\n      - {name: Step, action: ExecuteBash, inputs: {commands: ['true']}}\n"
}

func folder(t *testing.T, texts map[string]string) Files {
	t.Helper()
	dir := t.TempDir()
	for name, text := range texts {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	actions, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return Files{Dir: filepath.Join(dir, "recipe"), Actions: actions}
}

func TestFilesFind(t *testing.T) {
	files := folder(t, map[string]string{
		"recipe/components/nginx.yaml": "name: The Server\n" + oneStep("build"),
		"recipe/nginx.yaml":            oneStep("test"),
		"recipe/curl.yaml":             oneStep("build"),
		"shared/base.yaml":             oneStep("test"),
	})
	for _, test := range []struct{ reference, name, kind, file string }{
		{"nginx", "The Server", "BUILD", "components/nginx.yaml"},
		{"nginx/x.x.x", "The Server", "BUILD", "components/nginx.yaml"},
		{"nginx/x", "The Server", "BUILD", "components/nginx.yaml"},
		{"curl", "curl", "BUILD", "curl.yaml"},
		{"./nginx.yaml", "nginx", "TEST", "nginx.yaml"},
		{"../shared/base.yaml", "base", "TEST", "../shared/base.yaml"},
		{"file://curl.yaml", "curl", "BUILD", "curl.yaml"},
		{filepath.Join(files.Dir, "curl.yaml"), "curl", "BUILD", "curl.yaml"},
	} {
		t.Run(strings.ReplaceAll(test.reference, "/", "_"), func(t *testing.T) {
			c, err := files.Find(t.Context(), test.reference)
			if err != nil {
				t.Fatal(err)
			}
			got := []string{c.Name, c.Version, string(c.Document.Type()), c.File}
			want := []string{test.name, "0.0.0", test.kind, filepath.Join(files.Dir, test.file)}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Find(%q) (-want +got):\n%s", test.reference, diff)
			}
		})
	}
}

func TestFilesFindNothing(t *testing.T) {
	files := folder(t, map[string]string{
		"recipe/components/nginx.yaml": oneStep("build"), "recipe/curl.yaml": oneStep("build"), "recipe/recipe.yaml": "",
	})
	for _, test := range []struct{ reference, want, hint string }{
		{"ngnix", `component "ngnix" not found beside the recipe`, `did you mean "nginx"?`},
		{"crul/x.x.x", `component "crul/x.x.x" not found beside the recipe`, `did you mean "curl"?`},
		{"nginx/1.2.0", `component "nginx/1.2.0" not found beside the recipe`, `did you mean "nginx"?`},
		{"recpe", `component "recpe" not found beside the recipe`, ""},
		{"aws:update-linux/x.x.x", `component "aws:update-linux/x.x.x" not found`, ""},
		{"s3://bucket/key", `component "s3://bucket/key" not found`, ""},
		{"arn:aws:imagebuilder:us-east-1:aws:component/a/x.x.x", `component "arn:aws:imagebuilder:us-east-1:aws:component/a/x.x.x" not found`, ""},
	} {
		t.Run(strings.ReplaceAll(test.reference, "/", "_"), func(t *testing.T) {
			_, err := files.Find(t.Context(), test.reference)
			var missing *NotFoundError
			if !errors.Is(err, ErrNotFound) || !errors.As(err, &missing) {
				t.Fatalf("got %v, want ErrNotFound", err)
			}
			if err.Error() != test.want || missing.Hint() != test.hint {
				t.Errorf("got %v, hint %q\nwant %s, hint %q", err, missing.Hint(), test.want, test.hint)
			}
		})
	}
}

func TestNamedFileThatIsMissingEndsTheSearch(t *testing.T) {
	files := folder(t, nil)
	_, err := files.Find(t.Context(), "./none.yaml")
	if !errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want fs.ErrNotExist and not ErrNotFound", err)
	}
}

func TestReadRefusesWhatCannotRun(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"unknown action", strings.ReplaceAll(oneStep("build"), "ExecuteBash", "ExecuteBsh"), `f.yaml:5:30: step "Step": unknown action "ExecuteBsh"`},
		{"no standard phase", oneStep("other"), `f.yaml:`},
		{"stage boundary", `schemaVersion: 1.0
phases:
  - name: build
    steps:
      - {name: Make, action: ExecuteBash, inputs: {commands: ['true']}}
  - name: test
    steps:
      - {name: Use, action: ExecuteBash, inputs: {commands: ['echo {{ build.Make.outputs.stdout }}']}}
`, "f.yaml:8:"},
		{"too large", "# " + strings.Repeat("x", 1<<20) + "\n" + oneStep("build"), "f.yaml"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Read("f.yaml", []byte(test.text), folder(t, nil).Actions)
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestParseReference(t *testing.T) {
	for _, test := range []struct {
		text string
		want Reference
	}{
		{"nginx", Reference{Kind: Named, Name: "nginx", Version: "x.x.x"}},
		{"nginx/1", Reference{Kind: Named, Name: "nginx", Version: "1.x.x"}},
		{"nginx/1.2", Reference{Kind: Named, Name: "nginx", Version: "1.2.x"}},
		{"nginx/1.2.x", Reference{Kind: Named, Name: "nginx", Version: "1.2.x"}},
		{"nginx/1.2.3/4", Reference{Kind: Named, Name: "nginx", Version: "1.2.3", Build: 4}},
		{"aws:update-linux/x.x.x", Reference{Kind: Named, Managed: true, Name: "update-linux", Version: "x.x.x"}},
		{"./f.yaml", Reference{Kind: File}},
		{"../f.yaml", Reference{Kind: File}},
		{"oci://registry/repo:tag", Reference{Kind: Address}},
		{"arn:aws:imagebuilder:us-east-1:123456789012:component/nginx/1.2.3/4", Reference{Kind: ARN, Account: "123456789012", Name: "nginx", Version: "1.2.3", Build: 4}},
		{"arn:aws-cn:imagebuilder:cn-north-1:aws:component/Update_Linux/x.x.x", Reference{Kind: ARN, Managed: true, Account: "aws", Name: "Update_Linux", Version: "x.x.x"}},
	} {
		test.want.Text = test.text
		got, err := ParseReference(test.text)
		if err != nil {
			t.Errorf("ParseReference(%q): %v", test.text, err)
			continue
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("ParseReference(%q) (-want +got):\n%s", test.text, diff)
		}
	}
}

func TestParseReferenceRefused(t *testing.T) {
	const forms = "a component is named NAME, NAME/1.x.x or NAME/1.2.3/4; a file starts with ./ or ../"
	for _, test := range []struct{ text, want, hint string }{
		{"", `component "": not the name of a component`, forms},
		{"nginx.yaml", `component "nginx.yaml": not the name of a component`, `a file starts with ./ or ../: "./nginx.yaml"`},
		{"checks/http.yaml", `component "checks/http.yaml": "http.yaml" is not a version`, `a file starts with ./ or ../: "./checks/http.yaml"`},
		{"nginx/1.x.8", `component "nginx/1.x.8": every node of a version to the right of an x must be x`, ""},
		{"nginx/1.2.3.4", `component "nginx/1.2.3.4": "1.2.3.4" is not a version`, forms},
		{"nginx/^1", `component "nginx/^1": "^1" is not a version`, forms},
		{"nginx/1073741824", `component "nginx/1073741824": node 1073741824 of the version is larger than 1073741823`, ""},
		{"nginx/1.0.99999999999999999999", `component "nginx/1.0.99999999999999999999": node 99999999999999999999 of the version is larger than 1073741823`, ""},
		{"nginx/1.2.3/1073741824", `component "nginx/1.2.3/1073741824": build 1073741824 is larger than 1073741823`, ""},
		{"nginx/1.x.x/3", `component "nginx/1.x.x/3": a version with an open node has no build number`, ""},
		{"nginx/1.2.3/0", `component "nginx/1.2.3/0": "0" is not a build number`, ""},
		{"arn:aws:s3:::x", `component "arn:aws:s3:::x": not the ARN of a component`, ""},
	} {
		_, err := ParseReference(test.text)
		var refused *ReferenceError
		if !errors.As(err, &refused) || err.Error() != test.want || refused.Hint() != test.hint {
			t.Errorf("ParseReference(%q): got %v\nwant %s, hint %q", test.text, err, test.want, test.hint)
		}
	}
}

// one is a source with one component.
type one struct {
	name string
	err  error
}

func (s one) Find(_ context.Context, reference string) (*Component, error) {
	if reference == s.name {
		return &Component{Name: s.name, Version: "1.0.0"}, s.err
	}
	return nil, &NotFoundError{Reference: reference, Places: []string{"in " + s.name}, Near: []Candidate{{Name: s.name, Versions: []string{"1.0.0"}}}}
}

func TestChain(t *testing.T) {
	broken := errors.New("the store is broken")
	c := Chain(one{name: "first"}, one{name: "broken", err: broken}, one{name: "last"})
	if found, err := c.Find(t.Context(), "last"); err != nil || found.Name != "last" {
		t.Errorf("last: %v, %v", found, err)
	}
	if _, err := Chain(one{name: "x", err: broken}, one{name: "x"}).Find(t.Context(), "x"); !errors.Is(err, broken) {
		t.Errorf("an error does not end the search: %v", err)
	}
	_, err := c.Find(t.Context(), "other")
	if want := `component "other" not found in first or in broken or in last`; !errors.Is(err, ErrNotFound) || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	var missing *NotFoundError
	want := `did you mean "first" (1.0.0) or "broken" (1.0.0) or "last" (1.0.0)? List them with: slipway component list`
	if !errors.As(err, &missing) || missing.Hint() != want {
		t.Errorf("hint %q, want %q", missing.Hint(), want)
	}
}

func FuzzParseReference(f *testing.F) {
	for _, text := range []string{"nginx/1.2.3/4", "aws:a/x", "./f", "arn:aws:", "s3://"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseReference(text)
		if err == nil && r.Kind == Named && (r.Name == "" || len(strings.Split(r.Version, ".")) != 3) {
			t.Errorf("ParseReference(%q) = %+v", text, r)
		}
	})
}
