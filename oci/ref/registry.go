package ref

import (
	"regexp"
	"strings"
	"sync"
)

var (
	hostPattern = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?$`)
	})
	pathPattern = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$`)
	})
	tagPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`) })
)

// isTag, isID and isDigest look at the length themselves: bounded repetitions make expressions of thousands of
// instructions, which every start of the program would compile.
func isTag(s string) bool { return len(s) <= maxTagLength && tagPattern().MatchString(s) }

// isID reports whether s is a SHA-256 sum in lower-case hexadecimal digits.
func isID(s string) bool { return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == "" }

func isDigest(s string) bool {
	sum, ok := strings.CutPrefix(s, "sha256:")
	return ok && isID(sum)
}

const (
	maxTagLength  = 128
	badDigest     = `a digest is "sha256:" and 64 hexadecimal digits in lower case`
	maxNameLength = 255
)

// ParseRegistry reads a registry reference by the rules of Docker: no registry means Docker Hub, one path element
// there is in "library/", and neither tag nor digest means the tag "latest". A transport in front is refused, so
// that a push target cannot name a local folder by mistake.
func ParseRegistry(s string) (Ref, error) {
	refuse := func(reason, advice string) (Ref, error) {
		return Ref{}, &Error{Input: s, Reason: reason, Advice: advice}
	}
	if s == "" {
		return refuse("it is empty", "")
	}
	if i := strings.Index(s, "://"); i >= 0 {
		return refuse("an image reference has no URL scheme", "leave out \""+s[:i+3]+"\"; plain http is chosen with --insecure-registry HOST")
	}
	r := Ref{Transport: Registry}
	rest := s
	if i := strings.IndexByte(rest, '@'); i >= 0 {
		rest, r.Digest = rest[:i], rest[i+1:]
		if !isDigest(r.Digest) {
			return refuse(badDigest, "")
		}
	}
	if i := strings.LastIndexByte(rest, ':'); i > strings.LastIndexByte(rest, '/') {
		rest, r.Tag = rest[:i], rest[i+1:]
		if !isTag(r.Tag) {
			return refuse("the tag "+quote(r.Tag)+" is not valid", "a tag is 1 to 128 letters, digits, \".\", \"_\" and \"-\", and starts with a letter, a digit or \"_\"")
		}
	}
	if r.Tag == "" && r.Digest == "" {
		r.Tag = DefaultTag
	}
	r.Host, r.Repository = splitHost(rest)
	switch {
	case !hostPattern().MatchString(r.Host):
		return refuse("the registry "+quote(r.Host)+" is not a host name", "")
	case pathPattern().MatchString(r.Repository):
	case pathPattern().MatchString(strings.ToLower(r.Repository)):
		return refuse("the repository "+quote(r.Repository)+" has upper case letters", "write "+quote(strings.ToLower(rest)))
	default:
		return refuse("the repository "+quote(r.Repository)+" is not valid", "a repository is lower case letters and digits, with single \".\", \"_\", \"/\" or \"-\" between them")
	}
	if r.Host == DockerHub && isID(strings.TrimPrefix(r.Repository, "library/")) {
		return refuse("64 hexadecimal digits are an image id, not a repository", "a digest is written NAME@sha256:...")
	}
	if len(r.Name()) > maxNameLength {
		return refuse("it is longer than 255 characters", "")
	}
	return r, nil
}

// splitHost separates the registry from the path. The first path element is a registry when it could not be a
// directory of Docker Hub: it has a "." or ":", or is "localhost".
func splitHost(name string) (host, path string) {
	first, rest, found := strings.Cut(name, "/")
	if found && (strings.ContainsAny(first, ".:") || strings.EqualFold(first, "localhost")) {
		host, path = strings.ToLower(first), rest
	} else {
		host, path = DockerHub, name
	}
	if host == "index.docker.io" || host == "registry-1.docker.io" {
		host = DockerHub
	}
	if host == DockerHub && !strings.Contains(path, "/") {
		path = "library/" + path
	}
	return host, path
}

func quote(s string) string { return `"` + s + `"` }
