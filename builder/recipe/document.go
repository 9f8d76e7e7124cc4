package recipe

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/document"
)

// Load reads and checks the component document for the container workflow. Problems have their places in the file
// that holds it when they can be told.
func (d *Document) Load(actions *action.Set) (*document.Document, document.Diagnostics) {
	file, above := Position(d.Data.Pos)+": document", 0
	if d.Line > 0 {
		// Blank lines above change nothing but the numbers of lines.
		file, above = d.Data.Pos.File, d.Line-1
	}
	text := strings.Repeat("\n", above) + d.Data.Value
	loaded, problems := document.Load(file, []byte(text), actions, document.Options{Workflow: true})
	for i := range problems {
		if problems[i].Pos.Column > 0 && d.Line > 0 {
			problems[i].Pos.Column += d.Indent
		}
	}
	if loaded != nil {
		loaded.Bytes = []byte(d.Data.Value)
		sum := sha256.Sum256(loaded.Bytes)
		loaded.Digest = "sha256:" + hex.EncodeToString(sum[:])
	}
	return loaded, problems
}

// indent is by how much a literal text is indented in the file whose lines are given.
func indent(lines []string, first int, text string) int {
	for i, line := range strings.Split(text, "\n") {
		if trimmed := strings.TrimLeft(line, " "); trimmed != "" && first-1+i < len(lines) {
			inFile := lines[first-1+i]
			return len(inFile) - len(strings.TrimLeft(inFile, " ")) - (len(line) - len(trimmed))
		}
	}
	return 0
}
