// Package reference writes the specifications of action modules for people: the reference page and the view of one
// module.
package reference

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slipway-oci/slipway/runner/action"
)

// families are the headings of the page in their order.
var families = []struct{ name, title string }{
	{"command", "Commands"},
	{"file", "Files and folders"},
	{"transfer", "Downloads and uploads"},
	{"system", "System"},
}

// Page returns the reference page of all modules in Markdown.
func Page(set *action.Set) string {
	var b strings.Builder
	b.WriteString(pageHead)
	for _, f := range families {
		fmt.Fprintf(&b, "- %s:", f.title)
		for i, spec := range family(set, f.name) {
			if i > 0 {
				b.WriteString(",")
			}
			fmt.Fprintf(&b, " [%s](#%s)", spec.Name, strings.ToLower(spec.Name))
		}
		b.WriteString("\n")
	}
	for _, f := range families {
		fmt.Fprintf(&b, "\n## %s\n", f.title)
		for _, spec := range family(set, f.name) {
			b.WriteString("\n### " + spec.Name + "\n\n")
			Module(&b, spec)
		}
	}
	return b.String()
}

const pageHead = `# Action modules

What a step of a [component document](components.md) can do. A step names one of these modules as its ` + "`action`" + ` and gives
it ` + "`inputs`" + `: one map, or for modules that take several entries a list of maps. Outputs are what later steps can refer to,
` + "as `{{ phase.step.outputs.NAME }}`" + `. This page is generated from the modules themselves; ` + "`slipway action show NAME`" + `
shows the same in a terminal.

`

func family(set *action.Set, name string) []action.Spec {
	var specs []action.Spec
	for _, m := range set.All() {
		if spec := m.Spec(); spec.Family == name {
			specs = append(specs, spec)
		}
	}
	return specs
}

// Module writes one module in Markdown, without a heading.
func Module(b *strings.Builder, spec action.Spec) {
	b.WriteString(spec.Summary + " " + shape(spec) + " " + platforms(spec) + "\n")
	if len(spec.Inputs) > 0 {
		b.WriteString("\n| input | type | required | default | |\n|---|---|---|---|---|\n")
		for _, in := range spec.Inputs {
			fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s |\n", in.Name, TypeOf(in), required(spec, in), code(in.Default), cell(summary(in)))
		}
	}
	if len(spec.Outputs) > 0 {
		b.WriteString("\n| output | |\n|---|---|\n")
		for _, out := range spec.Outputs {
			text := out.Summary
			if out.PerEntry {
				text += " One for each entry."
			}
			fmt.Fprintf(b, "| `%s` | %s |\n", out.Name, cell(text))
		}
	}
	if spec.Notes != "" {
		b.WriteString("\n" + strings.TrimSpace(spec.Notes) + "\n")
	}
	b.WriteString("\n```yaml\n" + strings.TrimSpace(spec.Example) + "\n```\n")
}

func shape(spec action.Spec) string {
	if spec.Shape == action.List {
		return "Takes a list of entries."
	}
	return "Takes one map."
}

// systems are the names of platforms for people.
var systems = map[string]string{"linux": "Linux", "windows": "Windows", "darwin": "macOS"}

func platforms(spec action.Spec) string {
	names := make([]string, len(spec.Platforms))
	for i, p := range spec.Platforms {
		names[i] = systems[p]
	}
	return "Runs on " + strings.Join(names, ", ") + "."
}

// TypeOf names the type of an input in a word or two.
func TypeOf(in action.Input) string {
	return map[action.Type]string{
		action.String: "text", action.Integer: "integer", action.Boolean: "boolean", action.StringList: "list of texts",
		action.StringMap: "map of texts", action.MapList: "list of maps", action.Condition: "condition", action.Any: "text or list",
	}[in.Type]
}

func required(spec action.Spec, in action.Input) string {
	if in.Required {
		return "yes"
	}
	for _, group := range spec.ExactlyOne {
		if slices.Contains(group, in.Name) {
			return "exactly one of `" + strings.Join(group, "`, `") + "`"
		}
	}
	return ""
}

// summary is the sentence of an input with its allowed values.
func summary(in action.Input) string {
	text := in.Summary
	if len(in.Values) > 0 && in.Type != action.Condition {
		text += " One of `" + strings.Join(in.Values, "`, `") + "`"
		if in.FoldCase {
			text += ", in any letter case"
		}
		text += "."
	}
	return text
}

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

// cell makes text fit for a table.
func cell(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "|", `\|`), "\n", " ")
}
