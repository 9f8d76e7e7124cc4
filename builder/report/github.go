package report

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/result"
)

// WriteMarkdown writes a run as the Markdown of a GitHub step summary.
func WriteMarkdown(w io.Writer, res *result.Result) error {
	var b strings.Builder
	mark := map[string]string{"ok": "✅", "bad": "❌", "cut": "⚠️", "warn": "⚠️"}
	p := newPage(StoryOf(res))
	fmt.Fprintf(&b, "### %s %s: %s\n\n", mark[p.Outcome], markdown(p.Name), markdown(p.Headline))
	if res.Error != nil {
		fmt.Fprintf(&b, "%s\n\n```\n%s\n```\n\n", markdown(where(res.Error)), fenced(res.Error.Message))
	}
	if res.Image != nil {
		fmt.Fprintf(&b, "`%s` %s\n\n", res.Image.Digest, markdown(res.Image.Reference))
	}
	b.WriteString("| stage | took |\n|---|---|\n")
	for _, s := range p.Stages {
		fmt.Fprintf(&b, "| %s | %s |\n", s.Name, s.Took)
	}
	for _, s := range p.Sections {
		if len(s.Components) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n| %s | | took | |\n|---|---|---|---|\n", strings.ToLower(s.Title))
		for _, c := range s.Components {
			fmt.Fprintf(&b, "| %s | %s %s | %s | %s |\n", markdown(c.Name), mark[c.Outcome], c.Word, c.Took, markdown(c.Note))
		}
	}
	for _, text := range res.Warnings {
		fmt.Fprintf(&b, "\n> ⚠️ %s\n", markdown(text))
	}
	_, err := io.WriteString(w, b.String()+"\n")
	return err
}

func where(e *result.Error) string {
	var parts []string
	for _, part := range []struct{ name, value string }{{"component", e.Component}, {"phase", e.Phase}, {"step", e.Step}} {
		if part.value != "" {
			parts = append(parts, part.name+" "+part.value)
		}
	}
	return strings.Join(parts, ", ")
}

var markdownEscapes = strings.NewReplacer(
	"\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "|", "\\|", "<", "&lt;", ">", "&gt;", "[", "\\[", "]", "\\]", "\n", " ", "\r", " ",
)

func markdown(text string) string { return markdownEscapes.Replace(text) }

// fenced keeps a text from ending the block of code that it is in.
func fenced(text string) string { return strings.ReplaceAll(text, "```", "'''") }

// WriteAnnotations writes what failed and the warnings of a run as GitHub workflow commands, which the host shows at
// the files they name.
func WriteAnnotations(w io.Writer, res *result.Result) error {
	var errs, files []string
	for _, c := range append(append([]result.Component{}, res.Components...), res.Tests...) {
		for _, p := range c.Phases {
			for _, s := range p.Steps {
				if s.Status == string(event.Failed) || s.Status == inProgress {
					errs = append(errs, fmt.Sprintf("component %s, phase %s, step %s: %s", c.Name, p.Name, s.Name, s.FailureMessage))
					files = append(files, cmp.Or(c.File, res.Recipe.File))
				}
			}
		}
	}
	if res.Error != nil && len(errs) == 0 {
		errs, files = []string{res.Error.Message}, []string{res.Recipe.File}
	}
	for i, text := range errs {
		if err := annotate(w, "error", text, files[i]); err != nil {
			return err
		}
	}
	for _, text := range res.Warnings {
		if err := annotate(w, "warning", text, ""); err != nil {
			return err
		}
	}
	return nil
}

// AnnotateErrors writes errors that kept a run from beginning as GitHub workflow commands.
func AnnotateErrors(w io.Writer, errs []error) error {
	for _, err := range errs {
		if err := annotate(w, "error", err.Error(), ""); err != nil {
			return err
		}
	}
	return nil
}

var positioned = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?s)^([^\n:]+):([0-9]+):(?:([0-9]+):)? (.*)$`) })

// annotate writes one workflow command. A text that begins with FILE:LINE:COLUMN: is shown there.
func annotate(w io.Writer, level, text, file string) error {
	var properties []string
	if m := positioned().FindStringSubmatch(text); m != nil {
		properties, text = []string{"file=" + property(m[1]), "line=" + m[2]}, m[4]
		if m[3] != "" {
			properties = append(properties, "col="+m[3])
		}
	} else if file != "" {
		properties = []string{"file=" + property(file)}
	}
	place := strings.Join(properties, ",")
	if place != "" {
		place = " " + place
	}
	_, err := fmt.Fprintf(w, "::%s%s::%s\n", level, place, data(text))
	return err
}

// data and property escape what would end a workflow command or its properties.
func data(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text)
}

func property(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(text)
}
