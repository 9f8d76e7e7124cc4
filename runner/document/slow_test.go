package document_test

import (
	"strings"
	"testing"
	"time"

	"github.com/slipway-oci/slipway/runner/document"
)

// Untrusted text of the largest size must neither panic nor take long, whatever it is made of.
func TestParseOfHostileTextEndsSoon(t *testing.T) {
	const size = document.MaxFile / 4
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
			document.Load("a.yaml", []byte(head+"  - {name: A, action: ExecuteBash, inputs: {commands: [\""+strings.Repeat(strings.ReplaceAll(pattern, `"`, "x"), (size-200)/len(pattern))+"\"]}}\n"), set, document.Options{})
			if d := time.Since(start); d > 3*time.Second {
				t.Errorf("took %v", d)
			}
		})
	}
}
