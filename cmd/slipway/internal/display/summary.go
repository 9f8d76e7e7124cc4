package display

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/slipway-oci/slipway/builder/result"
)

// WriteSummary writes for people what a build made: the image, where it went, how long each stage took, warnings.
func WriteSummary(w io.Writer, res *result.Result, style Style) {
	name := recipeName(res.Recipe)
	switch res.Status {
	case result.Succeeded:
		_, _ = fmt.Fprintf(w, "%s %s in %s\n", style.paint(green, did(res)), style.paint(bold, Clean(name)), Duration(time.Duration(res.Timings.Total)))
	case result.Cancelled:
		_, _ = fmt.Fprintf(w, "%s %s in stage %s\n", style.paint(yellow, "Cancelled"), style.paint(bold, Clean(name)), Clean(res.Stage))
	default:
		_, _ = fmt.Fprintf(w, "%s %s in stage %s\n", style.paint(red, "Failed"), style.paint(bold, Clean(name)), Clean(res.Stage))
	}
	row := func(label, text string) {
		_, _ = fmt.Fprintf(w, "  %s %s\n", style.paint(dim, pad(label, 10)), Clean(text))
	}
	if i := res.Image; i != nil {
		row("image", imageText(*i))
		row("digest", i.Digest)
		for _, l := range i.Layers {
			if l.Added != nil && l.Added.Component != "" {
				row("added", addedText(*l.Added))
			}
		}
		if i.Since != nil {
			row("since", sinceText(*i.Since))
		}
	}
	for _, r := range res.Reports {
		if r.File != "" {
			row("report", r.File)
		}
	}
	for _, t := range res.Targets {
		row(t.Status, targetText(t))
	}
	if text := countText(res.Components); text != "" {
		row("components", text)
	}
	for _, c := range res.Components {
		if c.Why != "" {
			row("ran", c.Name+": "+c.Why)
		}
	}
	if text := countText(res.Tests); text != "" {
		row("tests", text)
	}
	row("time", timingsText(res.Timings))
	if res.RunID != "" {
		row("run", res.RunID)
	}
	for _, text := range res.Warnings {
		writeLabelled(w, style, yellow, "Warning: ", text)
	}
}

// did is what a run that succeeded has done.
func did(res *result.Result) string {
	if res.Kind == result.KindTest {
		return "Tested"
	}
	return "Built"
}

// WriteJSON writes v as one indented JSON value, without HTML escaping and without raw control characters.
func WriteJSON(w io.Writer, v any) error {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(escapeControls([]byte(b.String())))
	return err
}

func recipeName(r result.Recipe) string {
	name := r.Name
	if r.Version != "" {
		name += " " + r.Version
		if r.Build > 0 {
			name += fmt.Sprintf("/%d", r.Build)
		}
	}
	return name
}

func imageText(i result.Image) string {
	parts := []string{}
	if i.Reference != "" {
		parts = append(parts, i.Reference)
	}
	if i.Size > 0 {
		parts = append(parts, Bytes(i.Size))
	}
	if len(i.Platforms) > 0 {
		parts = append(parts, strings.Join(i.Platforms, " "))
	}
	if i.Unchanged {
		parts = append(parts, "unchanged")
	}
	return strings.Join(parts, ", ")
}

// addedText says what a component added: "nginx: 48.1 MB in 1234 files".
func addedText(a result.Added) string {
	if a.Files == 0 && a.Deleted == 0 {
		return a.Component + ": nothing"
	}
	text := a.Component + ": " + Bytes(a.Bytes) + " in " + counted(a.Files, "file")
	if a.Deleted > 0 {
		text += ", " + counted(a.Deleted, "name") + " deleted"
	}
	return text
}

// sinceText says how an image differs from the one before it: "web:1.0.0-3: +1.2 MB; nginx +3.0 MB in +12 files".
func sinceText(c result.Change) string {
	parts := []string{c.Reference + ": " + signed(c.Size)}
	for _, component := range c.Components {
		switch {
		case component.Gone:
			parts = append(parts, component.Component+" gone")
		case component.Bytes != 0 || component.Files != 0:
			parts = append(parts, fmt.Sprintf("%s %s, %+d %s", component.Component, signed(component.Bytes), component.Files, plural(component.Files, "file")))
		}
	}
	return strings.Join(parts, "; ")
}

// signed is a number of bytes with its sign.
func signed(bytes int64) string {
	if bytes < 0 {
		return "-" + Bytes(-bytes)
	}
	return "+" + Bytes(bytes)
}

// counted is a number with its noun.
func counted(n int, noun string) string { return fmt.Sprintf("%d %s", n, plural(n, noun)) }

func plural(n int, noun string) string {
	if n != 1 && n != -1 {
		noun += "s"
	}
	return noun
}

func targetText(t result.Target) string {
	if t.Message != "" {
		return t.Reference + ": " + t.Message
	}
	return t.Reference
}

// countText sums up components: "5, of which 3 cached, 1 failed".
func countText(cs []result.Component) string {
	if len(cs) == 0 {
		return ""
	}
	cached, failed, interrupted, skipped := 0, 0, 0, 0
	for _, c := range cs {
		switch {
		case c.Status == "failed":
			failed++
		case c.Status == "cancelled":
			interrupted++
		case c.Status == "skipped":
			skipped++
		case c.Cached:
			cached++
		}
	}
	parts := []string{fmt.Sprint(len(cs))}
	for _, n := range []struct {
		count int
		word  string
	}{{cached, "cached"}, {failed, "failed"}, {interrupted, "interrupted"}, {skipped, "skipped"}} {
		if n.count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n.count, n.word))
		}
	}
	return strings.Join(parts, ", ")
}

func timingsText(t result.Timings) string {
	var parts []string
	for _, s := range []struct {
		name string
		took result.Seconds
	}{{"resolve", t.Resolve}, {"build", t.Build}, {"commit", t.Commit}, {"test", t.Test}, {"publish", t.Publish}} {
		if s.took > 0 {
			parts = append(parts, s.name+" "+Duration(time.Duration(s.took)))
		}
	}
	parts = append(parts, "total "+Duration(time.Duration(t.Total)))
	return strings.Join(parts, ", ")
}
