package recipe

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

const pinned = "docker.io/library/debian@sha256:1111111111111111111111111111111111111111111111111111111111111111"

func TestTPL01DefaultTemplateIsTrivial(t *testing.T) {
	template, err := (&Recipe{File: "recipe.yaml"}).ReadTemplate(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !template.Trivial || !template.HasComponents {
		t.Errorf("default template: Trivial %v, HasComponents %v", template.Trivial, template.HasComponents)
	}
	want := Dockerfile{Prefix: "FROM scratch\n\n"}
	if diff := cmp.Diff(want, template.Render("scratch")); diff != "" {
		t.Errorf("Render (-want +got):\n%s", diff)
	}
}

func TestTPL02VariableSpelling(t *testing.T) {
	for name, text := range map[string]string{
		"no blanks":   "FROM {{{imagebuilder:parentImage}}}\n{{{imagebuilder:components}}}\n",
		"many blanks": "FROM {{{   imagebuilder:parentImage\t}}}\n  {{{  imagebuilder:components  }}}  \n",
		"CRLF":        "FROM {{{ imagebuilder:parentImage }}}\r\n{{{ imagebuilder:components }}}\r\n",
		"no newline":  "FROM {{{ imagebuilder:parentImage }}}\n{{{ imagebuilder:components }}}",
		"with a mark": "\ufeffFROM {{{ imagebuilder:parentImage }}}\n{{{ imagebuilder:components }}}",
	} {
		t.Run(name, func(t *testing.T) {
			template, err := ParseTemplate("Dockerfile", 1, text)
			if err != nil {
				t.Fatal(err)
			}
			if !template.Trivial || !strings.HasPrefix(template.Render(pinned).Prefix, "FROM "+pinned) {
				t.Errorf("ParseTemplate(%q): Trivial %v, Prefix %q", text, template.Trivial, template.Render(pinned).Prefix)
			}
		})
	}
}

func TestTPL02ForeignBracesAreLeftAlone(t *testing.T) {
	template, err := ParseTemplate("Dockerfile", 1,
		"FROM {{{ imagebuilder:parentImage }}}\nLABEL a=\"{{{ x }}}\"\n# {{{ imagebuilder:nothing }}}\n{{{ imagebuilder:components }}}\n")
	if err != nil {
		t.Fatal(err)
	}
	prefix := template.Render(pinned).Prefix
	for _, want := range []string{`"{{{ x }}}"`, "# {{{ imagebuilder:nothing }}}"} {
		if !strings.Contains(prefix, want) {
			t.Errorf("prefix lost %q:\n%s", want, prefix)
		}
	}
}

// refused are the cases of the template rules that end in an error.
var refused = []struct{ name, text, want, hint string }{
	{"misspelt parent", "FROM {{{ imagebuilder:parentimage }}}\n", `D:1: unknown variable {{{ imagebuilder:parentimage }}}`, `did you mean {{{ imagebuilder:parentImage }}}?`},
	{"unknown far", "FROM {{{ imagebuilder:parentImage }}}\nRUN echo {{{ imagebuilder:x }}}\n", `D:2: unknown variable {{{ imagebuilder:x }}}`, "known variables: imagebuilder:parentImage, imagebuilder:environments, imagebuilder:components"},
	{"no parent", "FROM debian\n{{{ imagebuilder:components }}}\n", `D:1: the template has no {{{ imagebuilder:parentImage }}}`, "its first line is usually: FROM {{{ imagebuilder:parentImage }}}"},
	{"parent in comment", "# {{{ imagebuilder:parentImage }}}\nFROM debian\n{{{ imagebuilder:components }}}\n", `D:1: the template has no {{{ imagebuilder:parentImage }}}`, "its first line is usually: FROM {{{ imagebuilder:parentImage }}}"},
	{"parent in no FROM", "FROM debian\nRUN echo {{{ imagebuilder:parentImage }}}\n{{{ imagebuilder:components }}}\n", `D:1: {{{ imagebuilder:parentImage }}} is in no FROM of the template`, ""},
	{"components twice", "FROM {{{ imagebuilder:parentImage }}}\n{{{ imagebuilder:components }}}\n{{{ imagebuilder:components }}}\n", `D:3: {{{ imagebuilder:components }}} is there twice, first in line 2`, ""},
	{"components twice in a line", "FROM {{{ imagebuilder:parentImage }}}\n{{{ imagebuilder:components }}} {{{ imagebuilder:components }}}\n", "D:2: {{{ imagebuilder:components }}} shares its line with other text\nD:2: {{{ imagebuilder:components }}} is there twice, first in line 2", ""},
	{"environments twice", "FROM {{{ imagebuilder:parentImage }}}\n{{{ imagebuilder:environments }}}\n{{{ imagebuilder:environments }}}\n{{{ imagebuilder:components }}}\n", `D:3: {{{ imagebuilder:environments }}} is there twice, first in line 2`, ""},
	{"environments behind", "FROM {{{ imagebuilder:parentImage }}}\n{{{ imagebuilder:components }}}\n{{{ imagebuilder:environments }}}\n", `D:3: {{{ imagebuilder:environments }}} stands behind {{{ imagebuilder:components }}}`, ""},
	{"environments elsewhere", "FROM {{{ imagebuilder:parentImage }}} AS a\n{{{ imagebuilder:environments }}}\nFROM a\n{{{ imagebuilder:components }}}\n", `D:2: {{{ imagebuilder:environments }}} is not in the build stage of {{{ imagebuilder:components }}}`, ""},
	{"shared line", "FROM {{{ imagebuilder:parentImage }}}\nRUN {{{ imagebuilder:components }}}\n", `D:2: {{{ imagebuilder:components }}} shares its line with other text`, ""},
	{"environments share", "FROM {{{ imagebuilder:parentImage }}}\n{{{ imagebuilder:environments }}} # here\n{{{ imagebuilder:components }}}\n", `D:2: {{{ imagebuilder:environments }}} shares its line with other text`, ""},
	{"heredoc", "FROM {{{ imagebuilder:parentImage }}}\nRUN <<EOF\n{{{ imagebuilder:components }}}\nEOF\n", `D:3: {{{ imagebuilder:components }}} is inside a heredoc`, ""},
	{"comment in a heredoc", "FROM {{{ imagebuilder:parentImage }}}\nRUN <<EOF\n# {{{ imagebuilder:components }}}\nEOF\n", `D:3: {{{ imagebuilder:components }}} is inside a heredoc`, ""},
	{"continuation", "FROM {{{ imagebuilder:parentImage }}}\nRUN true \\\n{{{ imagebuilder:components }}}\n", `D:3: {{{ imagebuilder:components }}} is inside an instruction of several lines`, ""},
	{"unused stage", "FROM {{{ imagebuilder:parentImage }}} AS a\n{{{ imagebuilder:components }}}\nFROM debian\n", `D:2: the components are in build stage "a", which the last stage does not use`, "start the last stage FROM it, or COPY --from it; else the components have no effect"},
	{"taken name", "FROM {{{ imagebuilder:parentImage }}} AS slipway-components\n{{{ imagebuilder:components }}}\n", `D:1: build stage "slipway-components" has a name that is taken: it starts with slipway-`, ""},
	{"copy from a later stage", "FROM {{{ imagebuilder:parentImage }}}\nCOPY --from=later /x /x\n{{{ imagebuilder:components }}}\nFROM alpine AS later\nFROM scratch\nCOPY --from=0 / /\n", `D:2: stage "later" is used before it begins`, ""},
	{"before FROM", "{{{ imagebuilder:components }}}\nFROM {{{ imagebuilder:parentImage }}}\n", `D:1: {{{ imagebuilder:components }}} stands before the first FROM`, ""},
	{"front end", "# syntax=example.com/frontend:1\nFROM {{{ imagebuilder:parentImage }}}\n", `D:1: front end "example.com/frontend:1" is not built in`, "remove the syntax line, or use: # syntax=docker/dockerfile:1"},
	{"front end, next generation", "# syntax=docker/dockerfile:2\nFROM {{{ imagebuilder:parentImage }}}\n", `D:1: front end "docker/dockerfile:2" is not built in`, "remove the syntax line, or use: # syntax=docker/dockerfile:1"},
	{"unknown instruction", "FROM {{{ imagebuilder:parentImage }}}\nRUNN true\n{{{ imagebuilder:components }}}\n", `D:2: unknown instruction: RUNN (did you mean RUN?)`, ""},
	{"no instruction", "# nothing\n", `D:1: file with no instructions`, ""},
	{"empty", "", `D:1: file with no instructions`, ""},
	{"heredoc without end", "FROM {{{ imagebuilder:parentImage }}}\nRUN <<EOF\ntrue\n", `D:2: unterminated heredoc`, ""},
}

func TestTPL03Refused(t *testing.T) {
	for _, test := range refused {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParseTemplate("D", 1, test.text)
			if err == nil {
				t.Fatalf("ParseTemplate(%q) has no error", test.text)
			}
			if diff := cmp.Diff(test.want, err.Error()); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if got := firstHint(err); got != test.hint {
				t.Errorf("hint %q, want %q", got, test.hint)
			}
		})
	}
}

// firstHint walks an error as the command does.
func firstHint(err error) string {
	if h, ok := err.(interface{ Hint() string }); ok && h.Hint() != "" {
		return h.Hint()
	}
	switch e := err.(type) { //nolint:errorlint // walks the tree itself
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			if hint := firstHint(inner); hint != "" {
				return hint
			}
		}
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			return firstHint(inner)
		}
	}
	return ""
}

func TestTPL03LinesOfTheFileAround(t *testing.T) {
	r, err := Parse("recipe.yaml", []byte("name: web\nparentImage: debian:12\ndockerfileTemplateData: |\n  FROM {{{ imagebuilder:parentImage }}}\n  {{{ imagebuilder:component }}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.ReadTemplate(t.Context(), nil)
	if want := "recipe.yaml:5: unknown variable {{{ imagebuilder:component }}}"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestTPL04Split shows what becomes of each template in testdata/templates.
func TestTPL04Split(t *testing.T) {
	files, err := filepath.Glob("testdata/templates/*.Dockerfile")
	if err != nil || len(files) == 0 {
		t.Fatalf("no templates: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".Dockerfile"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			template, err := ParseTemplate(file, 1, string(text))
			if err != nil {
				t.Fatal(err)
			}
			rendered := template.Render(pinned)
			checkDockerfile(t, "prefix", rendered.Prefix)
			checkDockerfile(t, "suffix", rendered.Suffix)
			if lines := strings.Count(string(text), "\n"); rendered.Suffix != "" && strings.Count(rendered.Suffix, "\n") != lines {
				t.Errorf("the suffix has %d lines, the template %d", strings.Count(rendered.Suffix, "\n"), lines)
			}
			facts := *template
			facts.Text = ""
			data, err := json.MarshalIndent(facts, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			checkGolden(t, fmt.Sprintf("%s\n--- prefix, target %q\n%s--- suffix\n%s", data, rendered.Target, rendered.Prefix, rendered.Suffix))
		})
	}
}

// checkDockerfile makes sure that BuildKit reads a part.
func checkDockerfile(t *testing.T, part, text string) {
	t.Helper()
	if text == "" {
		return
	}
	result, err := parser.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%s: %v\n%s", part, err, text)
	}
	if _, _, err := instructions.Parse(result.AST, nil); err != nil {
		t.Errorf("%s: %v\n%s", part, err, text)
	}
	if syntax, _, _, found := parser.DetectSyntax([]byte(text)); found {
		t.Errorf("%s asks for front end %q", part, syntax)
	}
}

func TestTPL06BuildArgs(t *testing.T) {
	template, err := ParseTemplate("Dockerfile", 1, `ARG DISTRO=stable
FROM {{{ imagebuilder:parentImage }}}
ARG DISTRO
ARG FROM_PATH=$PATH:/opt/bin TARGETARCH
ENV KEPT=env
ARG KEPT=arg
ARG LOST=arg
ENV LOST=env
ARG NEVER
{{{ imagebuilder:components }}}
ARG LATER=1
`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := template.BuildArgs([]string{"PATH=/bin", "KEPT=env", "LOST=env"}, map[string]string{"TARGETARCH": "arm64"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"DISTRO=stable", "FROM_PATH=/bin:/opt/bin", "KEPT=arg", "TARGETARCH=arm64"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("BuildArgs (-want +got):\n%s", diff)
	}
}

func TestTPL11Whole(t *testing.T) {
	template, err := ParseTemplate("Dockerfile", 1, "# {{{ imagebuilder:parentImage }}}\nFROM {{{ imagebuilder:parentImage }}}\n{{{ imagebuilder:environments }}}\n{{{ imagebuilder:components }}}\nCMD [\"x\"]\n")
	if err != nil {
		t.Fatal(err)
	}
	want := "# {{{ imagebuilder:parentImage }}}\nFROM debian\n\nRUN a\nRUN b\nCMD [\"x\"]\n"
	if got := template.Whole("debian", "RUN a\nRUN b\n"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzParseTemplate(f *testing.F) {
	f.Add(DefaultTemplate)
	for _, test := range refused {
		f.Add(test.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		template, err := ParseTemplate("Dockerfile", 1, text)
		if err != nil {
			return
		}
		dockerfile := template.Render("scratch")
		for part, text := range map[string]string{"prefix": dockerfile.Prefix, "suffix": dockerfile.Suffix} {
			if text == "" {
				continue
			}
			if _, err := parser.Parse(strings.NewReader(text)); err != nil {
				t.Errorf("%s: %v\n%s", part, err, text)
			}
		}
	})
}
