package document_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/slipway-oci/slipway/runner/document"
)

// limit is far above what the tests here need on a busy machine, and far below what quadratic time would take.
const limit = 20 * time.Second

// Untrusted text of the largest size must neither panic nor take long, whatever it is made of.
func TestParseOfHostileTextEndsSoon(t *testing.T) {
	const size = document.MaxFile / 8
	set := modules(t)
	for name, pattern := range map[string]string{
		"lists": "[", "maps": "{", "references": "{{ ", "dashes": "- ", "keys": "a: ", "question marks": "? ", "comments": "#\n", "comment lines": "# a\n# b\n\n",
		"anchors": "&a ", "quotes": "'", "double quotes": `"\"`, "blocks": "a: |\n", "commas": "[,", "empty items": "-\n", "tags": "!a ", "documents": "---\n",
		"tabs": "\t", "newlines": "\n", "commented items": "- a # b\n", "aliases": "- &a [*a]\n", "plain lines": "a b c\n", "merge": "<<: [", "unquoted": "- {{ A }}\n",
		"folded": ">\n ", "colons": ":", "stars": "*a ", "percent": "%YAML 1.1\n", "flow keys": "{a: b, ", "braces": "}", "nothing": "\x00", "next": "\u0085",
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			document.Load("a.yaml", []byte(strings.Repeat(pattern, size/len(pattern))), set, document.Options{})
			if d := time.Since(start); d > limit {
				t.Errorf("took %v", d)
			}
		})
	}
}

// A net of references must not cost more than its edges, nor many wrong ones a search each.
func TestHostileReferencesEndSoon(t *testing.T) {
	const n = 2000
	set := modules(t)
	for name, command := range map[string]func(i int) string{
		"undefined":    func(i int) string { return fmt.Sprintf("{{ Name%d }}", i) },
		"unknown step": func(i int) string { return fmt.Sprintf("{{ build.T%d.outputs.stdout }}", i) },
		"deep":         func(i int) string { return fmt.Sprintf("{{ build.S%d.inputs.commands[0] }}", min(i+1, n)) },
		"net": func(i int) string {
			return fmt.Sprintf("{{ build.S%d.inputs.commands[0] }}{{ build.S%d.inputs.commands[0] }}", min(i+1, n), min(i+2, n))
		},
		"circle": func(i int) string { return fmt.Sprintf("{{ build.S%d.inputs.commands[0] }}", (i+1)%n) },
		"later":  func(i int) string { return fmt.Sprintf("{{ build.S%d.outputs.stdout }}", n) },
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			b.WriteString(head)
			for i := range n {
				fmt.Fprintf(&b, "  - {name: S%d, action: ExecuteBash, inputs: {commands: ['%s']}}\n", i, command(i))
			}
			fmt.Fprintf(&b, "  - {name: S%d, action: ExecuteBash, inputs: {commands: [echo]}}\n", n)
			start := time.Now()
			document.Load("a.yaml", []byte(b.String()), set, document.Options{})
			if d := time.Since(start); d > limit {
				t.Errorf("took %v", d)
			}
		})
	}
	t.Run("one line", func(t *testing.T) {
		start := time.Now()
		document.Load("a.yaml", []byte(act("ExecuteBash", "commands: ['"+strings.Repeat("{{ Nope }}", 50_000)+"']")), set, document.Options{})
		if d := time.Since(start); d > limit {
			t.Errorf("took %v", d)
		}
	})
}
