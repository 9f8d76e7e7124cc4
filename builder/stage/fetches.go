package stage

import "bytes"

// fetching are parts of the names of everything in documents for which the runner itself talks to others: the modules
// that download, upload, install from an address, or run further documents, and references to values of AWS.
var fetching = [][]byte{
	[]byte("download"), []byte("upload"), []byte("msi"), []byte("executedocument"), []byte("aws:"),
	// How YAML writes what this does not see.
	[]byte("\\u"), []byte("\\x"), []byte("\\\n"), []byte("\\\r"),
}

// Fetches reports whether the runner may have to talk to others for a document. Most documents leave that to the programs
// of the image, and their containers start sooner without the machine's certificate authorities. It may say so of a
// document that does not.
func Fetches(document []byte) bool {
	text := bytes.ToLower(document)
	for _, part := range fetching {
		if bytes.Contains(text, part) {
			return true
		}
	}
	return false
}
