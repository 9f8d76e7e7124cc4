package library_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/builder/component"
	"github.com/slipway-oci/slipway/builder/component/library"
	"github.com/slipway-oci/slipway/builder/component/managed"
	"github.com/slipway-oci/slipway/builder/recipe"
)

func TestVER21ReferencesComeBackAsSent(t *testing.T) {
	s := newShelf(t)
	s.add("My App/1.0.0")
	const arn = "arn:aws-cn:imagebuilder:cn-north-1:123456789012:component/My_App/1.x.x"
	s.keep("web", "1.0.0", arn, "my_app", "s3://bucket/key.yaml")
	r, err := s.Recipe(s.ctx(), "web/1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	var written []string
	for _, reference := range r.References {
		written = append(written, reference.Written)
	}
	if diff := cmp.Diff([]string{arn, "my_app", "s3://bucket/key.yaml"}, written); diff != "" || r.ParentImage != "debian:12" {
		t.Errorf("parent %s (-want +got):\n%s", r.ParentImage, diff)
	}
	if _, err := s.Delete(s.ctx(), "my-app/1.0.0/1"); library.CodeOf(err) != library.HasDependants {
		t.Errorf("an ARN of another account is no dependant: %v", err)
	}
}

func TestREC02AndTheFileOfARecipe(t *testing.T) {
	s := newShelf(t)
	r := s.keep("My Web", "2031.04.09")
	_, err := s.recipe("my-web", "2031.4.9")
	refused(t, err, library.AlreadyExists, "2031.4.9", "2031.4.10")
	file, template, err := s.RecipeFile(s.ctx(), r)
	if err != nil || !strings.HasPrefix(string(file), "name: My Web\n") || len(template) > 0 {
		t.Errorf("file %q, template %q, %v", file, template, err)
	}
	if got, want := s.RecipeARN(r), "arn:aws:imagebuilder:us-east-1:000000000000:container-recipe/my-web/2031.04.09"; got != want {
		t.Errorf("ARN %s, want %s", got, want)
	}
	for _, reference := range []string{"my_web", "My Web/2031.x.x", s.RecipeARN(r)} {
		if got, err := s.Recipe(s.ctx(), reference); err != nil || got.ID != r.ID {
			t.Errorf("%s: %+v, %v", reference, got, err)
		}
	}
}

func TestTheTemplateOfARecipeIsReadOnce(t *testing.T) {
	const template = "FROM {{{ imagebuilder:parentImage }}}\n{{{ imagebuilder:environments }}}\n{{{ imagebuilder:components }}}\n"
	s := newShelf(t).with(func(o *library.Options) {
		o.Fetch = func(context.Context, string) ([]byte, error) { return []byte(template), nil }
	})
	text := "name: web\nparentImage: debian:12\ndockerfileTemplateUri: https://host/Dockerfile\n"
	parsed, err := recipe.Parse("recipe.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	kept, err := s.CreateRecipe(s.ctx(), parsed, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if _, got, err := s.RecipeFile(s.ctx(), kept.Recipe); err != nil || string(got) != template {
		t.Errorf("template %q, %v", got, err)
	}
}

func TestRecipesRefused(t *testing.T) {
	s := newShelf(t)
	s.add("abcd/1.0.0")
	windows := request("windows", "1.0.0", "")
	windows.Platform, windows.Data = "Windows", windowsDocument()
	s.create(windows)
	s.add("off/1.0.0")
	s.deprecate("off", library.Deprecation{Disable: true})
	_, err := s.recipe("web", "1.0.0", "abdc/1.x.x", "./x.yaml", "file://x.yaml", "abcd/2.x.x", "windows", "off/1.0.0/1", "abcd/1.x.1")
	if err == nil {
		t.Fatal("a wrong recipe was kept")
	}
	for _, want := range []string{
		`recipe.yaml:5:16: component "abdc/1.x.x" not found in the store`, `recipe.yaml:6:16: component "./x.yaml" is a file`,
		`recipe.yaml:7:16: component "file://x.yaml" is a file`, `recipe.yaml:8:16: component "abcd/2.x.x" not found in the store; there is 1.0.0`,
		`recipe.yaml:9:16: component "windows" is for Windows, and the recipe for Linux`, `recipe.yaml:10:16: component "off/1.0.0/1" not found`,
		`recipe.yaml:11:16: component "abcd/1.x.1"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the refusal does not say %q:\n%v", want, err)
		}
	}
	for _, reference := range []string{"none", "web/1.x", "../web", "web/1.0.0/1", "aws:web"} {
		if _, err := s.Recipe(s.ctx(), reference); err == nil {
			t.Errorf("%q is a recipe", reference)
		}
	}
	s.keep("web", "1.0.0")
	_, err = s.DeleteRecipe(s.ctx(), "web")
	refused(t, err, library.InvalidRequest, `"web/1.0.0"`)
	_, err = s.Recipe(s.ctx(), "wbe")
	refused(t, err, library.NotFound, `did you mean "web"`)
	_, err = s.Recipe(s.ctx(), "web/2.x.x")
	refused(t, err, library.NotFound, "there is 1.0.0")
}

func TestSourceGivesWhatPlansNeed(t *testing.T) {
	s := newShelf(t)
	r := request("My App", "1.0.0", "a")
	r.SupportedOSVersions = []string{"Ubuntu 24"}
	s.create(r)
	found, err := s.Source().Find(s.ctx(), "my-app")
	if err != nil {
		t.Fatal(err)
	}
	got := component.Component{
		Name: found.Name, Version: found.Version, Build: found.Build, Platform: found.Platform,
		SupportedOSVersions: found.SupportedOSVersions, Deprecated: found.Deprecated, File: found.File,
	}
	want := component.Component{Name: "My App", Version: "1.0.0", Build: 1, Platform: "Linux", SupportedOSVersions: []string{"Ubuntu 24"}}
	if diff := cmp.Diff(want, got); diff != "" || string(found.Document.Bytes) != *r.Data {
		t.Errorf("(-want +got):\n%s", diff)
	}
	mac := request("mac", "1.0.0", "a")
	mac.Name, mac.Platform = "for mac", "macOS"
	s.create(mac)
	_, err = s.Source().Find(s.ctx(), "for-mac")
	refused(t, err, library.InvalidRequest, "macOS")
}

func TestDeliver(t *testing.T) {
	s := newShelf(t)
	catalogue := managed.All()
	if err := s.Deliver(s.ctx(), catalogue[1:]); err != nil {
		t.Fatal(err)
	}
	first := catalogue[1]
	s.deprecate("aws:"+first.Name, library.Deprecation{Reason: "mine"})
	for range 2 { // a newer catalogue, and the same again
		if err := s.Deliver(s.ctx(), catalogue); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := s.listed(library.ListRequest{Owner: "Amazon"}); len(got) != len(catalogue) {
		t.Errorf("%d of %d components are there", len(got), len(catalogue))
	}
	c, err := s.Get(s.ctx(), "aws:"+first.Name+"/"+first.Version)
	if err != nil || c.Build != 1 || c.Digest != first.Digest || c.State != library.Deprecated {
		t.Errorf("%s: %+v, %v", first.Name, c, err)
	}
}
