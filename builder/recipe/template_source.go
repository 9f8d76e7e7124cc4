package recipe

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/slipway-oci/slipway/runner/document"
)

// Fetch reads the content behind an address that is not a local file (https, s3, oci). It bounds the size of what it
// reads by itself.
type Fetch func(ctx context.Context, address string) ([]byte, error)

var (
	schemePattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*)://`) })
	digestSuffix  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`#sha256=([0-9a-fA-F]{64})$`) })
)

// ReadTemplate reads and checks the recipe's Dockerfile template. A template in a file is read here, below or beside
// the recipe file; for other addresses fetch is asked, which may be nil when none are to be read.
func (r *Recipe) ReadTemplate(ctx context.Context, fetch Fetch) (*Template, error) {
	switch t := r.Template; {
	case t.URI.Value != "":
		file, text, err := r.templateAt(ctx, fetch)
		if err != nil {
			return nil, err
		}
		return ParseTemplate(file, 1, text)
	case t.Data.Value == "":
		return ParseTemplate("the default template", 1, DefaultTemplate)
	case t.Line > 0:
		return ParseTemplate(r.File, t.Line, t.Data.Value)
	default:
		return ParseTemplate(Position(t.Data.Pos)+": template", 1, t.Data.Value)
	}
}

// templateAt reads dockerfileTemplateUri and gives the name for messages and the text.
func (r *Recipe) templateAt(ctx context.Context, fetch Fetch) (file, text string, err error) {
	uri := r.Template.URI
	fail := func(message string, err error) (string, string, error) {
		return "", "", &Error{Pos: uri.Pos, Message: message, Err: err}
	}
	if strings.ContainsAny(uri.Value, "\r\n") {
		e := &Error{Pos: uri.Pos, Message: "dockerfileTemplateUri holds a text of several lines, not an address"}
		e.Advice = "put the text under dockerfileTemplateData"
		return "", "", e
	}
	address, digest := uri.Value, ""
	if m := digestSuffix().FindStringSubmatch(address); m != nil {
		digest, address = strings.ToLower(m[1]), strings.TrimSuffix(address, m[0])
	}
	data, name, err := r.readAddress(ctx, fetch, address)
	if err != nil {
		return fail(fmt.Sprintf("reading template %q", uri.Value), err)
	}
	if sum := sha256.Sum256(data); digest != "" && hex.EncodeToString(sum[:]) != digest {
		return fail(fmt.Sprintf("template %q has digest sha256:%x", uri.Value, sum), nil)
	}
	if text = string(data); !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return fail(fmt.Sprintf("template %q is not UTF-8 text", uri.Value), nil)
	}
	return name, text, nil
}

func (r *Recipe) readAddress(ctx context.Context, fetch Fetch, address string) ([]byte, string, error) {
	scheme := schemePattern().FindStringSubmatch(address)
	switch {
	case scheme == nil && isPath(address), scheme != nil && scheme[1] == "file":
		name := r.Path(strings.TrimPrefix(address, "file://"))
		data, err := readFile(name)
		return data, name, err
	case scheme != nil && (scheme[1] == "https" || scheme[1] == "http" || scheme[1] == "s3" || scheme[1] == "oci"):
		if fetch == nil {
			return nil, "", fmt.Errorf("%s addresses are not read here", scheme[1])
		}
		data, err := fetch(ctx, address)
		return data, address, err
	default:
		return nil, "", &Error{
			Pos:     document.Pos{},
			Message: "no known scheme",
			Advice:  "known are s3://, file://, https:// and oci://, and paths that start with ./, ../ or /",
		}
	}
}

func isPath(s string) bool {
	return strings.HasPrefix(s, "./") || strings.HasPrefix(s, "../") || filepath.IsAbs(s)
}

// Path makes a path of the recipe file one of this process: relative ones start at the recipe's folder.
func (r *Recipe) Path(p string) string {
	if filepath.IsAbs(p) {
		return filepath.Clean(p)
	}
	return filepath.Join(r.Dir, p)
}
