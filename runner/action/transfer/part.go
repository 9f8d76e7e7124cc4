package transfer

import (
	"fmt"
	"hash"
	"io"
	"net/http"
	"strings"
)

// part is the beginning of a download. A nil part is that of a download which has nothing yet.
type part struct {
	file    *beside
	digest  hash.Hash // of what is in the file; nil when none is wanted
	size    int64
	version string // entity tag of the whole; "" when the server gives none that tells every byte apart
}

// newPart makes an empty part beside target for the body of a response.
func newPart(target string, response *http.Response, want *checksum) (*part, error) {
	file, err := createBeside(target)
	if err != nil {
		return nil, err
	}
	p := &part{file: file}
	if want != nil {
		p.digest = want.new()
	}
	if tag := response.Header.Get("ETag"); strings.HasPrefix(tag, `"`) { // W/"..." is a weak one
		p.version = tag
	}
	return p, nil
}

// Write implements io.Writer.
func (p *part) Write(b []byte) (int, error) {
	n, err := p.file.Write(b)
	if p.digest != nil {
		_, _ = p.digest.Write(b[:n]) // it returns no error
	}
	p.size += int64(n)
	return n, err
}

var _ io.Writer = (*part)(nil)

// ask makes a request one for the rest; a server that has another version meanwhile answers with all of it.
func (p *part) ask(request *http.Request) {
	if p == nil || p.size == 0 {
		return
	}
	request.Header.Set("Range", fmt.Sprintf("bytes=%d-", p.size))
	request.Header.Set("If-Range", p.version)
}

// continues reports whether a response is the rest that was asked for.
func (p *part) continues(response *http.Response) bool {
	return p != nil && p.size > 0 && response.StatusCode == http.StatusPartialContent &&
		strings.HasPrefix(response.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", p.size))
}

// discard removes the file unless it has got its name.
func (p *part) discard() {
	if p != nil {
		p.file.discard()
	}
}
