package managed

import (
	"fmt"
	"strings"
)

// Page gives the reference page of the catalogue in Markdown: docs/managed-components.md.
func Page() string {
	var b strings.Builder
	b.WriteString(`# Managed components

These components come with Slipway. A recipe names them with ` + "`aws:`" + ` in front; nothing has to be installed or
downloaded:

` + "```yaml" + `
components:
  - component: aws:install-packages/1.x.x
    parameters: [{name: Names, value: ['curl nginx']}]
  - component: aws:test-command
    parameters: [{name: Command, value: ['nginx -t']}]
` + "```" + `

They are ordinary component documents that need nothing in the image but ` + "`sh`" + ` and the usual small tools, and they
work with apt-get, dnf, yum, microdnf, zypper and apk. A version is never changed once it was released.

This page is made from the documents: ` + "`UPDATE_GOLDEN=1 go test ./builder/component/managed`" + `.

| component | type | what it does |
|---|---|---|
`)
	all := All()
	for _, c := range all {
		fmt.Fprintf(&b, "| [`%s/%s`](#%s) | `%s` | %s |\n", c.Name, c.Version, anchor(c), c.Type, c.Description)
	}
	for _, c := range all {
		fmt.Fprintf(&b, "\n## %s %s\n\n%s\n", c.Name, c.Version, comment(c.Document))
		if len(c.Parameters) == 0 {
			b.WriteString("\nIt has no parameters.\n")
			continue
		}
		b.WriteString("\n| parameter | default | meaning |\n|---|---|---|\n")
		for _, p := range c.Parameters {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", p.Name, defaultOf(p.Default), p.Description)
		}
	}
	return b.String()
}

// anchor is the name that the heading of a component has on the page.
func anchor(c Component) string {
	return c.Name + "-" + strings.ReplaceAll(c.Version, ".", "")
}

// comment gives the comment at the head of a document.
func comment(document []byte) string {
	var lines []string
	for line := range strings.Lines(string(document)) {
		text, found := strings.CutPrefix(line, "#")
		if !found {
			break
		}
		lines = append(lines, strings.TrimPrefix(strings.TrimRight(text, "\n"), " "))
	}
	return strings.Join(lines, "\n")
}

func defaultOf(value *string) string {
	switch {
	case value == nil:
		return "required"
	case *value == "":
		return "empty"
	default:
		return "`" + *value + "`"
	}
}
