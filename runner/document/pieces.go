package document

import (
	"bytes"
	"errors"
	"io"
	"slices"

	"gopkg.in/yaml.v3"
)

// largeDocument is the size in bytes from which a document is read in two pieces side by side. Reading is nearly all of
// what validation costs, and for less than this a person does not notice it.
const largeDocument = 64 << 10

// otherBreaks end a line of YAML too. They are too rare in large documents to be counted.
var otherBreaks = []string{"\r", "\u0085", "\u2028", "\u2029"}

// readPieces reads a large document in two pieces at once: its first half, and the items that continue, up to the end of
// the file, a list that the first half leaves open. It returns nil when the document is not of that shape or anything
// is wrong with it; the caller then reads it as a whole, which finds the problem and its place.
//
// The result is the same as that of the whole: whatever stands above a line that is indented like the list itself and
// begins with a dash ends before that line, but for quotes and brackets, and a piece with one that is not closed is
// refused by the parser.
func readPieces(data []byte) *yaml.Node {
	at, indent, ok := cut(data)
	if !ok || slices.ContainsFunc(otherBreaks, func(b string) bool { return bytes.Contains(data, []byte(b)) }) {
		return nil
	}
	second := make(chan *yaml.Node, 1)
	go func() {
		n := readPiece(data[at:])
		if n != nil {
			moveDown(n, bytes.Count(data[:at], []byte("\n")))
		}
		second <- n
	}()
	first := readPiece(data[:at])
	rest := <-second
	if first == nil || rest == nil || !isOpenList(rest, indent) || endsEmpty(first) {
		return nil
	}
	list := lastList(first, indent)
	if list == nil || !beginsWithDash(data, list) {
		return nil
	}
	list.Content = append(list.Content, rest.Content...)
	return first
}

// cut finds the first line in the second half of data that is indented least there and is an item of a list.
func cut(data []byte) (at, indent int, ok bool) {
	half := bytes.IndexByte(data[len(data)/2:], '\n')
	if half < 0 {
		return 0, 0, false
	}
	least := -1
	for pos := len(data)/2 + half + 1; pos < len(data); {
		line := data[pos:]
		next := len(data)
		if end := bytes.IndexByte(line, '\n'); end >= 0 {
			line, next = line[:end], pos+end+1
		}
		text := bytes.TrimLeft(line, " ")
		if n := len(line) - len(text); len(bytes.TrimSpace(text)) > 0 && (least < 0 || n < least) {
			least, at, ok = n, pos, bytes.HasPrefix(text, []byte("- "))
		}
		pos = next
	}
	return at, least, ok
}

// readPiece returns the root node of data if that is one YAML document.
func readPiece(data []byte) *yaml.Node {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	n, err := decode(dec)
	if err != nil {
		return nil
	}
	if _, err := decode(dec); !errors.Is(err, io.EOF) {
		return nil
	}
	return n.Content[0]
}

// isOpenList reports whether n is a list of lines that begin with a dash behind so many spaces.
func isOpenList(n *yaml.Node, indent int) bool {
	return n.Kind == yaml.SequenceNode && n.Style&yaml.FlowStyle == 0 && n.Column == indent+1
}

// beginsWithDash reports whether the place of a list is that of its first dash, and not of a tag or an anchor before it.
func beginsWithDash(data []byte, n *yaml.Node) bool {
	for range n.Line - 1 {
		_, data, _ = bytes.Cut(data, []byte("\n"))
	}
	return len(data) >= n.Column && data[n.Column-1] == '-' // only spaces and dashes stand before it
}

// lastList returns the list with an indentation among those that the last line below n belongs to.
func lastList(n *yaml.Node, indent int) *yaml.Node {
	for !isOpenList(n, indent) {
		if n.Kind == yaml.AliasNode || len(n.Content) == 0 {
			return nil
		}
		n = n.Content[len(n.Content)-1]
	}
	return n
}

// endsEmpty reports whether the last value below n is left out: then its place is that of what follows it.
func endsEmpty(n *yaml.Node) bool {
	for n.Kind != yaml.AliasNode && len(n.Content) > 0 {
		n = n.Content[len(n.Content)-1]
	}
	return n.Kind == yaml.ScalarNode && n.Value == "" && n.Style == 0
}

// moveDown adds to the lines of all nodes. Those that an alias points to are below n themselves.
func moveDown(n *yaml.Node, lines int) {
	n.Line += lines
	for _, c := range n.Content {
		moveDown(c, lines)
	}
}
