package ref

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// pointerName allows normal forms of resource names and repositories with their registry, so that an image that was
// pulled can be kept under its own name.
var pointerName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:[a-z0-9.-]+(?::[0-9]{1,5})?/)?[a-z0-9.-]+(?:/[a-z0-9.-]+)*$`)
})

// Normal returns the normal form N(name) of a resource name: ASCII lower case, every space and "_" made "-", runs
// kept. Two names with one normal form are one resource.
func Normal(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '_':
			return '-'
		case 'A' <= r && r <= 'Z':
			return r + ('a' - 'A')
		default:
			return r
		}
	}, name)
}

// ImagePointer returns the name under which a build keeps its image in the store: N(name):version-build.
func ImagePointer(name, version string, build int) string {
	return fmt.Sprintf("%s:%s-%d", Normal(name), version, build)
}

// ParsePointer reads NAME[:TAG] and returns it as a store reference with its normal name. No tag means "latest".
func ParsePointer(s string) (Ref, error) {
	name, tag := s, DefaultTag
	if i := strings.LastIndexByte(s, ':'); i > strings.LastIndexByte(s, '/') {
		name, tag = s[:i], s[i+1:]
	}
	name = Normal(name)
	if !pointerName().MatchString(name) || len(name) > maxNameLength {
		return Ref{}, &Error{Input: s, Reason: "not a name in the image store", Advice: "write NAME:TAG; a name has letters, digits, \"-\", \".\" and \"/\""}
	}
	if !isTag(tag) {
		return Ref{}, &Error{Input: s, Reason: "the tag " + quote(tag) + " is not valid", Advice: "a tag is 1 to 128 letters, digits, \".\", \"_\" and \"-\", and starts with a letter, a digit or \"_\""}
	}
	return Ref{Transport: Store, Repository: name, Tag: tag}, nil
}

func parseStore(s, rest string) (Ref, error) {
	if strings.HasPrefix(rest, "sha256:") {
		if !isDigest(rest) {
			return Ref{}, &Error{Input: s, Reason: badDigest}
		}
		return Ref{Transport: Store, Digest: rest}, nil
	}
	if rest == "" {
		return Ref{}, &Error{Input: s, Reason: "the name is missing", Advice: "write store:NAME:TAG or store:sha256:..."}
	}
	r, err := ParsePointer(rest)
	if e, ok := err.(*Error); ok { //nolint:errorlint // ParsePointer returns it bare
		e.Input = s
	}
	return r, err
}
