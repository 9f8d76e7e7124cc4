package ref

import (
	"regexp"
	"strings"
	"sync"
)

// layoutName is what the OCI image layout allows as org.opencontainers.image.ref.name, made a little wider for
// names that begin or end with "-", which resource names may.
var layoutName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._:@/+-]*$`) })

func parseLayout(s, rest string) (Ref, error) {
	r := Ref{Transport: Layout}
	path, name := rest, ""
	if i := strings.LastIndex(rest, "@sha256:"); i >= 0 {
		path, r.Digest = rest[:i], rest[i+1:]
		if !isDigest(r.Digest) {
			return Ref{}, &Error{Input: s, Reason: badDigest}
		}
	} else {
		start := 0
		if len(rest) > 2 && rest[1] == ':' && (rest[2] == '\\' || rest[2] == '/') { // C:\images
			start = 2
		}
		if i := strings.IndexByte(rest[start:], ':'); i >= 0 {
			path, name = rest[:start+i], rest[start+i+1:]
			if !layoutName().MatchString(name) {
				return Ref{}, &Error{Input: s, Reason: "the name " + quote(name) + " is not valid in an OCI layout", Advice: "write oci-layout:DIR, oci-layout:DIR:TAG or oci-layout:DIR@sha256:..."}
			}
		}
	}
	if path == "" {
		return Ref{}, &Error{Input: s, Reason: "the folder is missing", Advice: "write oci-layout:DIR, oci-layout:DIR:TAG or oci-layout:DIR@sha256:..."}
	}
	r.Path, r.Tag = path, name
	return r, nil
}

func parseDaemon(s, rest string) (Ref, error) {
	id := strings.TrimPrefix(rest, "sha256:")
	if isID(id) {
		return Ref{Transport: Daemon, Digest: "sha256:" + id}, nil
	}
	r, err := ParseRegistry(rest)
	if err != nil {
		if e, ok := err.(*Error); ok { //nolint:errorlint // ParseRegistry returns it bare
			e.Input = s
		}
		return Ref{}, err
	}
	r.Transport = Daemon
	return r, nil
}
